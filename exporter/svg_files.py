"""Pictures in SVG files, which are XML: expat says what is there, the tokenizer where."""

from __future__ import annotations

import re
from xml.parsers import expat

from exporter.addresses import Home, place_of
from exporter.characters import decode_attribute
from exporter.charset import read_text
from exporter.documents import Document, Slot, Use, without_mark
from exporter.tokenizer import tag_at

_IMAGE = "http://www.w3.org/2000/svg image"
_REFERENCES = ("href", "http://www.w3.org/1999/xlink href")
_IS_REFERENCE = re.compile(r"(?:[^:]+:)?href")


class SvgError(ValueError):
    """The file is not well-formed, so that no browser shows it."""


def read_svg(path: str, data: bytes, home: Home | None = None) -> Document:
    """Read an SVG file.

    Args:
        home: where the site is published, if that is known.

    Raises:
        CharsetError: its encoding cannot be edited safely.
        SvgError: it is not well-formed.
    """
    document = Document(path, data, read_text(data), place_of(path, home))
    markup, mark = without_mark(document.text.text)
    # In Latin-1, as most files are read, expat counts the same characters as `markup`.
    codec = "iso-8859-1" if document.text.codec == "latin-1" else "utf-8"
    fed = markup.encode(codec)
    parser = expat.ParserCreate(codec, namespace_separator=" ")

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == _IMAGE:
            at = parser.CurrentByteIndex
            if codec == "utf-8":
                at = len(fed[:at].decode())
            values = {attributes[name] for name in _REFERENCES if name in attributes}
            slots = tuple(_slots(document, at + mark, values))
            if slots:
                document.uses.append(Use(slots, document.new_family(), "svg"))

    parser.StartElementHandler = start
    try:
        parser.Parse(fed, True)
    except (expat.ExpatError, ValueError) as error:
        raise SvgError(f"not well-formed ({error})") from None
    return document


def _slots(document: Document, at: int, values: set[str]) -> list[Slot]:
    """The references of the element whose tag starts at `at`.

    Nothing is found where an entity of the file's own stands for the tag or for a value.
    """
    text = document.text
    tag = tag_at(text.text, at)
    found = []
    for attribute in tag.attributes if tag else ():
        value = decode_attribute(text.text[attribute.value_start : attribute.value_end]).text
        if _IS_REFERENCE.fullmatch(attribute.name) and value in values:
            found.append(Slot(text.readable(value), attribute.value_start, attribute.value_end))
    return found
