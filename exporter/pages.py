"""Pictures in an HTML page: which attributes hold them, and where."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

from exporter.addresses import Home, place_of
from exporter.characters import Decoded, decode_attribute
from exporter.charset import read_text
from exporter.documents import Document, Slot, Use, names_picture, without_mark
from exporter.elements import HTML, SVG, is_empty
from exporter.said import OFF, Captions, Said, inherit, marks_in, plain
from exporter.srcset import parse_srcset
from exporter.stylesheets import find_pictures
from exporter.tokenizer import Attribute, Doctype, RawText, Tag, Token, tokenize

# What the usual lazy loaders put aside for later.
_LAZY_SINGLE = ("data-src", "data-lazy-src")
_LAZY_SETS = ("data-srcset", "data-lazy-srcset")
_LAZY_POSTER = "data-poster"

# Elements whose end tag authors leave out, so that the next of the same name is no child.
_CLOSES_ITSELF = frozenset({"p", "li", "td", "th", "tr", "dt", "dd", "option"})
_HEAD = frozenset({"html", "head", "meta", "title", "link", "script", "style", "base", "noscript"})

# Browsers take `svg:image` by its first of these; older programs know the second only.
_SVG_REFERENCES = ("href", "xlink:href")
# No author nests `noscript` this deep; a hostile page shall not exhaust the stack.
_DEEPEST = 8

# What shows another document inside the page.
_EMBEDDED = {"object": "data", "embed": "src", "iframe": "src", "frame": "src"}
_LINKED = "is linked to as a file"
_MARKED_OFF = 'stands inside data-plic="off"'


def read_page(path: str, data: bytes, home: Home | None = None) -> Document:
    """Read an HTML file.

    Args:
        home: where the site is published, if that is known.

    Raises:
        CharsetError: its encoding cannot be edited safely.
    """
    document = Document(path, data, read_text(data), place_of(path, home))
    tokens = list(tokenize(document.text.text))
    reader = _Reader(document)
    reader.set_base(tokens)
    reader.read(tokens, 0)
    reader.finish()
    document.head_at = _head_position(tokens, without_mark(document.text.text)[1])
    return document


@dataclass
class _Open:
    """An open element.

    Attributes:
        marks: the words of `data-plic` that hold inside.
        family: of a `picture`.
        figure: the number of the figure around it, or its own; 0 without one.
        caption: that of the figure whose caption this is a part of.
    """

    name: str
    marks: tuple[str, ...] = ()
    family: int = 0
    figure: int = 0
    caption: int = 0


_OUTSIDE = _Open("")


@dataclass
class _Reader:
    """Walks the tokens of one page."""

    page: Document
    open: list[_Open] = field(default_factory=list)
    depth: int = 0
    figures: int = 0
    said: dict[int, Said] = field(default_factory=dict)
    marked: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.captions = Captions(self.page.text)

    def set_base(self, tokens: list[Token]) -> None:
        """Take the first `base href`, which counts for the whole page."""
        for token in tokens:
            if isinstance(token, Tag) and token.name == "base" and (href := token.get("href")):
                self.page.place = self.page.place.based_on(self._value(href).text)
                return

    def read(self, tokens: list[Token], start: int) -> None:
        """Read the tokens of the page from `start` on."""
        at = start
        for token in tokens:
            if self._inside.caption:
                self.captions.add(self._inside.caption, self.page.text.text[at : token.start])
            at = token.end
            if isinstance(token, RawText):
                self._raw_text(token)
            elif isinstance(token, Tag) and token.closing:
                self._close(token.name)
            elif isinstance(token, Tag):
                self._element(token)

    def finish(self) -> None:
        """Give each use what stood elsewhere: the words of its picture's `img`, captions."""
        uses, self.page.uses = self.page.uses, []
        for use in uses:
            said = self.said.get(use.family)
            text = self.captions.text(said) if said else ""
            marks = inherit(use.marks, self.marked.get(use.family, ()))
            self.page.uses.append(replace(use, marks=marks, text=text))
            if OFF in marks:
                self.page.pass_over(len(self.page.uses) - 1, _MARKED_OFF)

    @property
    def _inside(self) -> _Open:
        """The innermost open element."""
        return self.open[-1] if self.open else _OUTSIDE

    def _close(self, name: str) -> None:
        if any(element.name == name for element in self.open):
            while self.open.pop().name != name:
                pass

    def _element(self, tag: Tag) -> None:
        if tag.name in _CLOSES_ITSELF and self._inside.name == tag.name:
            self.open.pop()
        own, unknown = marks_in(self._text(tag, "data-plic"))
        self.page.remarks += [f'data-plic="{word}" is not understood' for word in unknown]
        around = self._inside
        marks = inherit(around.marks, own)
        family = around.family if around.name == "picture" else 0
        known = len(self.page.uses)
        self._pictures(tag, family)
        self._note(tag, known, marks)
        if family and tag.name in ("img", "image"):
            self.marked.setdefault(family, own)
        if not is_empty(tag, tag.namespace):
            self._open_element(tag, marks, family)

    def _note(self, tag: Tag, known: int, marks: tuple[str, ...]) -> None:
        """Note what an element says of the pictures that it shows, all but the first `known`."""
        for at in range(known, len(self.page.uses)):
            use = self.page.uses[at]
            self.page.uses[at] = replace(use, marks=marks)
            if tag.name != "link" and (tag.name == "img" or use.family not in self.said):
                alt, title = (self._plain(tag, name) for name in ("alt", "title"))
                self.said[use.family] = Said(alt, title, self._inside.figure)

    def _open_element(self, tag: Tag, marks: tuple[str, ...], family: int) -> None:
        figure, caption = self._inside.figure, self._inside.caption
        if tag.name == "picture":
            family = self.page.new_family()
        elif tag.name == "figure":
            self.figures += 1
            figure, caption = self.figures, 0
        elif tag.name == "figcaption" and figure and self.captions.opens(figure):
            caption = figure
        self.open.append(_Open(tag.name, marks, family, figure, caption))

    def _pictures(self, tag: Tag, family: int) -> None:
        """Note what one start tag shows."""
        fitted = self._style(tag)
        if tag.namespace == SVG:
            self._drawing(tag)
        elif tag.namespace != HTML:
            return
        elif tag.name in ("img", "image"):  # browsers make the one of the other
            self._image(tag, family or self.page.new_family(), fitted)
        elif tag.name == "source" and family:
            self._source(tag, family)
        elif tag.name == "link":
            self._link(tag)
        elif tag.name == "video":
            self._single_use(tag, "poster", "poster")
            self._single_use(tag, _LAZY_POSTER, "lazy")
        elif tag.name == "input" and self._text(tag, "type").lower() == "image":
            self._single_use(tag, "src", "input")
        elif name := _EMBEDDED.get(tag.name):
            self.page.embedded.append(self._text(tag, name))
        else:
            self._left(tag)

    def _drawing(self, tag: Tag) -> None:
        """Note what an element of inline SVG shows."""
        found = [attribute for name in _SVG_REFERENCES if (attribute := tag.get(name))]
        slots = [self._single(attribute) for attribute in found]
        if tag.name == "image":
            self._use(slots, self.page.new_family(), "svg")
        elif tag.name == "feimage":
            for slot in slots:
                self.page.passed_over.append((slot.address, "is worked on by an SVG filter"))
        elif tag.name == "a":
            for attribute in found:
                self._linked(attribute, _LINKED)

    def _left(self, tag: Tag) -> None:
        """Name the pictures that are not the page's own to show."""
        if tag.name == "meta":
            kind = self._text(tag, "property") or self._text(tag, "name")
            if kind.lower().startswith(("og:image", "twitter:image")):
                self._linked(tag.get("content"), "is a preview that other sites show")
        elif tag.name in ("a", "area"):
            self._linked(tag.get("href"), _LINKED)

    def _linked(self, attribute: Attribute | None, reason: str) -> None:
        if attribute and names_picture(address := self._single(attribute).address):
            self.page.passed_over.append((address, reason))

    def _style(self, tag: Tag) -> bool:
        """Note the pictures of a `style` attribute; True if it leaves the box uncovered."""
        style = tag.get("style")
        if not style:
            return False
        decoded = self._value(style)
        found = find_pictures(decoded.text, declarations=True)
        fitted = bool(found.fitted)
        found.fitted.clear()
        self.page.add_css(found, [style.value_start + offset for offset in decoded.at])
        return fitted

    def _image(self, tag: Tag, family: int, fitted: bool) -> None:
        names = {"img", "*"} if fitted else {"img"}
        for attribute, prefix in (("class", "."), ("id", "#")):
            names |= {prefix + name for name in self._text(tag, attribute).split()}
        if src := tag.get("src"):
            is_urgent = self._text(tag, "fetchpriority").strip().lower() == "high"
            loading_at = None if tag.get("loading") or is_urgent else src.start
            self._use([self._single(src)], family, "img", None, loading_at, frozenset(names))
        if srcset := tag.get("srcset"):
            self._use(self._set(srcset), family, "img")
        self._put_aside(tag, family, None)

    def _source(self, tag: Tag, family: int) -> None:
        typed = self._type(tag)
        if srcset := tag.get("srcset"):
            self._use(self._set(srcset), family, "source", typed)
        self._put_aside(tag, family, typed)

    def _put_aside(self, tag: Tag, family: int, typed: Slot | None) -> None:
        """The attributes of lazy loaders."""
        for name in _LAZY_SINGLE:
            if attribute := tag.get(name):
                self._use([self._single(attribute)], family, "lazy", typed)
        for name in _LAZY_SETS:
            if attribute := tag.get(name):
                self._use(self._set(attribute), family, "lazy", typed)

    def _link(self, tag: Tag) -> None:
        relations = self._text(tag, "rel").lower().split()
        href = tag.get("href")
        if "stylesheet" in relations and href:
            address = self._single(href).address
            self.page.stylesheets.append(address)
            if tag.get("integrity"):
                self.page.sealed.append(address)
        if href and any(relation.endswith("icon") for relation in relations):
            self.page.passed_over.append((self._single(href).address, "is the site's icon"))
        if "preload" in relations and self._text(tag, "as").lower() == "image":
            typed = self._type(tag)
            slots = [self._single(href)] if href else []
            if sources := tag.get("imagesrcset"):
                slots += self._set(sources)
            self._use(slots, self.page.new_family(), "preload", typed)

    def _use(
        self,
        slots: list[Slot],
        family: int,
        shown_by: str,
        typed: Slot | None = None,
        loading_at: int | None = None,
        names: frozenset[str] = frozenset(),
    ) -> None:
        if slots:
            self.page.uses.append(Use(tuple(slots), family, shown_by, typed, loading_at, names))

    def _raw_text(self, raw: RawText) -> None:
        if raw.element == "noscript" and self.depth < _DEEPEST:
            self.depth += 1
            self.read(list(tokenize(self.page.text.text, raw.start, raw.end)), raw.start)
            self.depth -= 1
        elif raw.element == "style":
            known = len(self.page.uses)
            found = find_pictures(self.page.text.text[raw.start : raw.end])
            self.page.add_css(found, raw.start)
            for at in range(known, len(self.page.uses)):
                self.page.uses[at] = replace(self.page.uses[at], marks=self._inside.marks)

    def _value(self, attribute: Attribute) -> Decoded:
        return decode_attribute(self.page.text.text[attribute.value_start : attribute.value_end])

    def _text(self, tag: Tag, name: str) -> str:
        attribute = tag.get(name)
        return self._value(attribute).text if attribute else ""

    def _plain(self, tag: Tag, name: str) -> str:
        """An attribute's words, as a reader of the page sees them."""
        found = tag.get(name)
        raw = self.page.text.text[found.value_start : found.value_end] if found else ""
        return plain(self.page.text, raw)

    def _type(self, tag: Tag) -> Slot | None:
        """The declared media type; none where the attribute is empty, as for browsers."""
        declared = tag.get("type")
        typed = self._single(declared) if declared else None
        return typed if typed and typed.address.strip() else None

    def _single_use(self, tag: Tag, name: str, shown_by: str) -> None:
        if attribute := tag.get(name):
            self._use([self._single(attribute)], self.page.new_family(), shown_by)

    def _single(self, attribute: Attribute) -> Slot:
        address = self.page.text.readable(self._value(attribute).text)
        return Slot(address, attribute.value_start, attribute.value_end)

    def _set(self, attribute: Attribute) -> list[Slot]:
        decoded = self._value(attribute)
        return [
            Slot(
                self.page.text.readable(decoded.text[found.start : found.end]),
                attribute.value_start + decoded.at[found.start],
                attribute.value_start + decoded.at[found.end],
                found.descriptor,
            )
            for found in parse_srcset(decoded.text)
        ]


def _head_position(tokens: list[Token], start: int) -> int | None:
    """Where a page's links go; None for a fragment that other pages take in.

    Before `</head>`, else before `<body>`, else after what opens a page that names neither.
    """
    tags = [token for token in tokens if isinstance(token, Tag)]
    for tag in tags:
        if (tag.closing and tag.name == "head") or (not tag.closing and tag.name == "body"):
            return tag.start
    whole = any(isinstance(token, Doctype) for token in tokens)
    if not whole and not any(tag.name in ("html", "head") for tag in tags):
        return None
    opening = itertools.takewhile(
        lambda token: not isinstance(token, Tag) or token.name in _HEAD, tokens
    )
    return max((token.end for token in opening), default=start)


def written_from_root(page: Document) -> bool:
    """True if the page's pictures are all addressed from the site's root, as in 404.html."""
    addresses = [slot.address for use in page.uses for slot in use.slots]
    return bool(addresses) and all(map(page.place.starts_at_root, addresses))
