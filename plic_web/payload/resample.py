"""From a picture to a small grid and back: area averaging and Catmull-Rom enlargement."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_BAND = 64  # rows enlarged at a time, so that a 16-megapixel picture needs no float copy of itself


def area_average(rgb: NDArray[np.uint8], grid_width: int, grid_height: int) -> NDArray[np.float64]:
    """Shrink `rgb` [h, w, channels] to [grid_height, grid_width, channels].

    Each cell is the mean of the picture over the cell's rectangle, pixels on its border
    counted by the part that lies inside. Values keep their scale (0..255).
    """
    height, width, channels = rgb.shape
    across = _area_weights(width, grid_width)
    grid = np.empty((grid_height, grid_width, channels))
    for row in range(grid_height):
        top, bottom = row * height / grid_height, (row + 1) * height / grid_height
        first, last = int(top), min(height, math.ceil(bottom))
        weights = np.minimum(np.arange(first, last) + 1, bottom) - np.maximum(
            np.arange(first, last), top
        )
        mean = np.tensordot(weights / weights.sum(), rgb[first:last].astype(np.float64), 1)
        grid[row] = across @ mean
    return grid


def upsample(grid: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Enlarge `grid` [gh, gw, channels] smoothly to [height, width, channels].

    Separable Catmull-Rom cubic (a = -1/2), pixel centres aligned: output pixel x samples
    the grid at (x + 1/2) * gw / width - 1/2, cells beyond the border repeat the last one.
    The result is rounded half to even and clipped to 0..255.
    """
    grid_height, grid_width, channels = grid.shape
    across = _cubic_weights(grid_width, width)
    down = _cubic_weights(grid_height, height)
    wide = np.einsum("xj,ijc->ixc", across, grid.astype(np.float64))
    wide = wide.reshape(grid_height, width * channels)
    picture = np.empty((height, width, channels), np.uint8)
    for top in range(0, height, _BAND):
        band = down[top : top + _BAND] @ wide
        np.rint(band, out=band)
        np.clip(band, 0, 255, out=band)
        picture[top : top + _BAND] = band.reshape(-1, width, channels)
    return picture


def _area_weights(size: int, cells: int) -> NDArray[np.float64]:
    """Matrix [cells, size] whose rows average the pixels under one cell."""
    edges = np.arange(cells + 1) * size / cells
    pixels = np.arange(size)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    weights = np.clip(overlap, 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float64)


def _cubic_weights(cells: int, size: int) -> NDArray[np.float64]:
    """Matrix [size, cells] of Catmull-Rom weights at the aligned pixel centres."""
    position = (np.arange(size) + 0.5) * cells / size - 0.5
    weights = np.zeros((size, cells))
    for tap in range(-1, 3):
        cell = np.floor(position).astype(np.int64) + tap
        t = np.abs(position - cell)
        near = (1.5 * t - 2.5) * t * t + 1
        far = ((-0.5 * t + 2.5) * t - 4) * t + 2
        value = np.where(t < 1, near, np.where(t < 2, far, 0))
        np.add.at(weights, (np.arange(size), np.clip(cell, 0, cells - 1)), value)
    return weights
