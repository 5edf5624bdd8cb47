"""The documents of a site: which files are read, and which are left alone as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from exporter.addresses import AddressError, Home, file_of
from exporter.charset import CharsetError
from exporter.documents import Document
from exporter.folder import Site
from exporter.pages import read_page, read_xhtml
from exporter.sheets import Sheets
from exporter.svg_files import read_svg
from exporter.xml_tokens import XmlError

XHTML_SUFFIXES = (".xhtml", ".xht")
PAGE_SUFFIXES = (".html", ".htm", *XHTML_SUFFIXES)
STYLESHEET_SUFFIXES = (".css",)
DRAWING_SUFFIXES = (".svg",)

EXCLUDED = "excluded by plic.toml"

# What was passed over: (document, address, reason).
LeftAlone = set[tuple[str, str, str]]


@dataclass
class Reading:
    """The documents that can be edited, by path, and what was left alone.

    Attributes:
        chosen: False for a path that the owner wants to be left alone.
    """

    site: Site
    home: Home | None
    chosen: Callable[[str], bool]
    documents: dict[str, Document] = field(default_factory=dict)
    left_alone: LeftAlone = field(default_factory=set)

    def read(self) -> None:
        """Read the pages, then what they load: SVG files and stylesheets."""
        for path in self._named(PAGE_SUFFIXES):
            self._read_page(path)
        embedded = {
            path
            for document in self.documents.values()
            for path in self.files(document, document.embedded)
        }
        for path in self._named(DRAWING_SUFFIXES):
            self._read_drawing(path, path in embedded)
        self._read_stylesheets()
        self.documents = {path: self.documents[path] for path in sorted(self.documents)}
        for path, document in self.documents.items():
            self.left_alone.update((path, "", remark) for remark in document.remarks)

    def files(self, document: Document, addresses: Iterable[str]) -> Iterator[str]:
        """Those of a document's addresses that name files of the site."""
        for address in addresses:
            try:
                yield file_of(address, document.place, self.site.root)
            except AddressError:
                continue

    def _named(self, suffixes: tuple[str, ...]) -> Iterator[str]:
        """The files of these kinds; those that the owner excluded are named instead."""
        for path in self.site.files:
            if PurePosixPath(path).suffix.lower() not in suffixes:
                continue
            if self.chosen(path):
                yield path
            else:
                self.left_alone.add((path, "", EXCLUDED))

    def _read_page(self, path: str) -> None:
        data = (self.site.root / path).read_bytes()
        is_xml = PurePosixPath(path).suffix.lower() in XHTML_SUFFIXES
        try:
            page = (read_xhtml if is_xml else read_page)(path, data, self.home)
        except (CharsetError, XmlError) as error:
            self.left_alone.add((path, "", str(error)))
            return
        if page.head_at is None and page.uses:
            reason = "a fragment without html, head or body: which page shows it is not known"
            self.left_alone.add((path, "", reason))
        if page.head_at is not None:
            self.documents[path] = page

    def _read_stylesheets(self) -> None:
        sheets = Sheets(self.site.root, self.home, self._named(STYLESHEET_SUFFIXES))
        sheets.load(
            self.documents.values(), lambda document: self.files(document, document.stylesheets)
        )
        for path in sheets.paths:
            try:
                self.documents[path] = sheets.settled(path)
            except CharsetError as error:
                self.left_alone.add((path, "", str(error)))

    def _read_drawing(self, path: str, embedded: bool) -> None:
        """Read an SVG file; as a picture, one loads nothing from other files."""
        try:
            drawing = read_svg(path, (self.site.root / path).read_bytes(), self.home)
        except (CharsetError, XmlError) as error:
            self.left_alone.add((path, "", str(error)))
            return
        if not embedded:
            drawing.pass_over(0, "stands in an SVG file that no page embeds")
        self.documents[path] = drawing
