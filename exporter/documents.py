"""What a document of the site refers to, and where: the places that an export may edit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from exporter.addresses import Home, Place, place_of
from exporter.charset import Text, read_text
from exporter.stylesheets import CssPictures, CssString, find_pictures

# The byte-order mark, as UTF-8 bytes read as Latin-1 and as itself.
_MARKS = ("\u00ef\u00bb\u00bf", "\ufeff")


_PICTURE_FILE = re.compile(
    r"[^?#]*\.(?:jpe?g|jfif|png|gif|webp|avif|bmp|(svgz?|ico))(?:[?#].*)?", re.I | re.S
)


@dataclass(frozen=True)
class Slot:
    """One address: it stands at `text[start:end]` of its document and may be replaced."""

    address: str
    start: int
    end: int
    descriptor: str = ""


@dataclass(frozen=True)
class Use:
    """An attribute or CSS value that shows one picture, perhaps in several sizes.

    Attributes:
        family: uses of one family (an `img` and the `source`s around it) show one subject.
        type: the media type that the author declared for all the slots.
        loading_at: where `loading="lazy"` belongs; None where it is set or has no meaning.
        shown_by: "img", "source", "preload", "lazy" (`data-src`), "poster" (of a `video`),
            "input", "object" (or `embed`), "background" (of a table), "svg" (its `image`) or
            "css".
        names: element, classes and id of the `img`, as CSS selectors ask for them; "*" too
            where its own style leaves part of its box uncovered.
        marks: the words of `data-plic` that hold for it, its own and those around it.
        text: what the page says that the picture shows, at most 240 characters.
    """

    slots: tuple[Slot, ...]
    family: int
    shown_by: str
    type: Slot | None = None
    loading_at: int | None = None
    names: frozenset[str] = frozenset()
    marks: tuple[str, ...] = ()
    text: str = ""

    @property
    def is_src(self) -> bool:
        """True for the `src` of an `img`, the attribute that stylesheets can ask for."""
        return bool(self.names)


@dataclass
class Document:
    """An HTML, CSS or SVG file of the site.

    Attributes:
        path: relative to the site's folder.
        place: where its relative addresses start.
        head_at: where a page's own links go; None for stylesheets and fragments of pages.
        stylesheets: addresses of linked or imported stylesheets.
        embedded: addresses of documents in frames and objects.
        sealed: those of the stylesheets whose bytes an `integrity` attribute fixes.
        passed_over: addresses that are left alone on purpose, with the reason.
        remarks: what else its author should hear of.
        is_xml: empty elements end in "/>".
        fitted: selectors of pictures whose box shows around them (see `CssPictures`).
    """

    path: str
    data: bytes
    text: Text
    place: Place
    uses: list[Use] = field(default_factory=list)
    head_at: int | None = None
    stylesheets: list[str] = field(default_factory=list)
    sealed: list[str] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    fitted: set[str] = field(default_factory=set)
    is_xml: bool = False
    _families: int = 0

    def new_family(self) -> int:
        """A family that no use of this document has yet."""
        self._families += 1
        return self._families

    def pass_over(self, known: int, reason: str) -> None:
        """Leave all uses but the first `known` alone, and name them."""
        left = self.uses[known:]
        del self.uses[known:]
        self.passed_over += [(slot.address, reason) for use in left for slot in use.slots]

    def add_css(self, found: CssPictures, at: Sequence[int] | int) -> None:
        """Take over what a stylesheet in this document refers to.

        Args:
            at: the position in the document of the CSS text's start, or of each of its
                characters where references within it were resolved.
        """

        def slot(found: CssString) -> Slot:
            start, end = (
                at + index if isinstance(at, int) else at[index]
                for index in (found.start, found.end)
            )
            return Slot(self.text.readable(found.value), start, end)

        for group in found.groups:
            family = self.new_family()
            for candidate in group:
                typed = slot(candidate.type) if candidate.type else None
                self.uses.append(Use((slot(candidate.address),), family, "css", typed))
        self.stylesheets += map(self.text.readable, found.imports)
        self.fitted |= found.fitted
        for passed in found.passed_over:
            self.passed_over.append(
                (self.text.readable(passed), "stands in a CSS property that is left alone")
            )


def read_stylesheet(
    path: str, data: bytes, home: Home | None = None, charset: str = "utf-8"
) -> Document:
    """Read a CSS file.

    Args:
        home: where the site is published, if that is known.
        charset: the encoding of the page or stylesheet that loads it, as Python names it; it
            counts where the file says nothing.

    Raises:
        CharsetError: its encoding cannot be edited safely.
    """
    document = Document(
        path, data, read_text(data, kind="css", charset=charset), place_of(path, home)
    )
    css, mark = without_mark(document.text.text)
    document.add_css(find_pictures(css), mark)
    return document


def without_mark(text: str) -> tuple[str, int]:
    """A text without its byte-order mark, and how many characters that is.

    Read as Latin-1, the mark would be the start of a selector.
    """
    mark = next((mark for mark in _MARKS if text.startswith(mark)), "")
    return text[len(mark) :], len(mark)


def names_picture(address: str, *, drawings: bool = True) -> bool:
    """True if an address or path ends as those of pictures do.

    Args:
        drawings: count SVG files and icons too, which are no photos.
    """
    found = _PICTURE_FILE.fullmatch(address)
    return found is not None and (drawings or not found[1])
