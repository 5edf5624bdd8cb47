"""The axes of a rate curve: where a value stands in the plot, and which values are labelled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.metrics.metric import Metric
from bench.report.labels import LETTER

# The plot and its margins, in units of its view box.
WIDTH, HEIGHT = 480.0, 340.0
LEFT, TOP, BOTTOM = 46.0, 14.0, 40.0
GRID_LINES = 5


@dataclass(frozen=True)
class Axes:
    """The values at the plot's edges, and the place of its right edge."""

    low_bpp: float
    high_bpp: float
    low: float
    high: float
    right: float

    def x(self, bpp: float) -> float:
        """Where a rate stands; the axis is logarithmic."""
        share = math.log(bpp / self.low_bpp) / math.log(self.high_bpp / self.low_bpp)
        return LEFT + share * (self.right - LEFT)

    def y(self, value: float) -> float:
        """Where a metric's value stands, counted from the top."""
        return TOP + (self.high - value) / (self.high - self.low) * (HEIGHT - BOTTOM - TOP)


def make_axes(points: Sequence[tuple[float, float]], metric: Metric, label_room: float) -> Axes:
    """Axes that hold all (bits per pixel, value) points.

    The room around them stays within the metric's range. Values need not: that range is the
    usual one, and BRISQUE and an almost perfect picture's PSNR leave it.
    """
    rates, values = [bpp for bpp, _ in points], [value for _, value in points]
    # A plot of one value still needs a height.
    spread = max(max(values) - min(values), 0.02 * max(map(abs, values)), 1e-3)
    low = min(min(values), max(min(values) - 0.08 * spread, metric.span[0]))
    high = max(max(values), min(max(values) + 0.08 * spread, metric.span[1]))
    return Axes(min(rates) / 1.15, max(rates) * 1.15, low, high, WIDTH - label_room)


def even_steps(low: float, high: float) -> list[float]:
    """Round values about evenly between two: steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / GRID_LINES
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough)
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def rate_steps(axes: Axes) -> list[float]:
    """Powers of ten, and between them 2 and 5 times these where there is room for their text."""
    powers = range(math.floor(math.log10(axes.low_bpp)), math.floor(math.log10(axes.high_bpp)) + 1)
    steps: list[float] = []
    for times in (1, 2, 5):
        for bpp in (times * 10.0**power for power in powers):
            room = LETTER * len(f"{bpp:g}")
            clear = all(abs(axes.x(bpp) - axes.x(other)) > room for other in steps)
            if clear and axes.low_bpp <= bpp <= axes.high_bpp:
                steps.append(bpp)
    return steps
