"""What a report is made from, and the means and medians in its tables."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.metrics.metric import Metric
from bench.results import Result
from bench.speed_rows import SpeedRow

# Where a choice of one rate is needed: the one nearest this is what plic is made for.
MAIN_BPP = 0.03
# Mean files this much above the asked rate are not compared with those that kept it.
TOLERANCE = 1.05
MAIN_METRIC = "lpips-alex"


@dataclass(frozen=True)
class Evaluation:
    """Everything that was measured on one set, and how.

    Attributes:
        title: for people: "kodak, 24 pictures".
        set_name: of the set; published figures of that set are shown beside the measured ones.
        results: one for each picture, codec and asked rate.
        metrics: those that were measured, in the order of the columns.
        labels: codec's name -> label for people; its order is the order of the codecs.
        missing: lines that name what could not be measured, and what to do.
        skipped: (picture, why it could not be read or coded).
        pictures: folder with ``<digest>.webp``, originals, and ``<key>.webp``, decoded.
        key: the file's stem of a result's decoded picture.
        machine: described in a line.
        command: that made the results.
        speed: rows of ``bench.speed``, where time was measured as well.
    """

    title: str
    set_name: str
    results: list[Result]
    metrics: list[Metric]
    labels: dict[str, str]
    missing: list[str]
    skipped: list[tuple[str, str]]
    pictures: Path
    key: Callable[[Result], str]
    machine: str
    command: str
    speed: list[SpeedRow] | None

    @property
    def codecs(self) -> list[str]:
        """Names of the codecs that have results, in the order of ``labels``."""
        present = {result.codec for result in self.results}
        return [name for name in self.labels if name in present]

    @property
    def main_metric(self) -> Metric | None:
        """The metric that pictures are ranked by: LPIPS-AlexNet, or the first there is."""
        named = [metric for metric in self.metrics if metric.name == MAIN_METRIC]
        return (named or self.metrics or [None])[0]

    def main_rate(self, codec: str) -> float | None:
        """The codec's asked rate nearest MAIN_BPP; None for a codec with one size of its own."""
        rates = {r.asked_bpp for r in self.results if r.codec == codec} - {None}
        return min(rates, key=lambda rate: abs(math.log(rate / MAIN_BPP)), default=None)


@dataclass(frozen=True)
class Row:
    """One codec at one asked rate over ``n`` pictures: means, or medians.

    ``bpp`` is the mean of the pictures' own rates, not all bits over all pixels. ``metrics``
    has None where no picture has a value, ``counts`` says how many have one.
    """

    codec: str
    asked_bpp: float | None
    n: int
    bpp: float
    bytes: float
    encode_seconds: float
    decode_seconds: float
    metrics: dict[str, float | None]
    counts: dict[str, int]

    @property
    def over_rate(self) -> bool:
        """Its files are larger than was asked, so that a comparison at this rate is unfair."""
        return self.asked_bpp is not None and self.bpp > TOLERANCE * self.asked_bpp


def summarise(
    results: Iterable[Result],
    metric_names: Sequence[str],
    middle: Callable[[Iterable[float]], float] = statistics.fmean,
) -> list[Row]:
    """One row for each codec and asked rate, by rate and then in order of appearance.

    Rows of codecs with one size of their own come last. ``middle`` is the mean; PLIC's study
    gives medians.
    """
    groups: dict[tuple[float | None, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.asked_bpp, result.codec), []).append(result)
    rows = [_row(group, metric_names, middle) for group in groups.values()]
    return sorted(rows, key=lambda row: math.inf if row.asked_bpp is None else row.asked_bpp)


def _row(
    group: list[Result], metric_names: Sequence[str], middle: Callable[[Iterable[float]], float]
) -> Row:
    values = {
        name: [v for r in group if (v := r.metrics.get(name)) is not None] for name in metric_names
    }
    return Row(
        codec=group[0].codec,
        asked_bpp=group[0].asked_bpp,
        n=len(group),
        bpp=middle([r.bpp for r in group]),
        bytes=middle([r.bytes for r in group]),
        encode_seconds=middle([r.encode_seconds for r in group]),
        decode_seconds=middle([r.decode_seconds for r in group]),
        metrics={name: middle(found) if found else None for name, found in values.items()},
        counts={name: len(found) for name, found in values.items()},
    )


def best_in(rows: Sequence[Row], metric: Metric) -> Row | None:
    """The row with the best value, among at least two that were asked for one rate and kept it.

    None where the rows are not over equally many pictures, or the metric has a value for more
    of them in one row than in another: a codec must not win by what it failed on. None too for
    a metric that is reported only: the best of those may be the worst picture.
    """
    able = [
        row
        for row in rows
        if row.metrics.get(metric.name) is not None
        and row.asked_bpp is not None
        and not row.over_rate
    ]
    alike = {(row.asked_bpp, row.n, row.counts[metric.name]) for row in able}
    if len(able) < 2 or len(alike) > 1 or not metric.optimise:
        return None
    pick = min if metric.better == "lower" else max
    return pick(able, key=lambda row: row.metrics[metric.name])


def worst(evaluation: Evaluation, codec: str) -> list[Result]:
    """A codec's results at its main rate, the worst by the main metric first."""
    metric, rate = evaluation.main_metric, evaluation.main_rate(codec)
    found = [r for r in evaluation.results if r.codec == codec and r.asked_bpp == rate]
    if metric is None:
        return found
    sign = -1 if metric.better == "lower" else 1

    def rank(result: Result) -> float:
        value = result.metrics.get(metric.name)
        return math.inf if value is None else sign * value

    return sorted(found, key=rank)
