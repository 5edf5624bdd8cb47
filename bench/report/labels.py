"""Place labels in a plot so that they cover neither each other nor, if it can be, the marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

LINE_HEIGHT = 15.0
# Of a system font at LINE_HEIGHT's size; wide letters are rare enough.
LETTER = 7.0
MARK_RADIUS = 4.0
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

    def touches(self, x: float, y: float) -> bool:
        """Whether a mark at a point reaches inside."""
        return (
            self.left - MARK_RADIUS <= x <= self.right + MARK_RADIUS
            and self.top - MARK_RADIUS <= y <= self.bottom + MARK_RADIUS
        )

    def within(self, other: Box) -> bool:
        """Whether it lies wholly inside another."""
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.top <= self.top
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True)
class Wanted:
    """A label's text, its class in the stylesheet, and the marks it may stand beside, best first.

    ``optional``: something else says what its marks are, so that it may be left out.
    """

    text: str
    css: str
    marks: Sequence[tuple[float, float]]
    optional: bool = False


@dataclass(frozen=True)
class Placed:
    """A label, where its text is anchored, and the mark it stands beside."""

    label: Wanted
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
    wanted: Sequence[Wanted],
    marks: Iterable[tuple[float, float]],
    bounds: Box,
) -> list[Placed]:
    """Place each label beside one of its own marks: greedily, in the order given.

    Args:
        marks: all points that labels should leave free, those of lines included.
        bounds: labels stay inside, unless one is wider.

    Returns:
        In the order given, without those that may be left out and have no clear place nearby.
    """
    marks = list(marks)
    placed: list[Placed] = []
    for label in wanted:
        choices = [
            (preference + i, choice)
            for i, mark in enumerate(label.marks)
            for preference, choice in _choices(label, mark)
        ]
        inside = [c for c in choices if c[1].box.within(bounds)] or choices
        priced = [(_cost(preference, c, marks, placed), c) for preference, c in inside]
        cost, best = min(priced, key=lambda choice: choice[0])
        if not label.optional or (cost < MARK_COST and not best.far):
            placed.append(best)
    return placed


def _cost(
    preference: float,
    choice: Placed,
    marks: Sequence[tuple[float, float]],
    placed: Sequence[Placed],
) -> float:
    covered = sum(choice.box.touches(*mark) for mark in marks)
    overlaps = sum(choice.box.meets(other.box) for other in placed)
    return MARK_COST * covered + LABEL_COST * overlaps + DISTANCE_COST * preference


def _choices(label: Wanted, mark: tuple[float, float]) -> Iterable[tuple[float, Placed]]:
    """Positions right, left, above and below a mark, then ever further off."""
    x, y = mark
    width, half = width_of(label.text), LINE_HEIGHT / 2
    for step in range(REACH):
        for down in {step, -step}:
            shift = down * half
            right = Box(x + 9, y + shift - half, x + 9 + width, y + shift + half)
            yield 4 * step, Placed(label, x + 9, y + shift, "start", mark, right)
            left = Box(x - 9 - width, y + shift - half, x - 9, y + shift + half)
            yield 4 * step + 7, Placed(label, x - 9, y + shift, "end", mark, left)
        for side in (-1, 1):
            centre = y + side * (LINE_HEIGHT + step * half)
            middle = Box(x - width / 2, centre - half, x + width / 2, centre + half)
            yield 4 * step + 9, Placed(label, x, centre, "middle", mark, middle)
