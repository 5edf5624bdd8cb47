"""What was computed of an original is kept while its decoded pictures are measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from bench.metrics.metric import Picture

T = TypeVar("T")


class OfLast(Generic[T]):
    """A function of a picture that remembers its last picture and result.

    A run measures one original many times, always as the same array.
    """

    def __init__(self, function: Callable[[Picture], T]) -> None:
        self._function = function
        self._last: tuple[Picture, T] | None = None

    def __call__(self, picture: Picture) -> T:
        if self._last is None or self._last[0] is not picture:
            self._last = picture, self._function(picture)
        return self._last[1]
