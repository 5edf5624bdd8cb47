"""Text files as characters whose positions can be spliced without losing a byte.

Almost every page is in an encoding in which the ASCII characters are single bytes and no
other character contains them, so its bytes are read as Latin-1: one character a byte,
nothing to lose. The others are decoded for real, and given up when encoding the result
does not give the same bytes again.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from urllib.parse import quote

import webencodings

# A byte of a character in these encodings may look like an ASCII letter, a backslash or a
# bracket, so positions are taken in decoded characters.
_MULTI_BYTE = {"cp932", "gb18030", "big5hkscs", "cp949"}

# What browsers take these for; webencodings knows the rest of the Encoding standard.
_TAKEN_FOR = {"gbk": "gb18030", "x-user-defined": "cp1252"}

_META = re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.I)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.S)
_XML = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]+)[\"']")
_CSS_CHARSET = re.compile(rb'@charset "([A-Za-z0-9_:.-]+)";')
# Where browsers look for a declaration: the first kilobyte.
_PRESCAN = 1024


class CharsetError(ValueError):
    """The file cannot be edited without risk to its characters."""


@dataclass(frozen=True)
class Text:
    """A file's characters.

    Attributes:
        text: what positions count in; the byte-order mark stays the first character.
        codec: turns any piece of `text` back into its bytes.
        charset: the encoding in which the file's author wrote.
    """

    text: str
    codec: str
    charset: str

    def readable(self, piece: str) -> str:
        """The characters that the author meant by a piece of `text`."""
        if self.codec != "latin-1":
            return piece
        data = piece.encode("latin-1")
        try:
            return data.decode(self.charset)
        except UnicodeDecodeError:
            return data.decode("utf-8", "surrogateescape")

    def written(self, characters: str) -> str:
        """As the author would have written characters into `text`; else percent-encoded."""
        if self.codec != "latin-1":
            return characters
        try:
            return characters.encode(self.charset).decode("latin-1")
        except UnicodeEncodeError:
            return quote(characters, errors="replace")


def read_text(data: bytes, kind: str = "html", charset: str = "utf-8") -> Text:
    """Find the encoding of a file and decode it.

    Args:
        kind: "html", "css" or "xml", which declare it in different ways.
        charset: the Python name of the encoding where the file does not declare one.

    Raises:
        CharsetError: the encoding is unknown, keeps state between characters, or does not
            give back the same bytes.
    """
    for mark, codec in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return _decoded(data, codec)
    if data.startswith(codecs.BOM_UTF8):
        return Text(data.decode("latin-1"), "latin-1", "utf-8")
    declared = _declared(data[:_PRESCAN], kind) or charset
    if declared in _MULTI_BYTE:
        return _decoded(data, declared)
    if b"\0" in data[:_PRESCAN]:
        raise CharsetError("holds zero bytes and no byte-order mark: not readable as text")
    return Text(data.decode("latin-1"), "latin-1", declared)


def _declared(head: bytes, kind: str) -> str | None:
    """The Python name of the declared encoding, labels read as browsers do."""
    if kind == "css":
        match = _CSS_CHARSET.match(head)
    elif kind == "xml":
        match = _XML.match(head)
    else:
        match = _META.search(_COMMENT.sub(b"", head)) or _XML.match(head)
    if not match:
        return None
    label = match[1].decode("ascii")
    encoding = webencodings.lookup(label)
    if encoding is None:
        raise CharsetError(f"declares the unknown encoding {label!r}")
    name = str(encoding.codec_info.name)
    if name.startswith("utf-16"):
        return "utf-8"  # a declaration read byte by byte cannot be in UTF-16: browsers say so too
    if name.startswith(("iso2022", "replacement")):
        raise CharsetError(f"is in {label}, in which plain text cannot be told from markup")
    return _TAKEN_FOR.get(name, name)


def _decoded(data: bytes, codec: str) -> Text:
    try:
        text = data.decode(codec)
        same = text.encode(codec) == data
    except UnicodeError:
        same = False
    if not same:
        raise CharsetError(f"is not clean {codec}: decoding and encoding it changes bytes")
    return Text(text, codec, codec)
