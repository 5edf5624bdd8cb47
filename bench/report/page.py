"""The report: one HTML file that needs nothing else, neither network nor script."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from bench.codecs import ABLATION
from bench.metrics.metric import Metric
from bench.report.evaluation import Evaluation, Row, best_in, summarise, worst
from bench.report.gallery import WORST, make_gallery
from bench.report.plot import Series, curves, key
from bench.report.published import PICTURES, Published, published, published_for
from bench.report.text import asked, by_rate, heading, number, rate
from bench.results import Result
from bench.speed_rows import speed_cells
from plic_web.commands.files import write_whole

# Columns of the table of published points; "lpips-other" is never one of ours.
PUBLISHED_COLUMNS = {
    "lpips-alex": "LPIPS (AlexNet)",
    "lpips-other": "LPIPS (other or unnamed)",
    "dists": "DISTS",
    "ms-ssim": "MS-SSIM",
    "psnr": "PSNR, dB",
    "brisque": "BRISQUE",
    "cpbd": "CPBD",
}


@dataclass(frozen=True)
class Cell:
    """A metric's cell: ``some`` is how many pictures have a value, where not all do."""

    text: str
    best: bool
    some: int | None


@dataclass(frozen=True)
class Group:
    """Rows of a table below one heading: those of one rate, or of one kind of picture."""

    heading: str
    rows: list[tuple[Row, list[Cell]]]


def write_report(evaluation: Evaluation, path: Path) -> None:
    """Write the report as one self-contained HTML file; it is there whole or not at all."""
    write_whole(path, render(evaluation).encode("utf-8", "replace"))


def render(evaluation: Evaluation) -> str:
    """The report's HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"rate": rate, "asked": asked, "number": number, "heading": heading}
    names = [metric.name for metric in evaluation.metrics]
    rows = summarise(evaluation.results, names)
    name = evaluation.set_name.lower()
    comparable = any(p.set == name for p in published())
    measured, whole = len({r.picture for r in evaluation.results}), PICTURES.get(name)
    gallery = make_gallery(evaluation)
    return environment.get_template("report.html").render(
        evaluation=evaluation,
        codecs=[evaluation.labels[codec] for codec in evaluation.codecs],
        labels=evaluation.labels,
        metrics=evaluation.metrics,
        main=evaluation.main_metric,
        figures=_headline(evaluation, rows),
        plots=_plots(evaluation, rows),
        means=[_group(_asked(bpp), found, evaluation.metrics) for bpp, found in by_rate(rows)],
        over_rate=any(row.over_rate for row in rows),
        kinds=_breakdown(evaluation, lambda result: result.kind),
        sites=_breakdown(evaluation, lambda result: result.site),
        ablation=_ablation(evaluation),
        published=_by_codec(published()),
        published_columns=PUBLISHED_COLUMNS,
        comparable=comparable,
        part=(measured, whole) if whole and measured != whole else None,
        measured=[[r for r in rows if r.codec == codec] for codec in evaluation.codecs],
        worst={codec: worst(evaluation, codec)[:WORST] for codec in evaluation.codecs},
        gallery=gallery,
        anchors={c.original.picture: c.anchor for c in (*gallery.first, *gallery.rest)},
        speed=speed_cells(evaluation.speed) if evaluation.speed else [],
    )


def _by_codec(points: Iterable[Published]) -> list[list[Published]]:
    return [list(group) for _, group in groupby(points, key=lambda point: point.label)]


def _asked(bpp: float | None) -> str:
    return "Sizes of their own" if bpp is None else f"{bpp:g} bits per pixel asked"


def _group(title: str, rows: Sequence[Row], metrics: Sequence[Metric]) -> Group:
    best = {metric.name: best_in(rows, metric) for metric in metrics}
    return Group(title, [(row, [_cell(row, m, best[m.name]) for m in metrics]) for row in rows])


def _cell(row: Row, metric: Metric, best: Row | None) -> Cell:
    count = row.counts[metric.name]
    some = count if 0 < count < row.n else None
    return Cell(number(row.metrics[metric.name], metric), row is best, some)


def _headline(evaluation: Evaluation, rows: Iterable[Row]) -> list[tuple[Row, str]]:
    """Each codec's row at its main rate, with the main metric's value."""
    metric = evaluation.main_metric
    if metric is None:
        return []
    return [
        (row, number(row.metrics[metric.name], metric))
        for codec in evaluation.codecs
        for row in rows
        if row.codec == codec and row.asked_bpp == evaluation.main_rate(codec)
    ]


def _plots(evaluation: Evaluation, rows: Sequence[Row]) -> list[dict[str, Any]]:
    series = [
        Series(i, evaluation.labels[codec], [row for row in rows if row.codec == codec])
        for i, codec in enumerate(evaluation.codecs)
    ]
    plots = []
    for metric in evaluation.metrics:
        rivals = published_for(evaluation.set_name, metric.name)
        if svg := curves(metric, series, rivals):
            marks = [(Markup(mark), name) for mark, name in key(rivals)]
            plots.append({"metric": metric, "svg": Markup(svg), "key": marks})
    return plots


def _breakdown(evaluation: Evaluation, of: Callable[[Result], str]) -> list[Group]:
    """Means for each kind at the codecs' main rates; nothing where there is but one kind."""
    main = [r for r in evaluation.results if r.asked_bpp == evaluation.main_rate(r.codec)]
    kinds = sorted({of(result) for result in main})
    if len(kinds) < 2:
        return []
    names = [metric.name for metric in evaluation.metrics]
    groups = []
    for kind in kinds:
        rows = summarise([r for r in main if of(r) == kind], names)
        groups.append(_group(kind or "not said", rows, evaluation.metrics))
    return groups


def _ablation(evaluation: Evaluation) -> list[tuple[Row, list[Cell], Published | None]]:
    """Medians of the ablation's codecs, each with PLIC's published median."""
    results = [r for r in evaluation.results if r.codec in ABLATION]
    names = [metric.name for metric in evaluation.metrics]
    rows = {row.codec: row for row in summarise(results, names, statistics.median)}
    theirs = {point.ablation: point for point in published() if point.ablation}
    return [
        (rows[codec], [_cell(rows[codec], m, None) for m in evaluation.metrics], theirs.get(codec))
        for codec in ABLATION
        if codec in rows
    ]
