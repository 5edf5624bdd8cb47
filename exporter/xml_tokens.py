"""The tags of an XML document, XHTML or SVG: expat says what is there, the tokenizer where."""

from __future__ import annotations

import re
from dataclasses import replace
from html.entities import html5
from xml.parsers import expat

from exporter.charset import Text
from exporter.documents import without_mark
from exporter.elements import HTML, MATHML, SVG
from exporter.tokenizer import HIDDEN, Attribute, Tag, Token, style_of, tag_at

_NAMESPACES = {
    "http://www.w3.org/1999/xhtml": HTML,
    "http://www.w3.org/2000/svg": SVG,
    "http://www.w3.org/1998/Math/MathML": MATHML,
}
_XLINK = "http://www.w3.org/1999/xlink"
# In XML case counts; of the names that anyone asks for, the tokenizer's differ in one.
_AS_IN_HTML = {"feImage": "feimage"}
_ENTITY = re.compile(r"&([^#;]*;)")


class XmlError(ValueError):
    """The document is not well-formed, so that no browser shows it."""


def xml_tokens(text: Text) -> list[Token]:
    """The start and end tags of an XML document, in order, and the contents of `style`.

    Names of elements outside HTML, SVG and MathML have the namespace "". Every start tag has an
    end tag, at the end of the start tag if it has none of its own. Left out are tags that an
    entity of the document's own stands for, attributes whose value holds one, and what no
    browser shows, such as elements inside `script`.

    Raises:
        XmlError: the document is not well-formed.
    """
    return _XmlReader(text).tokens


class _XmlReader:
    """Collects tokens while expat reads."""

    def __init__(self, text: Text) -> None:
        self.tokens: list[Token] = []
        self._text = text.text
        markup, mark = without_mark(text.text)
        # In Latin-1, as most files are read, expat counts the same characters as `markup`.
        self._codec = "iso-8859-1" if text.codec == "latin-1" else "utf-8"
        self._fed = markup.encode(self._codec)
        self._byte, self._character = 0, mark
        self._hidden = 0
        self._prefixes: dict[str | None, list[str | None]] = {}
        self._parser = expat.ParserCreate(self._codec, namespace_separator=" ")
        self._parser.StartNamespaceDeclHandler = self._declare
        self._parser.EndNamespaceDeclHandler = lambda prefix: self._prefixes[prefix].pop()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        try:
            self._parser.Parse(self._fed, True)
        except (expat.ExpatError, ValueError) as error:
            raise XmlError(f"not well-formed ({error})") from None

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        self._prefixes.setdefault(prefix, []).append(uri)

    def _position(self) -> int:
        """Where in the text the tag at hand starts; they come in order."""
        at = self._parser.CurrentByteIndex
        if self._codec == "utf-8":
            self._character += len(self._fed[self._byte : at].decode())
        else:
            self._character += at - self._byte
        self._byte = at
        return self._character

    def _start(self, expanded: str, _: dict[str, str]) -> None:
        name, namespace = _split(expanded)
        self._hidden += self._hidden > 0 or (namespace == HTML and name in HIDDEN)
        tag = tag_at(self._text, self._position())
        if tag is None or self._hidden > 1:
            return
        named = (self._attribute(attribute) for attribute in tag.attributes)
        tag = replace(
            tag,
            name=name,
            namespace=namespace,
            attributes=tuple(attribute for attribute in named if attribute),
        )
        # Emptiness is told by the end tag that follows.
        self.tokens.append(replace(tag, self_closing=False))
        if namespace in (HTML, SVG) and (style := style_of(self._text, tag, len(self._text))):
            self.tokens.append(style)

    def _end(self, expanded: str) -> None:
        name, namespace = _split(expanded)
        at = self._position()
        hidden, self._hidden = self._hidden, max(self._hidden - 1, 0)
        if hidden > 1 or not self._text.startswith("<", at):
            return
        if not self._text.startswith("</", at):  # the start tag is its own end
            tag = tag_at(self._text, at)
            at = tag.end if tag else at
            self.tokens.append(Tag(name, at, at, closing=True, namespace=namespace))
            return
        end = self._text.index(">", at) + 1
        self.tokens.append(Tag(name, at, end, closing=True, namespace=namespace))

    def _attribute(self, found: Attribute) -> Attribute | None:
        """An attribute by the name that it has in HTML; None if browsers know none such."""
        raw = self._text[found.start : found.start + len(found.name)]
        value = self._text[found.value_start : found.value_end]
        if raw != found.name or any(name not in html5 for name in _ENTITY.findall(value)):
            return None
        prefix, colon, local = raw.rpartition(":")
        if not colon:
            return found
        bound = self._prefixes.get(prefix)
        return replace(found, name=f"xlink:{local}") if bound and bound[-1] == _XLINK else None


def _split(expanded: str) -> tuple[str, str]:
    uri, _, name = expanded.rpartition(" ")
    return _AS_IN_HTML.get(name, name), _NAMESPACES.get(uri, "")
