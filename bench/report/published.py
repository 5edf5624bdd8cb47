"""Figures of other codecs as published: read from ``bench/published.json``, never measured here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

# The sets' pictures; published means are over all of them.
PICTURES = {"kodak": 24}

_FILE = Path(__file__).parents[1] / "published.json"


@dataclass(frozen=True)
class Published:
    """One codec at one rate, as its source gives it, to the source's digits.

    ``metrics`` has the names of our columns where metric and backbone are the same, and
    "lpips-other" for LPIPS with another or an unnamed backbone, which belongs in no plot.
    """

    name: str
    source: str
    set: str  # name of the set of pictures, "kodak"
    crops: bool  # measured on crops of that set's pictures
    note: str
    ablation: str  # our codec that sends the same sections; "" for all but PLIC's ablation
    bpp: Decimal
    metrics: dict[str, Decimal]

    @property
    def label(self) -> str:
        """The name, with what keeps its figures from being comparable outright."""
        return f"{self.name}, crops" if self.crops else self.name


@cache
def published() -> tuple[Published, ...]:
    """Every published point, in the file's order."""
    data = json.loads(_FILE.read_text("utf-8"), parse_float=Decimal)
    return tuple(point for codec in data["codecs"] for point in _points(codec))


def _points(codec: dict[str, Any]) -> Iterator[Published]:
    for point in codec["points"]:
        yield Published(
            name=codec["name"],
            source=codec["source"],
            set=codec["set"],
            crops=codec.get("crops", False),
            note=codec["note"],
            ablation=codec.get("ablation", ""),
            bpp=point["bpp"],
            metrics={name: value for name, value in point.items() if name != "bpp"},
        )


def published_for(set_name: str, metric: str) -> list[Published]:
    """The points that may stand beside measured ones: of this set and this metric."""
    name = set_name.lower()
    return [p for p in published() if p.set == name and metric in p.metrics]


def shapes() -> dict[str, int]:
    """A number for each codec with points on a set, so that all plots draw it alike."""
    return {label: i for i, label in enumerate(dict.fromkeys(p.label for p in published()))}
