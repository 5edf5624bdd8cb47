"""The walk through a page's tokens: what is open where, and what holds there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from exporter.documents import Document
from exporter.elements import HTML, is_empty
from exporter.markup import Markup
from exporter.page_pictures import PagePictures
from exporter.said import Said, Sayings, inherit, marks_in
from exporter.stylesheets import find_pictures
from exporter.tokenizer import RawText, Tag, Token, tokenize

# Elements whose end tag authors leave out, so that the next of the same name is no child.
_CLOSES_ITSELF = frozenset({"p", "li", "td", "th", "tr", "dt", "dd", "option"})
# No author nests `noscript` or `srcdoc` this deep; a hostile page shall not exhaust the stack.
_DEEPEST = 8


@dataclass(frozen=True)
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


def read_tokens(document: Document, tokens: list[Token], *, strict: bool = False) -> None:
    """Note in a document what its tags refer to.

    Args:
        strict: True for XML, where every element is ended by its author.
    """
    markup, sayings = Markup(document.text, document.text.text), Sayings(document.text)
    bases = (tag for tag in tokens if isinstance(tag, Tag) and tag.name == "base")
    # The first `base href` counts for the whole page.
    if href := next((markup.value(tag, "href") for tag in bases if tag.get("href")), None):
        document.place = document.place.based_on(href)
    _Reader(document, markup, sayings, strict).read(tokens)
    sayings.complete(document)


@dataclass
class _Reader:
    """Reads one piece of HTML of a page.

    Attributes:
        strict: as in `read_tokens`.
        depth: how often this piece is nested in others.
        around: what the piece stands in, within another.
    """

    page: Document
    markup: Markup
    sayings: Sayings
    strict: bool = False
    depth: int = 0
    around: _Open = _OUTSIDE
    open: list[_Open] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pictures = PagePictures(self.page, self.markup)

    def read(self, tokens: Iterable[Token], start: int = 0) -> None:
        """Read the tokens of the piece from `start` on."""
        at, last = start, None
        for token in tokens:
            if self._inside.caption:
                self.sayings.add(self._inside.caption, self.markup.source[at : token.start])
            at = token.end
            if isinstance(token, RawText):
                self._raw_text(token, last)
            elif isinstance(token, Tag) and token.closing:
                self._close(token.name)
            elif isinstance(token, Tag):
                self._element(token)
                last = token

    @property
    def _inside(self) -> _Open:
        """The innermost open element."""
        return self.open[-1] if self.open else self.around

    def _close(self, name: str) -> None:
        if any(element.name == name for element in self.open):
            while self.open.pop().name != name:
                pass

    def _element(self, tag: Tag) -> None:
        if tag.name in _CLOSES_ITSELF and self._inside.name == tag.name and not self.strict:
            self.open.pop()
        around = self._inside
        own = self._words(tag)
        marks = inherit(around.marks, own) if own else around.marks
        family = around.family if around.name == "picture" else 0
        known = len(self.page.uses)
        self.pictures.take(tag, family)
        self._mark(known, marks)
        if tag.name != "link":  # its title is that of a stylesheet
            self._listen(tag, known, around.figure)
        if family and tag.name in ("img", "image"):
            self.sayings.marked.setdefault(family, own)
        if tag.name == "iframe" and tag.namespace == HTML and tag.get("srcdoc"):
            self._inner_page(tag, marks)
        if not is_empty(tag, tag.namespace):
            self._open_element(tag, marks, family)

    def _words(self, tag: Tag) -> tuple[str, ...]:
        """The known words of an element's own `data-plic`; the others are named."""
        if not tag.get("data-plic"):
            return ()
        known, unknown = marks_in(self.markup.value(tag, "data-plic"))
        self.page.remarks += [f'data-plic="{word}" is not understood' for word in unknown]
        return known

    def _mark(self, known: int, marks: tuple[str, ...]) -> None:
        """Put words on all uses but the first `known`."""
        if marks:
            self.page.uses[known:] = [replace(use, marks=marks) for use in self.page.uses[known:]]

    def _listen(self, tag: Tag, known: int, figure: int) -> None:
        """Note what an element says of the uses that it made, all but the first `known`."""
        if uses := self.page.uses[known:]:
            alt, title = (self.markup.plain(tag, name) for name in ("alt", "title"))
            self.sayings.take(uses, tag.name, Said(alt, title, figure))

    def _open_element(self, tag: Tag, marks: tuple[str, ...], family: int) -> None:
        figure, caption = self._inside.figure, self._inside.caption
        if tag.name == "picture":
            family = self.page.new_family()
        elif tag.name == "figure":
            figure, caption = self.sayings.new_figure(), 0
        elif tag.name == "figcaption" and figure and self.sayings.opens(figure):
            caption = figure
        self.open.append(_Open(tag.name, marks, family, figure, caption))

    def _raw_text(self, raw: RawText, tag: Tag | None) -> None:
        """Read what stands inside `noscript` or `style`; `tag` opened it."""
        if raw.element == "noscript" and self.depth < _DEEPEST:
            self.depth += 1
            self.read(tokenize(self.markup.source, raw.start, raw.end), raw.start)
            self.depth -= 1
        elif raw.element == "style" and tag:
            if not self.pictures.is_css(tag):
                declared = self.markup.value(tag, "type")
                self.page.remarks.append(f'a style element of type "{declared}" is not CSS')
                return
            known = len(self.page.uses)
            found = find_pictures(self.markup.source[raw.start : raw.end])
            self.page.add_css(found, self.markup.positions(raw.start, raw.end))
            self._mark(known, self._inside.marks)

    def _inner_page(self, tag: Tag, marks: tuple[str, ...]) -> None:
        """Read the page in an `iframe`'s attribute `srcdoc`."""
        attribute = tag.get("srcdoc")
        if attribute is None or self.depth >= _DEEPEST:
            return
        markup = self.markup.inner(attribute)
        tokens = list(tokenize(markup.source))
        if any(isinstance(token, Tag) and token.name == "base" for token in tokens):
            self.page.remarks.append("an iframe's srcdoc with a base of its own")
            return
        around = _Open("", marks)
        inner = _Reader(self.page, markup, self.sayings, depth=self.depth + 1, around=around)
        inner.read(tokens)
