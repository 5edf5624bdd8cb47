"""The stylesheets of a site, each in the encoding in which browsers read it.

A sheet that declares no encoding is read in that of the page or sheet which loads it (CSS
Syntax, section 3.2), so pages are read first and `@import` is followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from exporter.addresses import Home
from exporter.charset import CharsetError
from exporter.documents import Document, read_stylesheet

_UNKNOWN = "utf-8"

# The stylesheet files that a document loads.
Loads = Callable[[Document], Iterator[str]]


class Sheets:
    """Reads stylesheets and tells those whose characters are in doubt."""

    def __init__(self, root: Path, home: Home | None, paths: Iterable[str]) -> None:
        self._home = home
        self._data = {path: (root / path).read_bytes() for path in paths}
        self._read: dict[str, dict[str, Document | CharsetError]] = {p: {} for p in self._data}

    @property
    def paths(self) -> list[str]:
        """All of the stylesheets."""
        return list(self._data)

    def load(self, documents: Iterable[Document], loads: Loads) -> None:
        """Read what these documents load, and what that imports."""
        waiting = list(documents)
        while waiting:
            document = waiting.pop()
            charset = document.text.charset
            # A sheet in UTF-16 has a mark; without one, nothing of it would be readable.
            charset = _UNKNOWN if charset.startswith("utf-16") else charset
            for path in loads(document):
                if charset not in self._read.get(path, {charset: None}):
                    sheet = self._in(path, charset)
                    if isinstance(sheet, Document):
                        waiting.append(sheet)

    def settled(self, path: str) -> Document:
        """The stylesheet, if all that load it read the same characters.

        Raises:
            CharsetError: they do not, or the encoding cannot be edited safely.
        """
        found = [*self._read[path].values()] or [self._in(path, _UNKNOWN)]
        sheets = [sheet for sheet in found if isinstance(sheet, Document)]
        charsets = {sheet.text.charset for sheet in sheets}
        if len(charsets) > 1 and not self._data[path].isascii():
            raise CharsetError(
                "declares no encoding and is loaded in different ones: "
                + ", ".join(sorted(charsets))
            )
        for sheet in found:
            if isinstance(sheet, CharsetError):
                raise sheet
        return sheets[0]

    def _in(self, path: str, charset: str) -> Document | CharsetError:
        try:
            sheet: Document | CharsetError = read_stylesheet(
                path, self._data[path], self._home, charset
            )
        except CharsetError as error:
            sheet = error
        self._read[path][charset] = sheet
        return sheet
