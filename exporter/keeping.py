"""Kept pixels: which rectangles of a picture are sent as they are, within the format's limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exporter.likeness import features_box
from exporter.marks import FACE, Mark
from plic_web.payload import PayloadError
from plic_web.payload.keep import MAX_RECTANGLES, Rect, encode_keep

QUALITIES = (40, 65, 85, 95)
"""Of kept pixels; each mark that is lost at one of them gets the next."""
SMALL_FACE = 48
"""Pixels; larger faces survive the first quality, smaller ones and letters need the second."""
MOST_PLACES = 3 * MAX_RECTANGLES
"""More could hardly be joined into few enough rectangles."""
# A face's box holds all that it is known by; letters and drawings end in crisp edges, which the
# seam must not touch.
_MARGIN_SHARE, _LEAST_MARGIN = 0.1, 2

Picture = NDArray[np.uint8]


class KeepingError(ValueError):
    """More would have to be kept than a payload can or should hold."""


@dataclass(frozen=True)
class Keeping:
    """Attributes: the marks that are kept, each one's quality 1 to 100, the payload's section."""

    marks: tuple[Mark, ...] = ()
    qualities: tuple[int, ...] = ()
    section: bytes = b""

    @classmethod
    def of(cls, rgb: Picture, marks: Iterable[Mark]) -> Keeping:
        """Keep the pixels of ``rgb`` uint8 [H, W, 3] under some marks.

        Raises KeepingError where they are too many or too large.
        """
        return _keep(rgb, {mark: _first_quality(mark) for mark in marks})

    def finer(self, rgb: Picture, lost: Iterable[Mark]) -> Keeping:
        """The same, but marks that were lost are kept, those that were kept at the next quality.

        Raises KeepingError where that is too much or no finer quality is left.
        """
        levels = dict(zip(self.marks, self.qualities, strict=True))
        for mark in lost:
            now = levels.get(mark)
            better = [_first_quality(mark)] if now is None else [q for q in QUALITIES if q > now]
            levels[mark] = min(better, default=QUALITIES[-1])
        if tuple(levels.values()) == self.qualities:
            raise KeepingError("kept pixels at their highest quality do not help")
        return _keep(rgb, levels)


def _first_quality(mark: Mark) -> int:
    return QUALITIES[0] if mark.kind == FACE and mark.rect.width >= SMALL_FACE else QUALITIES[1]


def _keep(rgb: Picture, levels: Mapping[Mark, int]) -> Keeping:
    if not levels:
        return Keeping()
    if len(levels) > MOST_PLACES:
        raise KeepingError(f"{len(levels)} places would have to be kept")
    height, width = rgb.shape[:2]
    merged = merge([(_with_margin(mark, width, height), q) for mark, q in levels.items()])
    rectangles, qualities = zip(*merged, strict=True)
    try:
        section = encode_keep(rgb, rectangles, quality=qualities)
    except PayloadError as error:
        raise KeepingError(f"too much would have to be kept: {error}") from None
    return Keeping(tuple(levels), tuple(levels.values()), section)


def _with_margin(mark: Mark, width: int, height: int) -> Rect:
    """The mark's rectangle and a little around it, so that the seam is not in its outline."""
    is_face = mark.kind == FACE
    rect = _around(mark.rect, features_box(mark.rect)) if is_face else mark.rect
    share = 0.0 if is_face else _MARGIN_SHARE
    margin = max(_LEAST_MARGIN, round(min(rect.width, rect.height) * share))
    left, top = max(0, rect.left - margin), max(0, rect.top - margin)
    right = min(width, rect.left + rect.width + margin)
    bottom = min(height, rect.top + rect.height + margin)
    return Rect(left, top, right - left, bottom - top)


def merge(rectangles: list[tuple[Rect, int]]) -> list[tuple[Rect, int]]:
    """Rectangles with their qualities; those that overlap become one, of the better quality.

    So do the nearest until there are few enough. What still is too much is `encode_keep`'s to
    refuse.
    """
    merged = list(rectangles)
    while True:
        pairs = [
            (_waste(one, other), i, j)
            for i, (one, _) in enumerate(merged)
            for j, (other, _) in enumerate(merged[:i])
        ]
        least = min(pairs, default=None)
        if least is None or (least[0] > 0 and len(merged) <= MAX_RECTANGLES):
            return merged
        _, i, j = least
        (one, quality), (other, better) = merged[i], merged[j]
        merged[j] = _around(one, other), max(quality, better)
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
