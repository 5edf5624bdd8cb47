"""The five sites beside the checkout, each exported once in a test run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from exporter.export import Result

SITES = (
    "damac-charity-uganda",
    "html5up-massively",
    "html5up-story",
    "startbootstrap-agency",
    "vanilla-lazyload-demos",
)

Run = Callable[..., Result]

_exported: dict[str, Path] = {}


def export_once(site: Path, folders: pytest.TempPathFactory, run: Run) -> Path:
    """The export of a site with the fake codec; two modules' fixtures share it."""
    if site.name not in _exported:
        out = folders.mktemp("site") / site.name
        run(site, out)
        _exported[site.name] = out
    return _exported[site.name]
