"""The base: a picture's low frequencies as a tiny YCbCr DCT, the blur that is painted first.

Everything after the integer coefficients is exact in integers, so that a decoder in any
language paints the same pixels (docs/format.md, "Base"; static/base.js is the twin).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

GRID_CELLS = 384  # 24 x 16 for a 3:2 picture: about 0.1 kB at 19.4 dB
MAX_GRID_SIDE = 64
MAX_COEFFICIENT = 255  # keeps every sum below 2**53, exact in JavaScript's doubles
_CELL_PIXELS = 8  # a cell covers at least so many pixels: small pictures get small grids

# Quantisation step of channel c at frequency f (cycles per cell), for an orthonormal DCT:
# sqrt(FLAT[c] + SLOPE[c] * f**2). Flat is best for PSNR; the slope spends bits where the
# eye does, on the large shapes, and more so for colour.
_FLAT = (1936, 2916, 2916)
_SLOPE = (2500, 10000, 10000)
_MAX_STEP = 128  # 8 grey levels in sixteenths: bounds the error of grids of a few cells
_ROUNDING = 0.4  # below 1/2: a level is paid for only when it clearly helps

# Contribution of Y, Cb and Cr to R, G and B in 1/256 (BT.601, full range).
_TO_RGB = np.array([[256, 256, 256], [0, -88, 454], [359, -183, 0]], np.int64)
_TO_YCBCR = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
)


def base_grid(width: int, height: int) -> tuple[int, int]:
    """Columns and rows of the base of a picture of `width` x `height` pixels.

    At most 384 cells in the picture's own aspect, 64 a side, and none narrower than 8 pixels.
    """
    return _cells(width, height), _cells(height, width)


def _cells(along: int, across: int) -> int:
    natural = math.isqrt(GRID_CELLS * along // across)
    return max(1, min(natural, MAX_GRID_SIDE, -(-along // _CELL_PIXELS)))


def quantise(grid_rgb: NDArray[np.floating]) -> NDArray[np.int32]:
    """DCT coefficients [gh, gw, 3] (rows v, columns u; Y, Cb, Cr) of an RGB grid in 0..255.

    Works for any grid of 1 to 64 cells a side; steps depend on absolute frequency
    (cycles per cell), so a crop's coefficients are as coarse as the whole picture's.
    """
    rows, columns, _ = grid_rgb.shape
    ycbcr = (np.asarray(grid_rgb, np.float64) - 128) @ _TO_YCBCR.T
    across = _cosines(columns) / 1024 * np.where(np.arange(columns)[:, None], 2, 1) / columns
    down = _cosines(rows) / 1024 * np.where(np.arange(rows)[:, None], 2, 1) / rows
    amplitude = np.einsum("vi,ijc,uj->vuc", down, ycbcr, across, optimize=True)
    level = np.floor(np.abs(amplitude) * 16 / steps(columns, rows) + _ROUNDING)
    level = np.minimum(level, MAX_COEFFICIENT)
    return np.asarray(np.where(amplitude < 0, -level, level), np.int32)


def dequantise(coefficients: NDArray[np.integer]) -> NDArray[np.uint8]:
    """RGB grid [gh, gw, 3] from integer coefficients in -255..255; exact in every language."""
    rows, columns, _ = coefficients.shape
    amplitude = coefficients.astype(np.int64) * steps(columns, rows)
    across, down = _cosines(columns), _cosines(rows)
    ycbcr = np.einsum("vi,vuc,uj->ijc", down, amplitude, across, optimize=True)
    # Sixteenths of a level x 2**10 x 2**10 (cosines) x 2**8 (colour) = 2**32 a grey level;
    # a power of two, so the float is exact and rint rounds half to even as JavaScript does.
    rgb = (ycbcr @ _TO_RGB) / 2.0**32 + 128
    return np.asarray(np.clip(np.rint(rgb), 0, 255), np.uint8)


def steps(columns: int, rows: int) -> NDArray[np.int64]:
    """Quantisation steps [rows, columns, 3] of the amplitudes, in sixteenths of a grey level."""
    cells = columns * rows
    u, v = np.arange(columns), np.arange(rows)[:, None]
    frequency = (u * rows) ** 2 + (v * columns) ** 2  # (2 * cells * f)**2
    table = np.empty((rows, columns, 3), np.int64)
    for channel, (flat, slope) in enumerate(zip(_FLAT, _SLOPE, strict=True)):
        square = 64 * (4 * flat * cells**2 + slope * frequency) // cells**3
        # Exact: floats hold integer squares below 2**53 and sqrt is correctly rounded.
        table[..., channel] = np.minimum(np.floor(np.sqrt(square)), _MAX_STEP)
    return table


def _cosines(size: int) -> NDArray[np.int64]:
    """Row k, column x: 1024 cos(pi k (2x + 1) / 2 size), rounded to the nearest integer."""
    frequency, position = np.arange(size)[:, None], np.arange(size)
    angle = np.pi * frequency * (2 * position + 1) / (2 * size)
    return np.floor(1024 * np.cos(angle) + 0.5).astype(np.int64)
