"""Pictures in SVG files."""

from __future__ import annotations

from exporter.addresses import Home, place_of
from exporter.charset import read_text
from exporter.documents import Document
from exporter.page_reader import read_tokens
from exporter.xml_tokens import xml_tokens


def read_svg(path: str, data: bytes, home: Home | None = None) -> Document:
    """Read an SVG file.

    Args:
        home: where the site is published, if that is known.

    Raises:
        CharsetError: its encoding cannot be edited safely.
        XmlError: it is not well-formed.
    """
    document = Document(path, data, read_text(data, kind="xml"), place_of(path, home))
    read_tokens(document, xml_tokens(document.text), strict=True)
    return document
