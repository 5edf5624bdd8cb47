"""The bars that an export draws on stderr, so that stdout stays clean."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from exporter.convert import Progress as ConvertProgress
from exporter.plan import Progress as PlanProgress
from exporter.report import readable_bytes


@contextmanager
def looking_bar() -> Iterator[PlanProgress]:
    """A bar for the look at all pictures, on stderr so that stdout stays clean."""
    with _Bar("Looking at pictures") as bar:
        yield lambda done, total: bar.show(done, total, "")


@contextmanager
def encoding_bar() -> Iterator[ConvertProgress]:
    """A bar for the encoding, with the bytes saved so far."""
    with _Bar("Encoding pictures") as bar:
        yield lambda done, total, saved: bar.show(done, total, f"{readable_bytes(saved)} saved")


class _Bar:
    """A progress bar whose length is known only at its first step."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._bar: Any = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def show(self, done: int, total: int, item: str) -> None:
        """Draw `done` of `total` steps."""
        if self._bar is None:
            self._bar = click.progressbar(
                length=total, label=self._label, file=sys.stderr, item_show_func=lambda text: text
            )
        self._bar.update(done - self._bar.pos, item)
