"""What can go wrong in an evaluation, said to the person who runs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class BenchError(Exception):
    """An evaluation cannot go on as asked; the message says what to do."""


class MissingPartError(BenchError):
    """A metric or codec lacks a package or a model here; the message names the command to run.

    The run goes on without it and leaves its cells blank.
    """


class UnreadablePictureError(BenchError):
    """A picture of the set cannot be read; it is named and skipped."""


@contextmanager
def needed_by(name: str) -> Iterator[None]:
    """Put the metric's or codec's name before the message of a missing part inside."""
    try:
        yield
    except MissingPartError as error:
        raise MissingPartError(f"{name}: {error}") from error
