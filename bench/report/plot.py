"""Rate curves as SVG made by hand: a logarithmic axis of bits per pixel, labels at the lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from bench.metrics.metric import Metric
from bench.report.axes import (
    BOTTOM,
    HEIGHT,
    LEFT,
    TOP,
    WIDTH,
    Axes,
    even_steps,
    make_axes,
    rate_steps,
)
from bench.report.evaluation import Row
from bench.report.labels import LETTER, LINE_HEIGHT, Box, Placed, Wanted, place, width_of
from bench.report.published import Published, shapes
from bench.report.text import number, rate

# Room to the right of the last point for the lines' labels; longer ones are cut.
MAX_LABEL = 140.0
# Shapes as SVG path commands around 0,0; each codec and each rival has its own.
SHAPES = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0Z",
    "M-4-4H4V4H-4Z",
    "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
    "M0-5L5 4H-5Z",
    "M0 5L5-4H-5Z",
    "M-5-2H-2V-5H2V-2H5V2H2V5H-2V2H-5Z",
    "M0-5.5L5.2-1.7L3.2 4.4H-3.2L-5.2-1.7Z",
    "M-5-5L0-2L5-5L2 0L5 5L0 2L-5 5L-2 0Z",
    "M-5-3H5V3H-5Z",
    "M-3-5H3V5H-3Z",
)
COLOURS = 8


@dataclass(frozen=True)
class Series:
    """One codec's line: its place among the codecs (colour and shape), label, rows by rate."""

    index: int
    label: str
    rows: Sequence[Row]


def curves(metric: Metric, series: Sequence[Series], rivals: Sequence[Published]) -> str:
    """One metric against rate, as an ``svg`` element; "" where no codec has a value.

    Measured means are filled marks joined by lines. Published points are hollow marks, never
    joined: they are another laboratory's figures. What a mark says is in its ``title``.
    """
    lines = [(s, points) for s in series if (points := _points(s, metric))]
    if not lines:
        return ""
    hollow = [(float(p.bpp), float(p.metrics[metric.name])) for p in rivals]
    every = [(row.bpp, value) for _, points in lines for row, value in points] + hollow
    longest = max(width_of(s.label) for s, _ in lines)
    axes = make_axes(every, metric, min(MAX_LABEL, 14 + longest))
    body = [_grid(axes, metric)]
    body += [_hollow(axes, metric, point) for point in rivals]
    body += [_line(axes, metric, s, points) for s, points in lines]
    body.append(_labels(axes, metric, lines, rivals))
    title = f"{metric.label} against bits per pixel"
    return (
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{escape(title)}">'
        f"{''.join(body)}</svg>"
    )


def key(rivals: Sequence[Published]) -> list[tuple[str, str]]:
    """For each rival its hollow mark, as an ``svg`` element, and its label."""
    names = list(dict.fromkeys(p.label for p in rivals))
    return [
        (f'<svg class="mark" viewBox="-7 -7 14 14" aria-hidden="true">{_mark(name)}</svg>', name)
        for name in names
    ]


def _points(series: Series, metric: Metric) -> list[tuple[Row, float]]:
    found = [
        (row, value)
        for row in series.rows
        if (value := row.metrics.get(metric.name)) is not None and math.isfinite(value)
    ]
    return sorted(found, key=lambda point: point[0].bpp)


def _grid(axes: Axes, metric: Metric) -> str:
    bottom = HEIGHT - BOTTOM
    parts = []
    for value in even_steps(axes.low, axes.high):
        y = axes.y(value)
        parts.append(
            f'<path class="grid" d="M{LEFT:g} {y:.1f}H{axes.right:.1f}"/>'
            f'<text class="tick" x="{LEFT - 6:g}" y="{y:.1f}" text-anchor="end" '
            f'dominant-baseline="central">{_short(value)}</text>'
        )
    for bpp in rate_steps(axes):
        x = axes.x(bpp)
        parts.append(
            f'<path class="grid" d="M{x:.1f} {TOP:g}V{bottom:g}"/><text class="tick" '
            f'x="{x:.1f}" y="{bottom + 15:g}" text-anchor="middle">{bpp:g}</text>'
        )
    parts.append(
        f'<path class="axis" d="M{LEFT:g} {bottom:g}H{axes.right:.1f}"/>'
        f'<text class="tick" x="{LEFT:g}" y="{HEIGHT - 7:g}">bits per pixel, whole file</text>'
    )
    if metric.unit:
        parts.append(f'<text class="tick" x="4" y="{TOP - 3:g}">{escape(metric.unit)}</text>')
    return "".join(parts)


