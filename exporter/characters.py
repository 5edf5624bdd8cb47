"""Character references in attribute values, with the position of every character."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html.entities import html5
from urllib.parse import quote

_REFERENCE = re.compile(r"&(?:#(?:[0-9]+|[xX][0-9a-fA-F]+);?|[A-Za-z][A-Za-z0-9]*;?)")
_LONGEST_NAME = max(len(name) for name in html5)


@dataclass(frozen=True)
class Decoded:
    """An attribute's value without character references.

    Attributes:
        text: the value that a browser sees.
        at: for each character of `text`, and for its end, the position in the raw value.
    """

    text: str
    at: Sequence[int]


def _percent_encoded(characters: str) -> str:
    return quote(characters, errors="replace")


def decode_attribute(raw: str, beyond_ascii: Callable[[str], str] = _percent_encoded) -> Decoded:
    """Resolve the character references of an attribute value (HTML standard, 13.2.5.73).

    Args:
        beyond_ascii: what to give for characters beyond ASCII that come from a reference. The
            raw value may be undecoded bytes, with which they must not mix. Percent-encoded,
            they are the same in an address.
    """
    if "&" not in raw:  # as nearly always, and `data:` addresses are long
        return Decoded(raw, range(len(raw) + 1))
    text: list[str] = []
    at: list[int] = []
    position = 0
    while position < len(raw):
        end = position + 1
        piece = raw[position]
        if piece == "&" and (match := _REFERENCE.match(raw, position)):
            piece, end = _resolve(match[0], raw, position)
            piece = piece if piece.isascii() else beyond_ascii(piece)
        text.append(piece)
        at += [position] * len(piece)
        position = end
    return Decoded("".join(text), (*at, len(raw)))


def _resolve(reference: str, raw: str, position: int) -> tuple[str, int]:
    """The characters of one reference and where it ends; "&" where it is none."""
    if reference[1] == "#":
        return html.unescape(reference), position + len(reference)
    name = reference[1:]
    for length in range(min(len(name), _LONGEST_NAME), 1, -1):
        if name[:length] in html5:
            end = position + 1 + length
            # `&copy=1` in a query string is text, `&copy;` and a bare `&copy` are references.
            if name[length - 1] != ";" and re.match(r"[=A-Za-z0-9]", raw[end : end + 1]):
                break
            return html5[name[:length]], end
    return "&", position + 1
