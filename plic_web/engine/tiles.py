"""Large pictures in overlapping tiles: bounded memory, no seams.

The networks take no statistics over the picture, so away from its own border a tile equals
the same part of the whole; tiles overlap and are blended by weights that fall off linearly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

WHOLE_PIXELS = 1_050_000
"""Up to so many pixels a picture is drawn in one piece (about 0.5 GB of activations)."""
TILE = 768
OVERLAP = 128

Floats = NDArray[np.float32]


def spans(length: int) -> list[tuple[int, int]]:
    """Cover 0..length (a multiple of 32) by pieces of at most TILE that overlap by OVERLAP or more.

    Starts are multiples of 32. Returns (start, end) in order.
    """
    if length <= TILE:
        return [(0, length)]
    count = -(-(length - OVERLAP) // (TILE - OVERLAP))
    last = length - TILE
    starts = [min(last, round(i * last / (count - 1) / 32) * 32) for i in range(count)]
    return [(start, start + TILE) for start in starts]


def tiles(height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """(top, bottom, left, right) of each tile; the whole picture where it is small enough."""
    if height * width <= WHOLE_PIXELS:
        yield 0, height, 0, width
        return
    for top, bottom in spans(height):
        for left, right in spans(width):
            yield top, bottom, left, right


def draw_tiled(
    draw: Callable[[int, int, int, int], Floats], height: int, width: int
) -> NDArray[np.uint8]:
    """Blend tiles ``draw(top, bottom, left, right)`` [3, h, w] in -1..1 into uint8 [H, W, 3]."""
    if height * width <= WHOLE_PIXELS:
        return to_bytes(draw(0, height, 0, width))
    total = np.zeros((3, height, width), np.float32)
    weights = np.zeros((height, width), np.float32)
    for top, bottom, left, right in tiles(height, width):
        weight = np.outer(_ramp(top, bottom, height), _ramp(left, right, width))
        total[:, top:bottom, left:right] += draw(top, bottom, left, right) * weight
        weights[top:bottom, left:right] += weight
    total /= weights
    return to_bytes(total)


def _ramp(start: int, end: int, length: int) -> Floats:
    """Weights of a tile along one axis: rising over its overlaps with other tiles."""
    weight = np.ones(end - start, np.float32)
    rise = (np.arange(OVERLAP, dtype=np.float32) + 0.5) / OVERLAP
    if start > 0:
        weight[:OVERLAP] = rise
    if end < length:
        weight[-OVERLAP:] *= rise[::-1]
    return weight


def to_bytes(picture: Floats) -> NDArray[np.uint8]:
    """float [3, h, w] in -1..1 -> uint8 [h, w, 3], rounded and clipped."""
    scaled = picture.transpose(1, 2, 0) * np.float32(127.5) + np.float32(128)
    return np.asarray(np.clip(scaled, 0, 255), np.uint8)
