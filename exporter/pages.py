"""Pages: HTML and XHTML files, and where in them the links of an export go."""

from __future__ import annotations

import itertools

from exporter.addresses import Home, place_of
from exporter.charset import read_text
from exporter.documents import Document, without_mark
from exporter.elements import HTML
from exporter.page_reader import read_tokens
from exporter.tokenizer import Doctype, RawText, Tag, Token, tokenize
from exporter.xml_tokens import xml_tokens

_WITH_TEXT = frozenset({"title", "script", "style", "noscript"})
_HEAD = frozenset({"html", "head", "meta", "link", "base"}) | _WITH_TEXT


def read_page(path: str, data: bytes, home: Home | None = None) -> Document:
    """Read an HTML file.

    Args:
        home: where the site is published, if that is known.

    Raises:
        CharsetError: its encoding cannot be edited safely.
    """
    document = Document(path, data, read_text(data), place_of(path, home))
    tokens = list(tokenize(document.text.text))
    read_tokens(document, tokens)
    document.head_at = _head_position(tokens, without_mark(document.text.text)[1])
    return document


def read_xhtml(path: str, data: bytes, home: Home | None = None) -> Document:
    """Read an XHTML file, which has to be well-formed and stays so.

    Args:
        home: where the site is published, if that is known.

    Raises:
        CharsetError: its encoding cannot be edited safely.
        XmlError: it is not well-formed.
    """
    text = read_text(data, kind="xml")
    document = Document(path, data, text, place_of(path, home), is_xml=True)
    tokens = xml_tokens(text)
    read_tokens(document, tokens, strict=True)
    document.head_at = next((tag.start for tag in tokens if _ends_head(tag, text.text)), None)
    return document


def _ends_head(token: Token, text: str) -> bool:
    """True for `</head>`, behind which names without a prefix are still those of HTML."""
    return (
        isinstance(token, Tag)
        and token.closing
        and (token.name, token.namespace) == ("head", HTML)
        and text.startswith("</head", token.start)
    )


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
    return max((token.end for token in opening if not _opens_text(token)), default=start)


def _opens_text(token: Token) -> bool:
    """True for what markup cannot follow: it would be text, like all up to the end tag."""
    if isinstance(token, Tag):
        return not token.closing and token.name in _WITH_TEXT
    return isinstance(token, RawText)


def written_from_root(page: Document) -> bool:
    """True if the page's pictures are all addressed from the site's root, as in 404.html."""
    addresses = [slot.address for use in page.uses for slot in use.slots]
    return bool(addresses) and all(map(page.place.starts_at_root, addresses))
