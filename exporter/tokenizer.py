"""An HTML tokenizer that reports positions (HTML standard, section 13.2.5).

It follows the standard's states closely enough to see the same tags and attributes as a
browser, and builds nothing: what it yields are positions in the text it was given, so that
whoever edits the text changes only what they mean to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from exporter.elements import HTML, SVG, OpenElements
from exporter.raw_text import declaration_end, plain_style, raw_text_end

_SPACE = " \t\n\r\f"
_TAG = re.compile(r"<(?:/?[A-Za-z]|[!?/])")
_START_TAG = re.compile(r"<[A-Za-z]")
_DECLARATIONS = ("<!", "<?", "</")
_TAG_NAME = re.compile(r"[^ \t\n\r\f/>]*")
_ATTRIBUTE_NAME = re.compile(r"=?[^ \t\n\r\f/>=]*")
_UNQUOTED = re.compile(r"[^ \t\n\r\f>]*")

# Elements whose content is text and not tags. A browser that runs scripts reads `noscript`
# so too; its content is handed out for the caller to tokenize on its own.
RAW_TEXT = frozenset({"iframe", "noembed", "noframes", "noscript", "script", "style", "xmp"})
_CHARACTER_DATA = frozenset({"textarea", "title"})
HIDDEN = (RAW_TEXT | _CHARACTER_DATA) - {"noscript", "style"}
"""Elements of which nothing inside is shown as an element."""


@dataclass(frozen=True)
class Attribute:
    """An attribute's name in lower case and the positions of its raw value.

    `value_start == value_end` where the value is empty or there is none; `start` is that of
    the name.
    """

    name: str
    start: int
    value_start: int
    value_end: int


@dataclass(frozen=True)
class Tag:
    """A start or end tag: `text[start:end]` runs from "<" to past ">".

    `namespace` is that of a start tag's element: "html", "svg" or "math".
    """

    name: str
    start: int
    end: int
    closing: bool = False
    self_closing: bool = False
    attributes: tuple[Attribute, ...] = ()
    namespace: str = HTML

    def get(self, name: str) -> Attribute | None:
        """The first attribute of that name, the one that browsers keep."""
        return next((a for a in self.attributes if a.name == name), None)


@dataclass(frozen=True)
class RawText:
    """The content of a raw-text element, `text[start:end]`."""

    element: str
    start: int
    end: int


@dataclass(frozen=True)
class Doctype:
    """The document type declaration."""

    start: int
    end: int


Token = Tag | RawText | Doctype


def tokenize(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Yield the tags, raw-text contents and doctypes of `text[start:end]`, in order.

    Comments, conditional ones too, and a tag that the text ends inside yield nothing.
    """
    end = len(text) if end is None else end
    elements = OpenElements()
    position = start
    while match := _TAG.search(text, position, end):
        at = match.start()
        if match[0] in _DECLARATIONS:
            position = declaration_end(text, at, end, elements.in_foreign_element)
            if text[at : at + 9].lower() == "<!doctype" and position <= end:
                yield Doctype(at, position)
            continue
        tag = _read_tag(text, at, end)
        if tag is None:
            return
        namespace = elements.step(tag, text)
        if namespace != HTML:
            tag = replace(tag, namespace=namespace)
        yield tag
        position = tag.end
        if namespace == SVG and (content := style_of(text, tag, end)):
            yield content
            position = content.end
        if tag.closing or namespace != HTML:
            continue
        if tag.name == "plaintext":
            return
        if tag.name in RAW_TEXT:
            content_end = raw_text_end(text, tag.name, tag.end, end)
            yield RawText(tag.name, tag.end, content_end)
            position = content_end
        elif tag.name in _CHARACTER_DATA:
            position = raw_text_end(text, tag.name, tag.end, end)


def tag_at(text: str, at: int) -> Tag | None:
    """The start tag at `text[at]`; None if there is none."""
    return _read_tag(text, at, len(text)) if _START_TAG.match(text, at) else None


def style_of(text: str, tag: Tag, end: int) -> RawText | None:
    """The CSS in an element of SVG or XML that ends before `end`, if it is a plain `style`."""
    if tag.name != "style" or tag.self_closing:
        return None
    found = plain_style(text, tag.end, end)
    return RawText("style", *found) if found else None


def _read_tag(text: str, at: int, end: int) -> Tag | None:
    """Read the tag at `text[at] == "<"`; None if the text ends inside it."""
    closing = text[at + 1] == "/"
    name = _match(_TAG_NAME, text, at + 1 + closing, end)
    position = name.end()
    attributes: list[Attribute] = []
    while position < end:
        character = text[position]
        if character == ">":
            # In `<a href=x/>` the "/" belongs to the unquoted value.
            after_value = not attributes or attributes[-1].value_end < position
            return Tag(
                _lower(name[0]),
                at,
                position + 1,
                closing,
                after_value and text[position - 1] == "/",
                () if closing else tuple(attributes),
            )
        if character == "/" or character in _SPACE:
            position += 1
            continue
        attribute, position = _read_attribute(text, position, end)
        attributes.append(attribute)
    return None


def _read_attribute(text: str, at: int, end: int) -> tuple[Attribute, int]:
    """Read the attribute at `at`; also the position after it."""
    name = _match(_ATTRIBUTE_NAME, text, at, end)
    after_name = position = name.end()
    position = _skip_space(text, position, end)
    if position >= end or text[position] != "=":
        return Attribute(_lower(name[0]), at, after_name, after_name), after_name
    position = _skip_space(text, position + 1, end)
    quote = text[position] if position < end else ""
    if quote and quote in "\"'":
        close = text.find(quote, position + 1, end)
        close = end if close < 0 else close
        return Attribute(_lower(name[0]), at, position + 1, close), close + 1
    value_end = _match(_UNQUOTED, text, position, end).end()
    return Attribute(_lower(name[0]), at, position, value_end), value_end


def _skip_space(text: str, at: int, end: int) -> int:
    while at < end and text[at] in _SPACE:
        at += 1
    return at


def _match(pattern: re.Pattern[str], text: str, at: int, end: int) -> re.Match[str]:
    match = pattern.match(text, at, end)
    assert match  # the patterns match the empty string
    return match


def _lower(name: str) -> str:
    """Lower case of the ASCII letters only, as the standard has it."""
    return name.lower() if name.isascii() else re.sub("[A-Z]", lambda m: m[0].lower(), name)
