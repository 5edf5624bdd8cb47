"""Numbers as people read them, the table for the terminal, and the CSV file."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from bench.metrics.metric import Metric
from bench.report.evaluation import Evaluation, Row, best_in, summarise
from bench.results import Result
from bench.table import table
from plic_web.commands.files import write_whole

BLANK = "–"
COLUMNS = (
    "picture", "digest", "kind", "site", "width", "height", "codec", "version", "asked_bpp",
    "bytes", "bpp", "encode_seconds", "decode_seconds",
)  # fmt: skip


def number(value: float | None, metric: Metric) -> str:
    """A metric's value with as many digits as its range deserves, or a dash."""
    if value is None or math.isnan(value):
        return BLANK
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    low, high = metric.span
    digits = 3 if high - low <= 2 else 1 if metric.unit == "%" else 2
    return f"{value:.{digits}f}".replace("-", "−")


def rate(bpp: float) -> str:
    """Bits per pixel to three significant digits: "0.0102"."""
    return f"{bpp:.{max(0, 2 - math.floor(math.log10(bpp)))}f}"


def asked(bpp: float | None) -> str:
    """An asked rate as it was given, or what stands in its place."""
    return "its own" if bpp is None else f"{bpp:g}"


def heading(metric: Metric) -> str:
    """A metric's column heading: label, unit, and which way is better."""
    unit = f", {metric.unit}" if metric.unit else ""
    return f"{metric.label}{unit}\N{NO-BREAK SPACE}{'↓' if metric.better == 'lower' else '↑'}"


def by_rate(rows: Sequence[Row]) -> list[tuple[float | None, list[Row]]]:
    """Rows of ``summarise`` gathered by asked rate."""
    return [(bpp, list(group)) for bpp, group in groupby(rows, key=lambda row: row.asked_bpp)]


def summary_table(evaluation: Evaluation, markdown: bool = False) -> str:
    """Means for each codec and rate, as a table for the terminal or for Markdown.

    Where only some of a row's pictures have a value, their number follows: "0.91 (20)".
    """
    metrics = evaluation.metrics
    head = ["asked bpp", "codec", "n", "bpp", "bytes", *(heading(m) for m in metrics)]
    body = []
    for bpp, rows in by_rate(summarise(evaluation.results, [m.name for m in metrics])):
        best = {m.name: best_in(rows, m) for m in metrics}
        for row in rows:
            cells = [asked(bpp), evaluation.labels[row.codec], str(row.n)]
            cells += [rate(row.bpp), f"{row.bytes:,.0f}"]
            for metric in metrics:
                text = number(row.metrics[metric.name], metric)
                bold = markdown and best[metric.name] is row
                text = f"**{text}**" if bold else text
                count = row.counts[metric.name]
                cells.append(f"{text} ({count})" if 0 < count < row.n else text)
            body.append(cells)
    return table(head, body, markdown)


def write_csv(evaluation: Evaluation, path: Path) -> None:
    """Write a row for each result, with a column for each metric; blank where there is no value."""
    stream = io.StringIO(newline="")
    names = [metric.name for metric in evaluation.metrics]
    writer = csv.DictWriter(stream, [*COLUMNS, *names])
    writer.writeheader()
    writer.writerows(_csv_row(result, names) for result in evaluation.results)
    write_whole(path, stream.getvalue().encode("utf-8", "replace"))


def _csv_row(result: Result, names: Sequence[str]) -> dict[str, object]:
    row = asdict(result) | {"bpp": result.bpp}
    metrics = row.pop("metrics")
    return row | {name: metrics.get(name) for name in names}
