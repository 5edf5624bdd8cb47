"""From an address in a page to a file of the site, and back to relative addresses."""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_ORIGIN = re.compile(r"(?:https?:)?//([^/?#]*)", re.I)
_USUAL_PORT = re.compile(r":(?:80|443)?$")
_SAFE_IN_ATTRIBUTES = "/%:@!$*+,;=~"
_DOT = re.compile(r"\.|%2e", re.I)


@dataclass(frozen=True)
class Home:
    """Where the site is published: `https://example.org/blog/` is host and folder.

    Attributes:
        host: in lower case, with the port if it is not the usual one.
        folder: percent-encoded, without "/" at its ends; "" for a site at the host's root.
    """

    host: str
    folder: str = ""

    def path_of(self, address: str) -> str | None:
        """The path of an address on this host, with query; None for every other host's."""
        match = _ORIGIN.match(address)
        if not match or host_of(match[1]) != self.host:
            return None
        rest = address[match.end() :]
        return rest if rest.startswith("/") else f"/{rest}"

    def inside(self, path: str) -> str | None:
        """A path of this host as one from the site's root; None if it is not the site's."""
        if not self.folder:
            return path
        found = path.removeprefix(f"/{self.folder}")
        return found if found != path and found.startswith("/") else None


@dataclass(frozen=True)
class Place:
    """Where relative addresses of a document start.

    Attributes:
        folder: the folder's path in the site, percent-encoded, "" for the root; None where a
            `base href` leads to another host.
        from_root: the document's addresses are written from the root ("/images/a.jpg").
        home: where the site is published, if that is known.
    """

    folder: str | None
    from_root: bool = False
    home: Home | None = None

    def based_on(self, href: str) -> Place:
        """The place that a `base href` in a document at this place leads to."""
        href = _clean(href)
        if not href or href[0] in "?#":
            return self
        path, from_root = self._from_root(href), _is_rooted(href)
        if self.folder is None or (path is None and (_is_absolute(href) or from_root)):
            return replace(self, folder=None)
        path = posixpath.join("/", self.folder, _split(path or href))
        segments = _normal(path[: path.rindex("/")])
        if segments is None:
            # What a browser clamps to the root may lie elsewhere once the site is in a subfolder.
            return replace(self, folder=None)
        return replace(self, folder="/".join(segments), from_root=from_root)

    def starts_at_root(self, address: str) -> bool:
        """True for "/images/a.jpg", which the author wants to work from any depth, as in 404.html.

        So does an address with the site's own host, where that shows the site at its root.
        """
        address = _clean(address)
        if self.home and not self.home.folder and self.home.path_of(address):
            return True
        return _is_rooted(address)

    def _from_root(self, address: str) -> str | None:
        """The path, from the site's root, that an absolute address or path of the site names."""
        path: str | None = address
        if _is_absolute(address):
            path = self.home.path_of(address) if self.home else None
        if path is None or not path.startswith("/"):
            return None
        return self.home.inside(path) if self.home else path


class AddressError(ValueError):
    """The address does not name a file of the site; the message says why."""


class ElsewhereError(AddressError):
    """The address is another host's, or holds its data itself: nothing of this site's."""


def place_of(path: str, home: Home | None = None) -> Place:
    """Where the relative addresses of the site's file `path` start."""
    return Place(quote(os.fsencode(posixpath.dirname(path))), home=home)


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
    if place.folder is None:
        raise ElsewhereError("relative to a base on another host")
    path = place._from_root(address)
    if not address or address[0] in "#?" or (path is None and _is_absolute(address)):
        raise ElsewhereError("not a file of this site")
    if path is None and address.startswith("/"):
        raise AddressError("lies outside the folder in which the site is published")
    path = _split(path or f"/{place.folder}/{address}")
    segments = _normal(path)
    if segments is None:
        raise AddressError("points above the site's folder")
    try:
        name = os.fsdecode(unquote_to_bytes(os.fsencode("/".join(segments))))
    except UnicodeError:
        raise AddressError("holds a character that no file name has") from None
    if "\0" in name or "\\" in name:
        raise AddressError("holds a character that no file name has")
    found = None if path.endswith(("/", "/.", "/..")) else _find(site, name)
    if not found:
        raise AddressError("no such file in the site's folder")
    if not found.is_relative_to(site):
        raise AddressError("leads outside the site's folder")
    return found.relative_to(site).as_posix()


def _find(site: Path, name: str) -> Path | None:
    """The file of that name, or the only one whose name differs in case or composition.

    Sites that grew on hosts which do not tell `A.JPG` from `a.jpg` have such addresses.
    """
    try:
        found = (site / name).resolve()
        if found.is_file():
            return found
        if (site / name).exists():
            return None
        found = site
        for segment in name.split("/"):
            if segment == "..":
                return None
            alike = [found / segment]
            if not alike[0].exists():
                alike = [path for path in found.iterdir() if _folded(path.name) == _folded(segment)]
            if len(alike) != 1:
                return None
            found = alike[0]
        found = found.resolve()
        return found if found.is_file() else None
    except (OSError, RuntimeError):
        return None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


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
        folder = place.home.folder if place.home else ""
        # What would end an attribute, or stand for something else in one, does not come in.
        folder = f"/{quote(folder, safe=_SAFE_IN_ATTRIBUTES)}" if folder else ""
        return f"{folder}/{quote(os.fsencode(path))}"
    start = os.fsdecode(unquote_to_bytes(os.fsencode(place.folder)))
    return quote(os.fsencode(posixpath.relpath("/" + path, "/" + start)))


def _clean(address: str) -> str:
    """What browsers drop or read otherwise (URL standard, basic parser)."""
    cleaned = re.sub(r"[\t\n\r]", "", address.strip("".join(map(chr, range(33)))))
    return cleaned if _SCHEME.match(cleaned) else cleaned.replace("\\", "/")


def _is_absolute(address: str) -> bool:
    return bool(_SCHEME.match(address)) or address.startswith("//")


def _is_rooted(address: str) -> bool:
    return address.startswith("/") and not address.startswith("//")


def host_of(authority: str) -> str:
    """A host as `Home` has it, of what stands between "//" and "/" in an address."""
    return _USUAL_PORT.sub("", authority.lower())


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
