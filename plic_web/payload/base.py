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

# A magnitude is an Elias gamma number: a run of ones as long as its bit count, a zero, the
# bits below the leading one, the sign. Flag n of the run in class k (see `walk`) is a 1 with
# probability 8 t**2 / 65536, t = ord(FLAGS[12 * min(n, 4) + k - 1]) - 33.
# Trained by training/base_tables.py.
FLAGS = "$a&.8COYbiou&a%',07ALYdp;a.+(),/7@OdaaaL77,/25@VaaaaaL>8)-=K"
CLASSES = 12
RUN_CLASSES = 5
_LONGEST_RUN = MAX_COEFFICIENT.bit_length()
_PRIOR = (96, 36, 36)  # how much more the low frequencies of a channel are expected to hold


def encode_base(rgb: NDArray[np.uint8]) -> bytes:
    """The base section of a picture `rgb` [h, w, 3]: 60 to 150 bytes for most photographs."""
    height, width, _ = rgb.shape
    coefficients = quantise(area_average(rgb, *base_grid(width, height)))
    encoder = binary_encoder()

    def write(channel: int, row: int, column: int, kind: int) -> int:
        value = int(coefficients[row, column, channel])
        size = abs(value).bit_length()
        for n in range(size):
            encoder.encode_fixed(flag_probability(kind, n), 1)
        if size < _LONGEST_RUN:
            encoder.encode_fixed(flag_probability(kind, size), 0)
        for shift in range(size - 2, -1, -1):
            encoder.encode_fixed(HALF, abs(value) >> shift & 1)
        if value:
            encoder.encode_fixed(HALF, int(value < 0))
        return abs(value)

    walk(*base_grid(width, height), write)
    return encoder.finish()


def decode_base(data: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """The RGB grid [gh, gw, 3] of a base section; `width`, `height` are the picture's.

    Raises PayloadError if the section ends before its last coefficient.
    """
    columns, rows = base_grid(width, height)
    coefficients = np.zeros((rows, columns, 3), np.int32)
    fixed = binary_decoder(data).decode_fixed

    def read(channel: int, row: int, column: int, kind: int) -> int:
        size = 0
        while size < _LONGEST_RUN and fixed(flag_probability(kind, size)):
            size += 1
        if not size:
            return 0
        magnitude = 1
        for _ in range(size - 1):
            magnitude = 2 * magnitude + fixed(HALF)
        coefficients[row, column, channel] = -magnitude if fixed(HALF) else magnitude
        return magnitude

    try:
        walk(columns, rows, read)
    except PayloadError as error:
        raise PayloadError(f"base section of a {columns}x{rows} grid: {error}") from None
    return dequantise(coefficients)


def walk(columns: int, rows: int, visit: Callable[[int, int, int, int], int]) -> None:
    """Call `visit(channel, row, column, class)` for every coefficient in coding order.

    `visit` returns the coefficient's magnitude. Classes 1..12 grow by half octaves of the
    magnitude to be expected from the neighbours already coded and from the frequency.
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
                    4 * (known[at - 1] + known[at - stride])
                    + 3 * (known[at - 2] + known[at - 2 * stride])
                    + 2 * known[at - stride - 1]
                    + _PRIOR[channel] * cells // (16 * (column * rows + row * columns) + cells)
                )
                kind = min((expected * expected).bit_length(), CLASSES)
                known[at] = visit(channel, row, column, kind)
                at += 1


def flag_probability(kind: int, n: int) -> int:
    """Probability, in 1/65536, that flag `n` of a magnitude of class `kind` is a 1."""
    t = ord(FLAGS[CLASSES * min(n, RUN_CLASSES - 1) + kind - 1]) - 33
    return 8 * t * t


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
