"""The base: a picture's low frequencies as a tiny YCbCr DCT, the blur that is painted first.

Everything after the integer coefficients is exact in integers, so that a decoder in any
language paints the same pixels (docs/format.md, "Base"; static/base.js is the twin).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from plic_web.payload.coder import HALF, binary_decoder, binary_encoder
from plic_web.payload.errors import PayloadError
from plic_web.payload.resample import area_average

GRID_CELLS = 384  # 24 x 16 for a 3:2 picture: about 0.1 kB at 19.4 dB
MAX_GRID_SIDE = 64
MAX_COEFFICIENT = 255  # keeps every sum below 2**53, exact in JavaScript's doubles
_CELL_PIXELS = 8  # a cell covers at least so many pixels: small pictures get small grids

# The square of a quantisation step, in sixteenths of a grey level and for an orthonormal DCT,
# is WEIGHT[c] * (5 + 2 * (u / columns + v / rows)): nearly flat, as is best for PSNR, a little
# finer for the large shapes that the eye sees first, coarser for colour.
_WEIGHT = (90_000, 150_000, 150_000)
_MAX_STEP = 128  # 8 grey levels: bounds the error of grids of a few cells
_ROUNDING = 0.4  # below 1/2: a level is paid for only when it clearly helps

# Contribution of Y, Cb and Cr to R, G and B in quarters: YCbCr in small integers.
TO_RGB = np.array([[4, 4, 4], [0, -1, 7], [6, -3, 0]], np.int64)
TO_YCBCR = np.linalg.inv(TO_RGB / 4)

# A magnitude is an Elias gamma number: a run of ones as long as its bit count, a zero, the
# bits below the leading one, the sign. The first flag of the run is a 1 with probability
# E**2 / (E**2 + SPREAD), E being the magnitude expected from the neighbours and from the
# frequency, and each further one with the square of the one before: what a Laplacian gives.
# The weights of E were fitted to photographs; a fitted table of 60 flags is no better.
_SPREAD = 64
_PRIOR = (60, 16, 16)  # how much more the low frequencies of a channel are expected to hold
_LEAST = 63  # floor of a probability, in 1/65536
_LONGEST_RUN = MAX_COEFFICIENT.bit_length()


def encode_base(rgb: NDArray[np.uint8]) -> bytes:
    """The base section of a picture `rgb` [h, w, 3]: 60 to 150 bytes for most photographs."""
    height, width, _ = rgb.shape
    coefficients = quantise(area_average(rgb, *base_grid(width, height)))
    encoder = binary_encoder()

    def write(channel: int, row: int, column: int, p: int) -> int:
        value = int(coefficients[row, column, channel])
        size = abs(value).bit_length()
        for _ in range(size):
            encoder.encode_fixed(p, 1)
            p = p * p >> 16 | _LEAST
        if size < _LONGEST_RUN:
            encoder.encode_fixed(p, 0)
        for shift in range(size - 2, -1, -1):
            encoder.encode_fixed(HALF, abs(value) >> shift & 1)
        if value:
            encoder.encode_fixed(HALF, int(value < 0))
        return abs(value)

    _walk(*base_grid(width, height), write)
    return encoder.finish()


def decode_base(data: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """The RGB grid [gh, gw, 3] of a base section; `width`, `height` are the picture's.

    Raises PayloadError if the section ends before its last coefficient.
    """
    columns, rows = base_grid(width, height)
    coefficients = np.zeros((rows, columns, 3), np.int32)
    fixed = binary_decoder(data).decode_fixed

    def read(channel: int, row: int, column: int, p: int) -> int:
        size = 0
        while size < _LONGEST_RUN and fixed(p):
            size += 1
            p = p * p >> 16 | _LEAST
        if not size:
            return 0
        magnitude = 1
        for _ in range(size - 1):
            magnitude = 2 * magnitude + fixed(HALF)
        coefficients[row, column, channel] = -magnitude if fixed(HALF) else magnitude
        return magnitude

    try:
        _walk(columns, rows, read)
    except PayloadError as error:
        raise PayloadError(f"base section of a {columns}x{rows} grid: {error}") from None
    return dequantise(coefficients)


def _walk(columns: int, rows: int, visit: Callable[[int, int, int, int], int]) -> None:
    """Call `visit(channel, row, column, p)` for every coefficient in coding order.

    `p` is the probability, in 1/65536, that the coefficient is not zero; `visit` returns the
    coefficient's magnitude.
    """
    cells = columns * rows
    stride = columns + 2
    for channel in range(3):
        # Two rows and two columns of zeros before the first stand in for missing neighbours.
        known = [0] * (stride * (rows + 2))
        for row in range(rows):
            at = (row + 2) * stride + 2
            for column in range(columns):
                expected = (
                    known[at - 1]
                    + known[at - 2]
                    + known[at - stride]
                    + known[at - 2 * stride]
                    + _PRIOR[channel] * cells // (16 * (column * rows + row * columns) + cells)
                )
                square = expected * expected
                p = (square << 16) // (square + _SPREAD) | _LEAST
                known[at] = visit(channel, row, column, p)
                at += 1


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
    ycbcr = (np.asarray(grid_rgb, np.float64) - 128) @ TO_YCBCR
    across = cosines(columns) / 1024 * np.where(np.arange(columns)[:, None], 2, 1) / columns
    down = cosines(rows) / 1024 * np.where(np.arange(rows)[:, None], 2, 1) / rows
    amplitude = np.einsum("vi,ijc,uj->vuc", down, ycbcr, across, optimize=True)
    exact = np.abs(amplitude) * 16 / steps(columns, rows)
    level = np.floor(exact + _ROUNDING)
    level[0, 0] = np.rint(exact[0, 0])  # the mean colour is always worth its bits
    level = np.minimum(level, MAX_COEFFICIENT)
    return np.asarray(np.where(amplitude < 0, -level, level), np.int32)


def dequantise(coefficients: NDArray[np.integer]) -> NDArray[np.uint8]:
    """RGB grid [gh, gw, 3] from integer coefficients in -255..255; exact in every language."""
    rows, columns, _ = coefficients.shape
    amplitude = coefficients.astype(np.int64) * steps(columns, rows)
    across, down = cosines(columns), cosines(rows)
    ycbcr = np.einsum("vi,vuc,uj->ijc", down, amplitude, across, optimize=True)
    # Sixteenths of a level x 2**10 x 2**10 (cosines) x 4 (colour) = 2**26 a grey level; a power
    # of two, so the float is exact and rint rounds half to even as JavaScript does.
    rgb = (ycbcr @ TO_RGB) / 2.0**26 + 128
    return np.asarray(np.clip(np.rint(rgb), 0, 255), np.uint8)


def steps(columns: int, rows: int) -> NDArray[np.int64]:
    """Quantisation steps [rows, columns, 3] of the amplitudes, in sixteenths of a grey level."""
    cells = columns * rows
    frequency = np.arange(columns) * rows + np.arange(rows)[:, None] * columns
    square = (5 * cells + 2 * frequency)[..., None] * np.array(_WEIGHT) // cells**2
    # Exact: floats hold integers below 2**53 and sqrt is correctly rounded.
    return np.asarray(np.minimum(np.floor(np.sqrt(square)), _MAX_STEP), np.int64)


def cosines(size: int) -> NDArray[np.int64]:
    """Row k, column x: 1024 cos(pi k (2x + 1) / 2 size), rounded to the nearest integer."""
    frequency, position = np.arange(size)[:, None], np.arange(size)
    angle = np.pi * frequency * (2 * position + 1) / (2 * size)
    return np.floor(1024 * np.cos(angle) + 0.5).astype(np.int64)
