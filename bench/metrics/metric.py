"""What a metric is: a name, what it says, and a function of two pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bench.fit import Picture

# original, decoded -> the value, or None where the metric has nothing to say of this picture
Measure = Callable[[Picture, Picture], float | None]


@dataclass(frozen=True)
class Metric:
    """A measure of one decoded picture, both RGB uint8 [H, W, 3] of the same size."""

    name: str  # column name and word on the command line: "lpips-alex"
    label: str  # for people: "LPIPS (AlexNet)"
    unit: str  # "" or "dB", "ΔE", "%"
    better: Literal["lower", "higher"]
    source: str  # paper, package and backbone, in a sentence
    span: tuple[float, float]  # the range of values, for axes: (0, 1)
    load: Callable[[], Measure]  # raises MissingPartError; called once in each process
    optimise: bool = True  # False: reported only, rewards sharp wrong pictures
