"""What a page says of its pictures: the words of `data-plic`, alternative texts, captions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from exporter.charset import Text
from exporter.settings import LEVELS

OFF = "off"
# By word, what it is about: of two words about one thing, the inner element's holds.
_ABOUT = {OFF: "off", "payload": "action", "webp": "action"} | dict.fromkeys(LEVELS, "quality")

LONGEST_TEXT = 240
"""Characters of a prompt."""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
# Of a caption, more than this is not looked at.
_LONGEST_CAPTION = 4000


@dataclass(frozen=True)
class Said:
    """What one element says of its picture; `figure` is the number of that around it, or 0."""

    alt: str
    title: str
    figure: int


def marks_in(value: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of a `data-plic` attribute: those that are known, and the others."""
    words = dict.fromkeys(value.lower().split())
    known = tuple(word for word in words if word in _ABOUT)
    return known, tuple(word for word in words if word not in _ABOUT)


def inherit(outer: tuple[str, ...], own: Iterable[str]) -> tuple[str, ...]:
    """The words that hold inside an element: its own, and those around it on other things.

    `off` holds for everything inside.
    """
    about = {_ABOUT[word] for word in own} - {_ABOUT[OFF]}
    kept = [word for word in outer if _ABOUT[word] not in about]
    return tuple(dict.fromkeys((*kept, *own)))


def plain(text: Text, raw: str) -> str:
    """A piece of a page's text as its reader sees it, spaces collapsed, cut to a prompt."""
    seen = html.unescape(text.readable(raw)).encode("utf-8", "ignore").decode()
    return " ".join(seen.split())[:LONGEST_TEXT].strip()


class Captions:
    """The `figcaption` of each figure, gathered while the page is read."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._raw: dict[int, str] = {}

    def opens(self, figure: int) -> bool:
        """Start a caption; False if the figure has one already."""
        if figure in self._raw:
            return False
        self._raw[figure] = ""
        return True

    def add(self, figure: int, piece: str) -> None:
        """Add what stands between two tags inside the caption."""
        if len(self._raw[figure]) < _LONGEST_CAPTION:
            self._raw[figure] += _COMMENT.sub("", piece)[:_LONGEST_CAPTION]

    def text(self, said: Said) -> str:
        """The prompt that a page's words make: `alt`, else the caption, else `title`."""
        return said.alt or plain(self._text, self._raw.get(said.figure, "")) or said.title
