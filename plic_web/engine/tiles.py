"""Large pictures in overlapping tiles: bounded memory, no seams.

The networks take no statistics over the picture, so away from its own border a tile equals
the same part of the whole; tiles overlap and are blended by weights that fall off linearly.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray

WHOLE_PIXELS = 1_050_000
"""Up to so many pixels are drawn in one piece (about 0.5 GB of activations)."""
OVERLAP = 128
UNIT = 32
"""All lengths are multiples of it: what one latent at 1/32 covers."""

Floats = NDArray[np.float32]


def tiles(height: int, width: int) -> list[tuple[int, int, int, int]]:
    """(top, bottom, left, right) of the tiles of a picture; one where it is small enough.

    Tiles have one size of at most WHOLE_PIXELS, overlap by OVERLAP or more, and are laid in
    those rows and columns that draw the fewest pixels in all, then in the fewest tiles.
    """

    def work(counts: tuple[int, int]) -> tuple[int, int]:
        rows, columns = counts
        return rows * columns * _size(height, rows) * _size(width, columns), rows * columns

    fitting = (
        (rows, columns)
        for rows, columns in product(_counts(height), _counts(width))
        if _size(height, rows) * _size(width, columns) <= WHOLE_PIXELS
    )
    rows, columns = min(fitting, key=work)
    return [(*down, *across) for down, across in product(_cut(height, rows), _cut(width, columns))]


def _counts(length: int) -> range:
    """In how many pieces a length can be cut so that each is longer than OVERLAP."""
    return range(1, max(1, length // OVERLAP) + 1)


def _size(length: int, count: int) -> int:
    """The least length of ``count`` equal pieces that cover ``length`` and overlap by OVERLAP."""
    return -(-(length + (count - 1) * OVERLAP) // (count * UNIT)) * UNIT


def _cut(length: int, count: int) -> list[tuple[int, int]]:
    """(start, end) of those pieces, spread evenly from 0 to ``length``."""
    size = _size(length, count)
    last = (length - size) // UNIT
    starts = [i * last // max(1, count - 1) * UNIT for i in range(count)]
    return [(start, start + size) for start in starts]


def draw_tiled(
    draw: Callable[[int, int, int, int], Floats], height: int, width: int
) -> NDArray[np.uint8]:
    """Blend tiles ``draw(top, bottom, left, right)`` [3, h, w] in -1..1 into uint8 [H, W, 3].

    Height and width are multiples of 32.
    """
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
