"""From an address in a page to a file of the site, and back to relative addresses."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_DOT = re.compile(r"\.|%2e", re.I)


@dataclass(frozen=True)
class Place:
    """Where relative addresses of a document start.

    Attributes:
        folder: the folder's path in the site, percent-encoded, "" for the root; None where a
            `base href` leads to another host.
        from_root: the document's addresses are written from the root ("/images/a.jpg").
    """

    folder: str | None
    from_root: bool = False

    def based_on(self, href: str) -> Place:
        """The place that a `base href` in a document at this place leads to."""
        href = _clean(href)
        if not href or href[0] in "?#":
            return self
        if _SCHEME.match(href) or href.startswith("//") or self.folder is None:
            return Place(None)
        path = _split(href)
        joined = path if path.startswith("/") else posixpath.join("/", self.folder, path)
        segments = _normal(joined[: joined.rindex("/")])
        # What a browser clamps to the root may lie elsewhere once the site is in a subfolder.
        return Place(None) if segments is None else Place("/".join(segments), path.startswith("/"))


class AddressError(ValueError):
    """The address does not name a file of the site; the message says why."""


class ElsewhereError(AddressError):
    """The address is another host's, or holds its data itself: nothing of this site's."""


def place_of(path: str) -> Place:
    """Where the relative addresses of the site's file `path` start."""
    return Place(quote(os.fsencode(posixpath.dirname(path))))


def file_of(address: str, place: Place, site: Path) -> str:
    """The path, relative to `site` and with "/", of the file that an address names.

    Args:
        address: as it stands in the document, character references resolved.
        place: where the document's relative addresses start.
        site: the site's folder, resolved.

    Raises:
        ElsewhereError: it is another host's, a `data:` address or empty.
        AddressError: it names no file, or one outside the site's folder.
    """
    address = _clean(address)
    if not address or _SCHEME.match(address) or address.startswith(("//", "#", "?")):
        raise ElsewhereError("not a file of this site")
    if place.folder is None:
        raise ElsewhereError("relative to a base on another host")
    path = _split(address)
    segments = _normal(path if path.startswith("/") else f"/{place.folder}/{path}")
    if segments is None:
        raise AddressError("points above the site's folder")
    try:
        name = os.fsdecode(unquote_to_bytes(os.fsencode("/".join(segments))))
    except UnicodeError:
        raise AddressError("holds a character that no file name has") from None
    if "\0" in name or "\\" in name:
        raise AddressError("holds a character that no file name has")
    try:
        found = (site / name).resolve()
        is_file = found.is_file()
    except (OSError, RuntimeError):
        is_file = False
    if not is_file:
        raise AddressError("no such file in the site's folder")
    if not found.is_relative_to(site):
        raise AddressError("leads outside the site's folder")
    return found.relative_to(site).as_posix()


def address_of(path: str, place: Place) -> str:
    """The address, for a document at `place`, of a file of the site.

    Args:
        path: relative to the site's folder, with "/".

    Raises:
        ValueError: the place is on another host.
    """
    if place.folder is None:
        raise ValueError("no relative address leads here from another host's base")
    if place.from_root:
        return "/" + quote(os.fsencode(path))
    start = os.fsdecode(unquote_to_bytes(os.fsencode(place.folder)))
    return quote(os.fsencode(posixpath.relpath("/" + path, "/" + start)))


def starts_at_root(address: str) -> bool:
    """True for "/images/a.jpg": the author wants it to work from any depth, as in 404.html."""
    address = _clean(address)
    return address.startswith("/") and not address.startswith("//")


def _clean(address: str) -> str:
    """What browsers drop or read otherwise (URL standard, basic parser)."""
    cleaned = re.sub(r"[\t\n\r]", "", address.strip("".join(map(chr, range(33)))))
    return cleaned if _SCHEME.match(cleaned) else cleaned.replace("\\", "/")


def _split(address: str) -> str:
    """The path without query and fragment."""
    return re.split(r"[?#]", address, maxsplit=1)[0]


def _normal(path: str) -> list[str] | None:
    """The segments of an absolute path without "." and ".."; None if it climbs too high."""
    segments: list[str] = []
    for segment in path.split("/"):
        dots = len(_DOT.sub("", segment)) == 0 and len(_DOT.findall(segment))
        if dots == 2:
            if not segments:
                return None
            segments.pop()
        elif segment and dots != 1:
            segments.append(segment)
    return segments
