"""Kept pixels: which rectangles of a picture are sent as they are, within the format's limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exporter.marks import Mark
from plic_web.payload import PayloadError
from plic_web.payload.keep import MAX_RECTANGLES, Rect, encode_keep

QUALITIES = (65, 85, 95)
"""Of kept pixels: most faces and letters survive the first, small print needs the last."""
MOST_PLACES = 3 * MAX_RECTANGLES
"""More could hardly be joined into few enough rectangles."""
_MARGIN_SHARE, _LEAST_MARGIN = 0.1, 2

Picture = NDArray[np.uint8]


class KeepingError(ValueError):
    """More would have to be kept than a payload can or should hold."""


@dataclass(frozen=True)
class Keeping:
    """Attributes: the marks that are kept, their quality 1 to 100, and the payload's section."""

    marks: tuple[Mark, ...] = ()
    quality: int = QUALITIES[0]
    section: bytes = b""

    @classmethod
    def of(cls, rgb: Picture, marks: Iterable[Mark], quality: int = QUALITIES[0]) -> Keeping:
        """Keep the pixels of ``rgb`` uint8 [H, W, 3] under some marks.

        Raises KeepingError where they are too many or too large.
        """
        kept = tuple(marks)
        if not kept:
            return cls((), quality)
        if len(kept) > MOST_PLACES:
            raise KeepingError(f"{len(kept)} places would have to be kept")
        height, width = rgb.shape[:2]
        rectangles = merge([_with_margin(mark, width, height) for mark in kept])
        try:
            return cls(kept, quality, encode_keep(rgb, rectangles, quality=quality))
        except PayloadError as error:
            raise KeepingError(f"too much would have to be kept: {error}") from None

    def with_more(self, rgb: Picture, marks: Iterable[Mark]) -> Keeping:
        """The same and more marks. Raises KeepingError as `of` does."""
        return Keeping.of(rgb, (*self.marks, *marks), self.quality)

    def finer(self, rgb: Picture) -> Keeping:
        """The same at the next quality. Raises KeepingError where there is none."""
        better = [quality for quality in QUALITIES if quality > self.quality]
        if not better:
            raise KeepingError("kept pixels at their highest quality do not help")
        return Keeping.of(rgb, self.marks, better[0])


def _with_margin(mark: Mark, width: int, height: int) -> Rect:
    """The mark's rectangle and a little around it, so that the seam is not in its outline."""
    rect = mark.rect
    margin = max(_LEAST_MARGIN, round(min(rect.width, rect.height) * _MARGIN_SHARE))
    left, top = max(0, rect.left - margin), max(0, rect.top - margin)
    right = min(width, rect.left + rect.width + margin)
    bottom = min(height, rect.top + rect.height + margin)
    return Rect(left, top, right - left, bottom - top)


def merge(rectangles: list[Rect]) -> list[Rect]:
    """Rectangles that meet become one, if that wastes little, and until there are few enough.

    Raises nothing: what still is too much is `encode_keep`'s to refuse.
    """
    merged = list(rectangles)
    while True:
        pairs = [
            (_waste(one, other), i, j)
            for i, one in enumerate(merged)
            for j, other in enumerate(merged[:i])
        ]
        least = min(pairs, default=None)
        if least is None or (least[0] > 0 and len(merged) <= MAX_RECTANGLES):
            return merged
        _, i, j = least
        merged[j] = _around(merged[j], merged[i])
        del merged[i]


def _waste(one: Rect, other: Rect) -> int:
    """Pixels that one rectangle around both has more than the two; below 0 where they overlap."""
    both = _around(one, other)
    return both.width * both.height - one.width * one.height - other.width * other.height


def _around(one: Rect, other: Rect) -> Rect:
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    bottom = max(one.top + one.height, other.top + other.height)
    return Rect(left, top, right - left, bottom - top)
