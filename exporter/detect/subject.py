"""The subject: what the eye goes to first, found by U2-Net-p.

Source: X. Qin et al., "U2-Net: Going Deeper with Nested U-Structure for Salient Object
Detection" (Pattern Recognition 2020), the small network; ``u2netp_192.onnx`` is made by
``exporter.detect.saliency_graph``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from exporter.detect.boxes import clipped
from exporter.marks import SUBJECT, Mark
from plic_web.engine.session import Session

WEIGHTS = Path(__file__).parent / "u2netp_192.onnx"
SIDE = 192
_INPUT = "input.1"

# What the network was trained on: ImageNet's mean and deviation, after division by the
# brightest value.
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

SALIENT = 0.5
SURE = (0.1, 0.9)
"""Pixels between are neither the subject nor its background."""
MAX_UNSURE = 0.4
"""Of the pixels that are not surely background. Where more are unsure, the network at 192 and
at 320 pixels differ in what they see, which is to say that neither sees anything."""
MIN_PART = 0.1
"""A subject may be in parts; smaller ones, as shares of the largest, are crumbs."""
AREA = (0.005, 0.85)
"""Shares of the picture: smaller is a speck, larger is the picture itself."""


def saliency(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How salient each place of an RGB picture [H, W, 3] is: float32 [192, 192] in 0..1."""
    small = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    normal = (small / max(float(small.max()), 1.0) - _MEAN) / _DEVIATION
    planes = np.ascontiguousarray(normal.transpose(2, 0, 1)[None])
    (result,) = _network().run(**{_INPUT: planes}).values()
    found: NDArray[np.float32] = result[0, 0]
    return found


def find_subject(rgb: NDArray[np.uint8]) -> list[Mark]:
    """The box of the salient region, or nothing where there is none, or it is the picture.

    Args:
        rgb: uint8 [H, W, 3], at least one pixel a side.
    """
    certainty = saliency(rgb)
    salient = certainty > SALIENT
    parts, _, statistics, _ = cv2.connectedComponentsWithStats(salient.astype(np.uint8))
    if parts < 2:
        return []
    unsure = (certainty > SURE[0]) & (certainty < SURE[1])
    share = unsure.sum() / (certainty > SURE[0]).sum()
    areas = statistics[1:, cv2.CC_STAT_AREA]
    left, top, width, height = statistics[1:][areas >= MIN_PART * areas.max()][:, :4].T
    box = (left.min(), top.min(), (left + width).max(), (top + height).max())
    area = (box[2] - box[0]) * (box[3] - box[1]) / SIDE**2
    if share > MAX_UNSURE or not AREA[0] <= area <= AREA[1]:
        return []
    across, down = rgb.shape[1] / SIDE, rgb.shape[0] / SIDE
    rect = clipped(box[0] * across, box[1] * down, box[2] * across, box[3] * down, rgb.shape)
    return [Mark(SUBJECT, rect, round(float(1 - share), 3))] if rect else []


@cache
def _network() -> Session:
    return Session(WEIGHTS, provider="cpu", threads=1)
