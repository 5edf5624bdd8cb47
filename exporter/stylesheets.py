"""Addresses of pictures in CSS, located by tinycss2's positions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import tinycss2

# Where a picture can be replaced by one of the same size. Not `cursor`, `mask`,
# `border-image`, `shape-outside`: these are made for exact pixels. Not custom properties:
# browsers disagree on what their addresses are relative to.
PICTURE_PROPERTIES = frozenset(
    {"background", "background-image", "content", "list-style", "list-style-image"}
)

_NEWLINE = re.compile(r"\r\n|[\n\r\f]")
_MAY_REFER = re.compile(r"[(\\]|object-fit", re.I)
_IMAGE_SETS = frozenset({"image-set", "-webkit-image-set"})
# No author nests this deep; a hostile file shall not exhaust the stack.
_DEEPEST = 64


@dataclass(frozen=True)
class CssString:
    """A string or unquoted address: `css[start:end]` between the quotes or parentheses."""

    value: str
    start: int
    end: int


@dataclass(frozen=True)
class CssCandidate:
    """One picture in CSS and, within an image-set, the type that the author declared."""

    address: CssString
    type: CssString | None = None


@dataclass
class CssPictures:
    """What one stylesheet refers to.

    Attributes:
        groups: candidates of one image-set stand together; a plain `url()` is alone.
        passed_over: addresses in properties that are left alone.
        imports: addresses of imported stylesheets.
        fitted: class names, ids and elements (as ".x", "#x", "x") on which the sheet sets an
            `object-fit` that leaves part of a picture's box uncovered.
    """

    groups: list[list[CssCandidate]] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)
    fitted: set[str] = field(default_factory=set)


def find_pictures(css: str, *, declarations: bool = False) -> CssPictures:
    """Find the pictures of a stylesheet, or of a `style` attribute's declarations."""
    # Most `style` attributes are short, many and without anything to find.
    if declarations and not _MAY_REFER.search(css):
        return CssPictures()
    reader = _Reader(css)
    nodes = tinycss2.parse_component_value_list(css)
    reader.read(nodes, prelude=[], depth=0 if not declarations else 1)
    return reader.found


class _Reader:
    """Walks the component values of one stylesheet."""

    def __init__(self, css: str) -> None:
        self.css = css
        self.found = CssPictures()
        self._lines = [0, *(match.end() for match in _NEWLINE.finditer(css))]

    def read(self, nodes: list[Any], prelude: list[Any], depth: int) -> None:
        """Read a block's content, or the whole sheet at depth 0."""
        segment: list[Any] = []
        for node in nodes:
            if node.type == "{} block":
                if depth < _DEEPEST:
                    self.read(node.content, segment, depth + 1)
                segment = []
            elif node.type == "literal" and node.value == ";":
                self._statement(segment, prelude, depth)
                segment = []
            elif segment or node.type not in ("whitespace", "comment"):
                segment.append(node)
        self._statement(segment, prelude, depth)

    def _statement(self, segment: list[Any], prelude: list[Any], depth: int) -> None:
        """Read one declaration or at-rule without a block."""
        first = segment[0] if segment else None
        if first is None:
            return
        if first.type == "at-keyword":
            if first.lower_value == "import":
                named = [self._string(node) for node in segment[1:] if node.type == "string"]
                named = named or list(self._addresses(segment[1:]))
                self.found.imports += [found.value for found in named[:1]]
            return
        rest = [node for node in segment[1:] if node.type not in ("whitespace", "comment")]
        if depth == 0 or first.type != "ident" or not rest or rest[0] != ":":
            return
        if first.lower_value in PICTURE_PROPERTIES:
            self.found.groups += self._groups(rest[1:])
        elif first.lower_value == "object-fit":
            if any(node.type == "ident" and node.lower_value != "cover" for node in rest):
                self.found.fitted |= _last_compounds(prelude)
        elif first.lower_value != "src":  # of a font
            self.found.passed_over += [found.value for found in self._addresses(rest[1:])]

    def _groups(self, nodes: list[Any], depth: int = 0) -> Iterator[list[CssCandidate]]:
        for node in nodes:
            if node.type == "function" and node.lower_name in _IMAGE_SETS:
                yield list(self._image_set(node.arguments))
            elif address := self._address(node):
                yield [CssCandidate(address)]
            elif node.type == "function" and depth < _DEEPEST:
                yield from self._groups(node.arguments, depth + 1)

    def _image_set(self, nodes: list[Any]) -> Iterator[CssCandidate]:
        address: CssString | None = None
        declared: CssString | None = None
        for node in [*nodes, None]:
            if node is None or (node.type == "literal" and node.value == ","):
                if address:
                    yield CssCandidate(address, declared)
                address = declared = None
            elif node.type == "function" and node.lower_name == "type":
                strings = [self._string(n) for n in node.arguments if n.type == "string"]
                declared = strings[0] if strings else None
            elif node.type == "string":
                address = self._string(node)
            else:
                address = self._address(node) or address

    def _addresses(self, nodes: list[Any], depth: int = 0) -> Iterator[CssString]:
        """Every address below these nodes."""
        for node in nodes:
            if address := self._address(node):
                yield address
            elif node.type == "function" and depth < _DEEPEST:
                yield from self._addresses(node.arguments, depth + 1)

    def _address(self, node: Any) -> CssString | None:
        """The address of `url(x)`, `url("x")` and `src("x")`."""
        if node.type == "url":
            start = self._offset(node) + len("url(")
            if self.css[start - 1 : start] != "(":
                return None  # the name itself is escaped, as in `u\\72l(`
            while self.css[start : start + 1] in tuple(" \t\r\n\f"):
                start += 1
            return CssString(node.value, start, _scan(self.css, start, ") \t\r\n\f"))
        if node.type == "function" and node.lower_name in ("url", "src"):
            strings = [n for n in node.arguments if n.type == "string"]
            return self._string(strings[0]) if strings else None
        return None

    def _string(self, node: Any) -> CssString:
        start = self._offset(node)
        return CssString(
            node.value, start + 1, _scan(self.css, start + 1, self.css[start : start + 1])
        )

    def _offset(self, node: Any) -> int:
        line, column = int(node.source_line), int(node.source_column)
        return self._lines[line - 1] + column - 1


def _scan(css: str, at: int, closers: str) -> int:
    """The first unescaped closer, or the end."""
    while at < len(css) and css[at] not in closers:
        at += 2 if css[at] == "\\" else 1
    return min(at, len(css))


def _last_compounds(prelude: list[Any]) -> set[str]:
    """What the last compound selectors of a rule ask for: ".x", "#x", "img" or "*"."""
    found: set[str] = set()
    for selector in tinycss2.serialize(prelude).split(","):
        compound = re.split(r"[\s>+~]+", selector.strip())[-1]
        names = re.findall(r"[.#][-\w]+", compound)
        element = re.match(r"[-\w]+", compound)
        found.update(names or ([element[0].lower()] if element else ["*"]))
    return found
