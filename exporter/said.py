"""What a page says of its pictures: the words of `data-plic`, alternative texts, captions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from exporter.charset import Text
from exporter.documents import Document, Use
from exporter.prompt import says_something
from exporter.settings import LEVELS

OFF = "off"
# By word, what it is about: of two words about one thing, the inner element's holds.
_ABOUT = {OFF: "off", "payload": "action", "webp": "action"} | dict.fromkeys(LEVELS, "quality")

_MARKED_OFF = 'stands inside data-plic="off"'
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
# Of a text, and of a caption's source, more than this is not looked at.
_LONGEST, _LONGEST_CAPTION = 2000, 4000


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
    """A piece of a page's text as its reader sees it, spaces collapsed, not endless."""
    seen = html.unescape(text.readable(raw)).encode("utf-8", "ignore").decode()
    return " ".join(seen.split())[:_LONGEST].strip()


class Sayings:
    """What one page says of its pictures, gathered while it is read.

    Attributes:
        marked: by family of a `picture`, the words of its `img`, which hold for all of it.
    """

    def __init__(self, text: Text) -> None:
        self.marked: dict[int, tuple[str, ...]] = {}
        self._text = text
        self._said: dict[int, Said] = {}
        self._figures = 0
        self._captions: dict[int, str] = {}

    def new_figure(self) -> int:
        """A number for one more `figure`."""
        self._figures += 1
        return self._figures

    def opens(self, figure: int) -> bool:
        """Start a caption; False if the figure has one already."""
        if figure in self._captions:
            return False
        self._captions[figure] = ""
        return True

    def add(self, figure: int, piece: str) -> None:
        """Add what stands between two tags inside the caption."""
        if len(self._captions[figure]) < _LONGEST_CAPTION:
            self._captions[figure] += _COMMENT.sub("", piece)[:_LONGEST_CAPTION]

    def take(self, uses: Iterable[Use], element: str, said: Said) -> None:
        """Note what an element says of its uses; an `img` speaks for its whole `picture`."""
        for use in uses:
            if element == "img" or use.family not in self._said:
                self._said[use.family] = said

    def complete(self, page: Document) -> None:
        """Give each use what stood elsewhere: the words of its picture's `img`, captions."""
        uses, page.uses = page.uses, []
        for use in uses:
            marks = inherit(use.marks, self.marked.get(use.family, ()))
            page.uses.append(replace(use, marks=marks, text=self._text_of(use)))
            if OFF in marks:
                page.pass_over(len(page.uses) - 1, _MARKED_OFF)

    def _text_of(self, use: Use) -> str:
        """The prompt that a page's words make: `alt`, else the caption, else `title`."""
        if not (said := self._said.get(use.family)):
            return ""
        caption = self._captions.get(said.figure, "")
        words = (said.alt, plain(self._text, caption), said.title)
        return next(filter(says_something, words), next(filter(None, words), ""))
