"""Place labels in a plot so that they cover neither each other nor, if it can be, the marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

LINE_HEIGHT = 15.0
# Of a system font at LINE_HEIGHT's size; wide letters are rare enough.
LETTER = 7.0
# A mark under a label hurts less than a label under a label.
MARK_COST, LABEL_COST, DISTANCE_COST = 60.0, 1000.0, 1.0
REACH = 12

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Box:
    """A rectangle, in the plot's units."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two share any area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def within(self, other: Box) -> bool:
        """Whether it lies wholly inside another."""
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.top <= self.top
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True)
class Placed:
    """A label's text, where its text begins (``anchor``), and which mark it belongs to."""

    text: str
    x: float
    y: float  # of the middle of the line
    anchor: Anchor
    mark: tuple[float, float]
    box: Box

    @property
    def far(self) -> bool:
        """Far enough from its mark to need a thin line to it."""
        return abs(self.y - self.mark[1]) > 1.2 * LINE_HEIGHT


def width_of(text: str) -> float:
    """About how wide a label is."""
    return LETTER * len(text)


def place(
    wanted: Sequence[tuple[str, Sequence[tuple[float, float]]]],
    marks: Iterable[tuple[float, float]],
    bounds: Box,
) -> list[Placed]:
    """Place each label beside one of its own marks: greedily, in the order given.

    Args:
        wanted: for each label its text and the marks that it may stand beside, best first.
        marks: all points that labels should leave free, those of lines included.
        bounds: labels stay inside, unless one is wider.

    Returns:
        One for each label, in the order given.
    """
    marks = list(marks)
    placed: list[Placed] = []
    for text, own in wanted:
        choices = [
            (preference + i, choice)
            for i, mark in enumerate(own)
            for preference, choice in _choices(text, mark)
        ]
        inside = [c for c in choices if c[1].box.within(bounds)] or choices
        placed.append(min(inside, key=lambda c: _cost(c[0], c[1], marks, placed))[1])
    return placed


def _cost(
    preference: float,
    choice: Placed,
    marks: Sequence[tuple[float, float]],
    placed: Sequence[Placed],
) -> float:
    covered = sum(choice.box.holds(*mark) for mark in marks)
    overlaps = sum(choice.box.meets(other.box) for other in placed)
    return MARK_COST * covered + LABEL_COST * overlaps + DISTANCE_COST * preference


def _choices(text: str, mark: tuple[float, float]) -> Iterable[tuple[float, Placed]]:
    """Positions right, left, above and below a mark, then ever further off."""
    x, y = mark
    width, half = width_of(text), LINE_HEIGHT / 2
    for step in range(REACH):
        for down in {step, -step}:
            shift = down * half
            right = Box(x + 9, y + shift - half, x + 9 + width, y + shift + half)
            yield 4 * step, Placed(text, x + 9, y + shift, "start", mark, right)
            left = Box(x - 9 - width, y + shift - half, x - 9, y + shift + half)
            yield 4 * step + 3, Placed(text, x - 9, y + shift, "end", mark, left)
        for side in (-1, 1):
            centre = y + side * (LINE_HEIGHT + step * half)
            middle = Box(x - width / 2, centre - half, x + width / 2, centre + half)
            yield 4 * step + 5, Placed(text, x, centre, "middle", mark, middle)
