"""The kept pixels' transform codec: planes of 8x8 DCT blocks in adaptive contexts, no headers.

Integer throughout, with the base's cosines and colours, so that decoders agree to the bit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plic_web.payload.base import TO_RGB, TO_YCBCR, cosines
from plic_web.payload.coder import Walker
from plic_web.payload.errors import PayloadError

SIDE = 8
MAX_MAGNITUDE = 4095
MAX_QUALITY = 100
# Bits of all magnitudes of a section: as many as a payload of 64 KiB could hold.
MAX_WORK = 1 << 19
_LONGEST_RUN = MAX_MAGNITUDE.bit_length()
_CLASSES = 16  # half octaves of the magnitude expected
_FLAGS = 6  # flags of a run that have contexts of their own
_SPREAD = 64
_ROUNDING = 0.4

Plane = NDArray[np.int32]  # quantised coefficients [block rows, block columns, 8, 8]


def starting_states() -> list[int]:
    """Contexts [luma or chroma][class][flag]: what a Laplacian of that class would do."""
    states = []
    for _ in range(2):
        for kind in range(_CLASSES):
            square = 3 << kind >> 2  # the middle of the class
            p = (square << 16) // (square + _SPREAD) | 63
            for _ in range(_FLAGS):
                states.append(p)
                p = p * p >> 16 | 63
    return states


def steps(quality: int, chroma: bool) -> NDArray[np.int64]:
    """Quantisation steps [8, 8] of the amplitudes in sixteenths of a level; quality 1..100."""
    scale = (MAX_QUALITY + 1 - quality) ** 2 * (1 + chroma)
    k = np.arange(SIDE)
    gain = np.where(k, 2, 1)
    square = scale * (4 + k + k[:, None]) * gain * gain[:, None]
    return np.asarray(np.floor(np.sqrt(square)), np.int64)


def split_planes(rgb: NDArray[np.uint8], quality: int) -> list[Plane]:
    """Quantised blocks of Y, Cb and Cr of a rectangle [h, w, 3]; colour at half size."""
    height, width, _ = rgb.shape
    padded = np.pad(rgb, ((0, -height % 16), (0, -width % 16), (0, 0)), mode="edge")
    ycbcr = (padded.astype(np.float64) - 128) @ TO_YCBCR
    rows, columns = padded.shape[:2]
    half = ycbcr.reshape(rows // 2, 2, columns // 2, 2, 3).mean(axis=(1, 3))
    luma = ycbcr[: -(-height // 8) * 8, : -(-width // 8) * 8, 0]
    shapes = plane_shapes(width, height)
    planes = (luma, half[..., 1], half[..., 2])
    return [
        _forward(plane[: 8 * r, : 8 * c], quality, chroma)
        for plane, (r, c), chroma in zip(planes, shapes, (False, True, True), strict=True)
    ]


def plane_shapes(width: int, height: int) -> list[tuple[int, int]]:
    """Block rows and columns of the three planes of a rectangle."""
    luma = (-(-height // 8), -(-width // 8))
    chroma = (-(-height // 16), -(-width // 16))
    return [luma, chroma, chroma]


def join_planes(planes: list[Plane], width: int, height: int, quality: int) -> NDArray[np.uint8]:
    """The pixels [height, width, 3] of quantised planes, colour repeated 2x2."""
    sums = [_inverse(plane, quality, bool(index)) for index, plane in enumerate(planes)]
    for index in (1, 2):
        sums[index] = sums[index].repeat(2, 0).repeat(2, 1)
    ycbcr = np.stack([plane[:height, :width] for plane in sums], axis=-1)
    rgb = (ycbcr @ TO_RGB) / 2.0**26 + 128  # 2**26 a grey level, as in base.dequantise
    return np.asarray(np.clip(np.rint(rgb), 0, 255), np.uint8)


def _forward(plane: NDArray[np.float64], quality: int, chroma: bool) -> Plane:
    rows, columns = plane.shape[0] // SIDE, plane.shape[1] // SIDE
    blocks = plane.reshape(rows, SIDE, columns, SIDE).transpose(0, 2, 1, 3)
    basis = cosines(SIDE) / 1024 * np.where(np.arange(SIDE)[:, None], 2, 1) / SIDE
    amplitude = basis @ blocks @ basis.T * 16 / steps(quality, chroma)
    level = np.minimum(np.floor(np.abs(amplitude) + _ROUNDING), MAX_MAGNITUDE // 2)
    level[..., 0, 0] = np.floor(np.abs(amplitude[..., 0, 0]) + 0.5)
    return np.asarray(np.where(amplitude < 0, -level, level), np.int32)


def _inverse(blocks: Plane, quality: int, chroma: bool) -> NDArray[np.int64]:
    rows, columns = blocks.shape[:2]
    basis = cosines(SIDE)
    amplitude = blocks.astype(np.int64) * steps(quality, chroma)
    pixels = basis.T @ amplitude @ basis
    return pixels.transpose(0, 2, 1, 3).reshape(rows * SIDE, columns * SIDE)


def walk_plane(wanted: Plane, chroma: bool, work: int, coder: Walker) -> tuple[Plane, int]:
    """Take every decision of a plane; gives back its coefficients and the work left."""
    rows, columns = wanted.shape[:2]
    targets = wanted.reshape(rows, columns, SIDE * SIDE).tolist()
    blank = [0] * (SIDE * SIDE)
    above = [blank] * columns
    lines = []
    for row in range(rows):
        line: list[list[int]] = []
        left = blank
        for column in range(columns):
            upper = above[column]
            # The mean is coded as its difference from the neighbours' means.
            guess = (left[0] + upper[0]) >> 1 if row and column else left[0] or upper[0]
            block, work = _walk_block(targets[row][column], guess, left, upper, chroma, work, coder)
            line.append(block)
            left = block
        lines.append(line)
        above = line
    return np.array(lines, np.int32).reshape(wanted.shape), work


def _walk_block(
    wanted: list[int],
    guess: int,
    left: list[int],
    upper: list[int],
    chroma: bool,
    work: int,
    coder: Walker,
) -> tuple[list[int], int]:
    first = _CLASSES * _FLAGS * chroma
    padded = [0] * 100  # 10 x 10: two rows and columns of zeros before the first
    block = []
    for index in range(SIDE * SIDE):
        at = 22 + index + 2 * (index >> 3)
        expected = (
            padded[at - 1]
            + padded[at - 2]
            + padded[at - 10]
            + padded[at - 20]
            + 16 // (1 + (index & 7) + (index >> 3))
        )
        if index:
            expected += abs(left[index]) + abs(upper[index])
        kind = min((expected * expected).bit_length(), _CLASSES - 1)
        target = wanted[index] if index else wanted[0] - guess
        value, size = _walk_value(target, first + kind * _FLAGS, coder)
        work -= size
        if work < 0:
            raise PayloadError(f"magnitudes of more than {MAX_WORK} bits in all")
        padded[at] = abs(value) if index else 0
        block.append(value if index else max(-MAX_MAGNITUDE, min(MAX_MAGNITUDE, value + guess)))
    return block, work


def _walk_value(wanted: int, context: int, coder: Walker) -> tuple[int, int]:
    """An Elias gamma number with a sign, as in the base; the value and its magnitude's bits."""
    target = abs(wanted)
    length = target.bit_length()
    size = 0
    while size < _LONGEST_RUN and coder.bit(context + min(size, _FLAGS - 1), int(size < length)):
        size += 1
    if not size:
        return 0, 0
    magnitude = 1
    for shift in range(size - 2, -1, -1):
        magnitude = magnitude << 1 | coder.fair(target >> shift & 1)
    negative = coder.fair(int(wanted < 0))
    return (-magnitude if negative else magnitude), size
