"""The exported folder as a website: which file answers which path, and with which headers."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

#: Files under `_plic/` that concern only the exporter: its cache, and the originals' markup.
PRIVATE_EXPORT_FILES = frozenset({"cache.json", "edits.json"})

#: The one dotted folder that is public by its own standard (RFC 8615: security.txt, ...).
PUBLIC_DOT_FOLDER = ".well-known"

#: Names that carry the digest of their content: such a file never changes.
_DIGEST_NAMED = re.compile(
    r"_plic/(?:[0-9a-f]{8,64}\.(?:plic|bases|css|webp)|[\w-]+\.[0-9a-f]{8}\.m?js)"
)

#: Types by last suffix. Fixed here: the system's own tables differ between machines and lack
#: the newer ones. No charset: the site's pages declare their own, in whichever encoding.
_TYPES = {
    "avif": "image/avif",
    "bmp": "image/bmp",
    "css": "text/css",
    "csv": "text/csv",
    "eot": "application/vnd.ms-fontobject",
    "gif": "image/gif",
    "gz": "application/gzip",
    "htm": "text/html",
    "html": "text/html",
    "ico": "image/x-icon",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "jxl": "image/jxl",
    "m4a": "audio/mp4",
    "map": "application/json",
    "md": "text/markdown",
    "mjs": "text/javascript",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "rss": "application/rss+xml",
    "svg": "image/svg+xml",
    "svgz": "image/svg+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "ttf": "font/ttf",
    "txt": "text/plain",
    "vtt": "text/vtt",
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
    "zip": "application/zip",
}


@dataclass(frozen=True)
class Found:
    """A file of the site, or a folder whose address lacks its closing slash (`path` None)."""

    path: Path | None


class SiteFiles:
    """Looks paths up under one root; nothing outside it, through a link or not, is found."""

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)

    def find(self, path: str) -> Found | None:
        """The file for a request's path, decoded, without its leading slash; None: not found.

        A path that ends in a slash, or is empty, means that folder's index.html.
        """
        folder = not path or path.endswith("/")
        names = path.removesuffix("/").split("/") if path else []
        if not _is_public(names):
            return None
        wanted = "/".join([self._root, *names, *(["index.html"] if folder else [])])
        try:
            real = os.path.realpath(wanted, strict=True)
            mode = os.stat(real).st_mode  # noqa: PTH116 - a str all the way: no Path per miss
        except (OSError, ValueError):  # absent, a loop, a name too long; or a NUL in it
            return None
        if not real.startswith(self._root + "/"):
            return None
        if stat.S_ISREG(mode):
            return Found(Path(real))
        if stat.S_ISDIR(mode) and not folder and self.find(path + "/") is not None:
            return Found(None)
        return None


def _is_public(names: list[str]) -> bool:
    for index, name in enumerate(names):
        if not name or "\0" in name:
            return False
        if name.startswith(".") and not (index == 0 and name == PUBLIC_DOT_FOLDER):
            return False
    # casefold: some file systems would find `_plic/EDITS.json` too.
    folded = [name.casefold() for name in names]
    return not (len(folded) == 2 and folded[0] == "_plic" and folded[1] in PRIVATE_EXPORT_FILES)


def content_type(path: Path) -> str:
    """The media type of a file by its name; unknown ones are downloads."""
    return _TYPES.get(path.suffix[1:].lower(), "application/octet-stream")


def content_encoding(path: Path) -> str | None:
    """gzip for .svgz, whose type is that of what is compressed in it; else None."""
    return "gzip" if path.suffix.lower() == ".svgz" else None


def cache_control(path: str, site_max_age: int) -> str:
    """Cache-Control for a file of the site by its request path."""
    if _DIGEST_NAMED.fullmatch(path):
        return "public, max-age=31536000, immutable"
    return f"public, max-age={site_max_age}" if site_max_age else "no-cache"
