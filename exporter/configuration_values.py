"""The values that an export's configuration may have, by key."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from exporter.home import HomeError, home_of
from exporter.originals import DROP, KEEP, OriginalsError, originals_of
from exporter.settings import LEVELS, LONGEST_TEXT

MOST_TRIES = 64
LARGEST_BPP = 8.0
LONGEST_CURRENCY = 12
ACTIONS = ("payload", "webp", "leave")


class ValueProblemError(ValueError):
    """A value that its key does not take; the message says what was expected."""


def quality_of(value: Any) -> float:
    """The largest LPIPS that `quality` stands for: a level's name, or the number itself.

    Raises:
        ValueProblemError: it is neither.
    """
    if isinstance(value, str) and value in LEVELS:
        return LEVELS[value]
    return _number(f"{', '.join(LEVELS)} or a number above 0, at most 1", 0, 1, value)


def _number(expected: str, above: float, most: float, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueProblemError(expected)
    if not above < value <= most:  # false for "not a number" too
        raise ValueProblemError(expected)
    return float(value)


def _bpp(value: Any) -> float:
    return _number("bits per pixel above 0, at most 8", 0, LARGEST_BPP, value)


def _price(value: Any) -> float:
    if value == 0 and not isinstance(value, bool):
        return 0.0
    return _number("the price of a gigabyte, from 0", 0, math.inf, value)


def _currency(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_CURRENCY:
        raise ValueProblemError(f'at most {LONGEST_CURRENCY} characters, such as "EUR"')
    return value


def _tries(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_TRIES:
        raise ValueProblemError(f"a whole number from 1 to {MOST_TRIES}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueProblemError("true or false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise ValueProblemError(f"a text of at most {LONGEST_TEXT} characters")
    return value


def _folder(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueProblemError("the path of a folder")
    return value


def _url(value: Any) -> str:
    try:
        home_of(value if isinstance(value, str) else "")
    except HomeError:
        raise ValueProblemError("an address such as https://example.org/") from None
    return str(value)


def _originals(value: Any) -> str:
    try:
        return originals_of(value if isinstance(value, str) else "")
    except OriginalsError:
        expected = f"{KEEP}, {DROP} or an address such as https://media.example/"
        raise ValueProblemError(expected) from None


def _globs(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(glob, str) and glob for glob in value):
        raise ValueProblemError("a list of globs")
    return tuple(value)


def _match(value: Any) -> tuple[str, ...]:
    try:
        return _globs([value] if isinstance(value, str) else value)
    except ValueProblemError:
        raise ValueProblemError("a glob or a list of globs") from None


def _action(value: Any) -> str:
    if value not in ACTIONS:
        raise ValueProblemError(f"one of {', '.join(ACTIONS)}")
    return str(value)


KEYS: dict[str, Callable[[Any], Any]] = {
    "url": _url,
    "quality": quality_of,
    "gate": _flag,
    "tries": _tries,
    "bpp": _bpp,
    "captioner": _folder,
    "originals": _originals,
    "strict": _flag,
    "price": _price,
    "currency": _currency,
    "include": _globs,
    "exclude": _globs,
}
"""By key of `plic.toml`, what makes its value out of what stands there, or ValueProblemError."""

PICTURE_KEYS: dict[str, Callable[[Any], Any]] = {
    "match": _match,
    "action": _action,
    "quality": quality_of,
    "text": _text,
}
"""The same for the keys of a `[[pictures]]` table."""
