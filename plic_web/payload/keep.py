"""The keep section: rectangles of real pixels, for what must not be reconstructed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plic_web.payload.coder import reader, writer
from plic_web.payload.container import check_size
from plic_web.payload.errors import PayloadError
from plic_web.payload.keep_blocks import (
    MAX_QUALITY,
    MAX_WORK,
    join_planes,
    plane_shapes,
    split_planes,
    starting_states,
    walk_plane,
)
from plic_web.payload.varint import read_varint, write_varint

MAX_RECTANGLES = 32
# Pixels of all rectangles, sides rounded up to 16: about a second of decoding at worst. They may
# overlap, but not to the point where a small picture costs as much as a large one.
MAX_PIXELS = 1 << 17
MAX_COVERS = 2
_EACH_ITS_OWN = 0  # in place of a quality


@dataclass(frozen=True)
class Rect:
    """A rectangle in pixels of the picture, at least 1x1 and inside it."""

    left: int
    top: int
    width: int
    height: int


def encode_keep(
    rgb: NDArray[np.uint8], rectangles: Sequence[Rect], *, quality: int | Sequence[int] = 80
) -> bytes:
    """The section that keeps `rectangles` of `rgb` [h, w, 3].

    Args:
        quality: 1..100, of all rectangles or of each.

    Raises:
        PayloadError: rectangles outside the picture, too many or too large.
    """
    height, width, _ = rgb.shape
    qualities = [quality] * len(rectangles) if isinstance(quality, int) else list(quality)
    for each in qualities:
        if not 1 <= each <= MAX_QUALITY:
            raise PayloadError(f"keep quality {each}; expected 1 to {MAX_QUALITY}")
    _check(rectangles, width, height)
    different = set(qualities) or {MAX_QUALITY}
    common = different.pop() if len(different) == 1 else _EACH_ITS_OWN
    head = bytearray([common, len(rectangles)])
    coder, finish = writer(starting_states())
    work = MAX_WORK
    for rect, each in zip(rectangles, qualities, strict=True):
        for number in (rect.left, rect.top, rect.width, rect.height):
            head += write_varint(number)
        if common == _EACH_ITS_OWN:
            head.append(each)
        pixels = rgb[rect.top : rect.top + rect.height, rect.left : rect.left + rect.width]
        for index, plane in enumerate(split_planes(pixels, each)):
            _, work = walk_plane(plane, bool(index), work, coder)
    return bytes(head) + finish()


def decode_keep(data: bytes, width: int, height: int) -> list[tuple[Rect, NDArray[np.uint8]]]:
    """The rectangles of a `width` x `height` picture with their pixels [h, w, 3].

    Raises PayloadError for rectangles beyond the limits or a section that ends early.
    """
    check_size(width, height)
    qualities, rectangles, at = _read_head(data)
    _check(rectangles, width, height)
    coder = reader(data[at:], starting_states())
    work = MAX_WORK
    kept = []
    for number, (rect, quality) in enumerate(zip(rectangles, qualities, strict=True)):
        planes = []
        try:
            for index, shape in enumerate(plane_shapes(rect.width, rect.height)):
                blank = np.zeros((*shape, 8, 8), np.int32)
                plane, work = walk_plane(blank, bool(index), work, coder)
                planes.append(plane)
        except PayloadError as error:
            raise PayloadError(f"keep section, rectangle {number}: {error}") from None
        kept.append((rect, join_planes(planes, rect.width, rect.height, quality)))
    return kept


def _read_head(data: bytes) -> tuple[list[int], list[Rect], int]:
    """Qualities, rectangles, offset of the coded pixels."""
    if len(data) < 2:
        raise PayloadError(f"keep section: {len(data)} bytes; expected at least 2")
    common, count = data[0], data[1]
    if common > MAX_QUALITY:
        raise PayloadError(f"keep section: quality {common}; expected 0 to {MAX_QUALITY}")
    if count > MAX_RECTANGLES:
        raise PayloadError(f"keep section: {count} rectangles; at most {MAX_RECTANGLES}")
    rectangles = []
    qualities = []
    at = 2
    for index in range(count):
        numbers = []
        for _ in range(4):
            number, at = read_varint(data, at, f"keep section, rectangle {index}")
            numbers.append(number)
        rectangles.append(Rect(*numbers))
        quality = common
        if common == _EACH_ITS_OWN:
            quality = data[at] if at < len(data) else 0
            at += 1
            if not 1 <= quality <= MAX_QUALITY:
                raise PayloadError(
                    f"keep section, rectangle {index}: quality {quality}; expected 1 to "
                    f"{MAX_QUALITY}"
                )
        qualities.append(quality)
    return qualities, rectangles, at


def _check(rectangles: Sequence[Rect], width: int, height: int) -> None:
    if len(rectangles) > MAX_RECTANGLES:
        raise PayloadError(f"{len(rectangles)} kept rectangles; at most {MAX_RECTANGLES}")
    for rect in rectangles:
        across = rect.left >= 0 and rect.width > 0 and rect.left + rect.width <= width
        down = rect.top >= 0 and rect.height > 0 and rect.top + rect.height <= height
        if not (across and down):
            raise PayloadError(f"{rect} does not lie inside the {width}x{height} picture")
    pixels = sum(rounded_area(rect.width, rect.height) for rect in rectangles)
    most = min(MAX_PIXELS, MAX_COVERS * rounded_area(width, height))
    if pixels > most:
        raise PayloadError(f"kept rectangles of {pixels} pixels in all; at most {most}")


def rounded_area(width: int, height: int) -> int:
    """Pixels of a rectangle with its sides rounded up to 16, as MAX_PIXELS counts them."""
    return -(-width // 16) * -(-height // 16) * 256
