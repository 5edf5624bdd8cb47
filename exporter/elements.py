"""Which namespace a tag stands in: that of HTML, SVG or MathML (HTML standard, section 13.2.6).

In SVG and MathML the rules for raw text are off and `image` means something else, so whoever
reads tags has to know. Kept is no tree, only the open elements, closed as browsers close them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.tokenizer import Tag

HTML = "html"
SVG = "svg"
MATHML = "math"

_VOID = re.compile(
    "area|base|basefont|bgsound|br|col|embed|frame|hr|image|img|input|keygen|link|meta|param|"
    "source|track|wbr"
)
# End tags that close nothing: what follows `</body>` is still inside it.
_NEVER_CLOSED = frozenset({"html", "body"})
# Start tags at which a browser takes it that the author forgot to end the SVG or MathML.
_BREAKS_OUT = re.compile(
    r"b|big|blockquote|body|br|center|code|d[dlt]|div|em|embed|h[1-6]|head|hr|i|img|li|listing|"
    r"menu|meta|nobr|[ou]l|p|pre|ruby|s|small|span|strong|strike|su[bp]|table|tt|u|var"
)
_FONT_ATTRIBUTES = ("color", "face", "size")
# SVG and MathML elements in which HTML begins again.
_SVG_TO_HTML = frozenset({"foreignobject", "desc", "title"})
_MATHML_TO_HTML = frozenset({"mi", "mo", "mn", "ms", "mtext"})
_HTML_ENCODINGS = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class _Element:
    """An open element; `inside` is the namespace of what it contains."""

    name: str
    namespace: str
    inside: str

    @property
    def bounds(self) -> bool:
        """True if an end tag inside closes nothing outside."""
        return self.inside != self.namespace or self.name == "template"


@dataclass
class OpenElements:
    """The elements that are open where the tokenizer stands."""

    open: list[_Element] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        """The namespace that an element would be in which starts here."""
        return self.open[-1].inside if self.open else HTML

    @property
    def in_foreign_element(self) -> bool:
        """True directly inside an element of SVG or MathML, where `<![CDATA[` counts."""
        return bool(self.open) and self.open[-1].namespace != HTML

    def step(self, tag: Tag, text: str) -> str:
        """Take a tag of `text` into account; the namespace of its element."""
        if tag.closing:
            self._close(tag.name)
            return HTML
        if self.namespace != HTML and _breaks_out(tag):
            self._leave()
        namespace = self._namespace_of(tag.name)
        if tag.name not in _NEVER_CLOSED and not is_empty(tag, namespace):
            inside = _inside(tag, namespace, text)
            self.open.append(_Element(tag.name, namespace, inside))
        return namespace

    def _namespace_of(self, name: str) -> str:
        from_html = self.namespace == HTML
        if name == SVG and self.open and self.open[-1].name == "annotation-xml":
            from_html = True
        return name if from_html and name in (SVG, MATHML) else self.namespace

    def _leave(self) -> None:
        while self.namespace != HTML:
            self.open.pop()

    def _close(self, name: str) -> None:
        if name in ("p", "br"):
            self._leave()
        if name in _NEVER_CLOSED:
            return
        for at in range(len(self.open) - 1, -1, -1):
            if self.open[at].name == name:
                del self.open[at:]
                return
            if self.open[at].bounds:
                return


def is_empty(tag: Tag, namespace: str) -> bool:
    """True if a start tag's element has no content; "/>" counts in SVG and MathML only."""
    return tag.self_closing if namespace != HTML else bool(_VOID.fullmatch(tag.name))


def _breaks_out(tag: Tag) -> bool:
    if tag.name == "font":
        return any(tag.get(name) for name in _FONT_ATTRIBUTES)
    return bool(_BREAKS_OUT.fullmatch(tag.name))


def _inside(tag: Tag, namespace: str, text: str) -> str:
    if namespace == SVG and tag.name in _SVG_TO_HTML:
        return HTML
    if namespace == MATHML and tag.name in _MATHML_TO_HTML:
        return HTML
    if namespace == MATHML and tag.name == "annotation-xml" and (found := tag.get("encoding")):
        encoding = text[found.value_start : found.value_end].lower()
        return HTML if encoding in _HTML_ENCODINGS else namespace
    return namespace