def _short(value: float) -> str:
    return f"{round(value, 6):g}".replace("-", "−")


def _mark(rival: str) -> str:
    return f'<path class="hollow" d="{SHAPES[shapes()[rival] % len(SHAPES)]}"/>'


def _hollow(axes: Axes, metric: Metric, point: Published) -> str:
    bpp, value = float(point.bpp), float(point.metrics[metric.name])
    says = f"{point.label}, as published: {point.bpp} bpp, {point.metrics[metric.name]}"
    return (
        f'<g transform="translate({axes.x(bpp):.1f} {axes.y(value):.1f})">'
        f"{_mark(point.label)}<title>{escape(says)}</title></g>"
    )


def _line(axes: Axes, metric: Metric, series: Series, points: list[tuple[Row, float]]) -> str:
    places = [(axes.x(row.bpp), axes.y(value)) for row, value in points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    shape = SHAPES[series.index % len(SHAPES)]
    parts = [f'<g class="c{series.index % COLOURS}"><path class="line" d="M{path}"/>']
    for (row, value), (x, y) in zip(points, places, strict=True):
        count = row.counts[metric.name]
        says = (
            f"{series.label}: {rate(row.bpp)} bpp, {number(value, metric)}, "
            f"{count} picture{'s' * (count > 1)}"
        )
        parts.append(
            f'<g transform="translate({x:.1f} {y:.1f})"><path class="full" d="{shape}"/>'
            f"<title>{escape(says)}</title></g>"
        )
    return "".join([*parts, "</g>"])


def _labels(
    axes: Axes,
    metric: Metric,
    lines: Sequence[tuple[Series, list[tuple[Row, float]]]],
    rivals: Sequence[Published],
) -> str:
    """Each line's label at its end, each rival's beside one of its points if there is room."""
    wanted, free = [], []
    for series, points in lines:
        places = [(axes.x(row.bpp), axes.y(value)) for row, value in points]
        css = f"c{series.index % COLOURS}"
        wanted.append(Wanted(_cut(series.label), css, places[-1:]))
        free += _along(places)
    theirs: dict[str, list[tuple[float, float]]] = {}
    for point in rivals:
        spot = (axes.x(float(point.bpp)), axes.y(float(point.metrics[metric.name])))
        theirs.setdefault(point.label, []).append(spot)
        free.append(spot)
    # Those with one point have the least choice. The key below the plot names them all.
    for name, spots in sorted(theirs.items(), key=lambda item: len(item[1])):
        wanted.append(Wanted(_cut(name), "theirs", spots, optional=True))
    placed = place(wanted, free, Box(LEFT, 0, WIDTH, HEIGHT - BOTTOM))
    return "".join(_label(label) for label in placed)


def _label(placed: Placed) -> str:
    x, y = placed.mark
    lead = ""
    if placed.far:
        near = placed.box.bottom if placed.y < y else placed.box.top
        end = (placed.x, near) if placed.anchor == "middle" else (placed.x, placed.y)
        lead = f'<path class="lead" d="M{x:.1f} {y:.1f}L{end[0]:.1f} {end[1]:.1f}"/>'
    return (
        f'{lead}<text class="label {placed.label.css}" x="{placed.x:.1f}" y="{placed.y:.1f}" '
        f'text-anchor="{placed.anchor}" dominant-baseline="central">'
        f"{escape(placed.label.text)}</text>"
    )


def _cut(label: str) -> str:
    room = int((MAX_LABEL - 14) / LETTER)
    return label if len(label) <= room else f"{label[: room - 1]}…"


def _along(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points along a line, close enough that no label fits between two of them."""
    found = list(places)
    for (x0, y0), (x1, y1) in pairwise(places):
        count = int(math.hypot(x1 - x0, y1 - y0) / (LINE_HEIGHT / 2))
        found += [
            (x0 + (x1 - x0) * i / (count + 1), y0 + (y1 - y0) * i / (count + 1))
            for i in range(1, count + 1)
        ]
    return found
