"""Which originals nothing in the output asks for any more."""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from exporter.convert import Converted
from exporter.plan import Plan

# Only names that end so are looked for; files that are named otherwise are never dropped.
_SUFFIX = re.compile(r"\.(?:jpe?g|jfif|png|gif|webp|avif|bmp)", re.I)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_HEAD = 1024


def dropped_originals(
    plan: Plan, converted: Converted, documents: Mapping[str, bytes]
) -> frozenset[str]:
    """Files of reconstructed pictures that need not be in the output.

    A file stays if its name stands anywhere in a page, stylesheet, script, feed or other text
    of the output, whatever it stands for there: a link to a missing file is worse than a file
    too many. So does what a symbolic link leads to.

    Args:
        documents: the pages and stylesheets after their edits, by path; others are as they were.
    """
    root = plan.site.root
    wanted = {(root / link).resolve() for link in plan.site.links}
    candidates = {
        path
        for path in converted.replaced.payloads
        if _SUFFIX.fullmatch(PurePosixPath(path).suffix) and (root / path) not in wanted
    }
    names: dict[str, set[str]] = {}
    for path in candidates:
        names.setdefault(_folded(PurePosixPath(path).name), set()).add(path)
    for path in plan.site.files:
        if path in plan.facts and path not in plan.documents:
            continue
        data = documents[path] if path in documents else _text_file(root / path)
        for name in _named(data, names):
            candidates -= names[name]
    return frozenset(candidates)


def _text_file(path: Path) -> bytes:
    """A file's bytes; empty if it holds no text."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if b"\0" in head and head[:2] not in _UTF16:
            return b""
        return head + file.read()


def _named(data: bytes, names: Iterable[str]) -> Iterator[str]:
    """Those of the folded file names that stand in a text, however they are written there."""
    lengths = sorted({len(name) for name in names})
    for text in _readings(data):
        for suffix in _SUFFIX.finditer(text):
            for length in lengths:
                start = suffix.end() - length
                name = text[max(0, start) : suffix.end()]
                if name in names and not (start and _goes_on(text[start - 1])):
                    yield name


def _goes_on(before: str) -> bool:
    """True if a name does not start after this character: "1.jpg" is not in "photo-1.jpg"."""
    return before.isalnum() or before in "-_"


def _readings(data: bytes) -> Iterator[str]:
    """A text as it may have been meant: by encoding, and with its escapes resolved."""
    codec = _UTF16.get(data[:2])
    texts = [data.decode(codec, "replace")] if codec else [data.decode("utf-8", "surrogateescape")]
    if not codec and not texts[0].isascii():
        texts.append(data.decode("cp1252", "replace"))
    for text in texts:
        yield _folded(text)
        plain = html.unescape(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), text))
        plain = unquote(plain, errors="surrogateescape")
        if plain != text:
            yield _folded(plain)


def _folded(text: str) -> str:
    """Addresses that differ in case or composition may mean the same file."""
    return unicodedata.normalize("NFC", text).casefold()
