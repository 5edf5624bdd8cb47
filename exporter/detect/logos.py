"""Logos and drawn signs pasted into a photo.

A drawing has areas of exactly one colour, without any grain, and crisp edges all round them;
beside one another they have different colours. Skies and blurred backgrounds change in colour
and fade out, white backgrounds and blown-out lights reach the picture's border. JPEG surrounds
edges with ripples, so an area is traced over them and only most of it must have its colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from exporter.detect.boxes import clipped
from exporter.marks import LOGO, Mark

MIN_SIDE = 32
RIPPLES, EXACT = 18, 4
"""Grey levels that neighbours in one area differ by at most, and those without ripples."""
CRISP = 36
"""Grey levels that an edge climbs within a few pixels."""
MIN_AREA = 60
MIN_EXACT = 0.2
"""The share of an area's pixels without ripples."""
MIN_ONE_COLOUR = 0.85
NEAR = 7
MIN_CRISP = 0.9
MAX_SHARE = 0.4
"""Of the picture, for an area's box: what is larger is a background."""
REACH = 7
"""Pixels between areas of one logo, at most twice that."""
MIN_TOTAL, MIN_BOX, MIN_FILL = 500, 24, 0.4
OTHER_COLOUR = 60

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class _Areas:
    """Areas of one colour: their number in each pixel, from 1, and what is known of each."""

    labels: NDArray[np.uint16]
    colours: NDArray[np.float64]  # [areas, 3]; row 0 stands for no area
    drawn: NDArray[np.bool_]  # whether it looks drawn


def find_logos(rgb: Picture) -> list[Mark]:
    """The drawings in an RGB photo, uint8 [H, W, 3]; each score is the share of flat colour."""
    if min(rgb.shape[:2]) < MIN_SIDE:
        return []
    areas = _areas(rgb)
    if areas is None:
        return []
    flat = areas.drawn[areas.labels].astype(np.uint8)
    groups, numbers, boxes, _ = cv2.connectedComponentsWithStats(
        _spread(flat, 2 * REACH + 1).astype(np.uint8)
    )
    total = np.bincount(numbers.ravel(), flat.ravel(), groups)
    marks = []
    for group in range(1, groups):
        left, top, width, height = (int(value) for value in boxes[group, :4])
        pad = REACH - 4  # an edge's ripples belong to the logo
        rect = clipped(left + pad, top + pad, left + width - pad, top + height - pad, rgb.shape)
        if rect is None or total[group] < MIN_TOTAL or min(rect.width, rect.height) < MIN_BOX:
            continue
        fill = total[group] / (rect.width * rect.height)
        inside = np.s_[top : top + height, left : left + width]
        members = np.unique(areas.labels[inside][(numbers[inside] == group) & (flat[inside] > 0)])
        if fill >= MIN_FILL and _is_coloured(areas.colours[members]):
            marks.append(Mark(LOGO, rect, round(min(float(fill), 1.0), 3)))
    return marks


def _areas(rgb: Picture) -> _Areas | None:
    """Areas of one colour that do not touch the border, those that look drawn marked."""
    height, width = rgb.shape[:2]
    smooth = cv2.medianBlur(np.ascontiguousarray(rgb), 3)
    square = np.ones((3, 3), np.uint8)
    climb = (cv2.dilate(smooth, square) - cv2.erode(smooth, square)).max(2)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(
        (climb <= RIPPLES).astype(np.uint8), connectivity=4
    )
    left, top, wide, high, pixels = boxes.T
    inside = (left > 1) & (top > 1) & (left + wide < width - 1) & (top + high < height - 1)
    chosen = np.flatnonzero(inside & (pixels >= MIN_AREA) & (wide * high < MAX_SHARE * labels.size))
    chosen = chosen[(chosen > 0)][: np.iinfo(np.uint16).max]
    if not chosen.size:
        return None
    numbers = np.zeros(count, np.uint16)
    numbers[chosen] = np.arange(1, chosen.size + 1)
    own = numbers[labels]
    return _Areas(own, *_judge(smooth, climb, own, chosen.size + 1))


def _judge(
    smooth: NDArray[np.generic] | cv2.typing.MatLike,
    climb: NDArray[np.uint8],
    own: NDArray[np.uint16],
    count: int,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Each area's colour, and whether it is exactly drawn with a crisp edge all round."""
    at = np.flatnonzero(own)
    area, pixels = own.ravel()[at], smooth.reshape(-1, 3)[at].astype(np.float64)
    exact = climb.ravel()[at] <= EXACT
    exacts = np.bincount(area[exact], minlength=count)
    sums = [np.bincount(area[exact], pixels[exact, channel], count) for channel in range(3)]
    colours = np.stack(sums, 1) / np.maximum(exacts, 1)[:, None]
    near = np.abs(pixels - colours[area]).max(1) <= NEAR
    sizes = np.maximum(np.bincount(area, minlength=count), 1)
    shore = np.where(own == 0, _spread(own, 5), 0).ravel()
    steep = _spread(climb, 5).ravel() >= CRISP
    crisp = np.bincount(shore, steep, count) / np.maximum(np.bincount(shore, minlength=count), 1)
    drawn = (
        (exacts >= MIN_EXACT * sizes)
        & (np.bincount(area, near, count) >= MIN_ONE_COLOUR * sizes)
        & (crisp >= MIN_CRISP)
    )
    drawn[0] = False
    return colours, drawn


def _is_coloured(colours: NDArray[np.float64]) -> bool:
    """Two colours, or one that is neither a dark hole nor a blown-out light."""
    if len(colours) > 1 and np.ptp(colours, axis=0).max() >= OTHER_COLOUR:
        return True
    middle = colours.mean(0)
    return bool(middle.max() > 60 and middle.min() < 250 and np.ptp(middle) > 60)


def _spread(values: NDArray[np.uint8] | NDArray[np.uint16], side: int) -> NDArray[np.uint16]:
    """The largest value within a square of `side` pixels around each."""
    return np.asarray(cv2.dilate(values, np.ones((side, side), np.uint8)), np.uint16)
