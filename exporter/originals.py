"""Where the originals of reconstructed pictures are: in the output, elsewhere, or nowhere."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

KEEP, DROP = "keep", "drop"

# A full address goes into headers and scripts as it is, so it must be encoded already.
_NO_ADDRESS = re.compile(r"[^!-~]|[<>\"'\\?#]")


class OriginalsError(ValueError):
    """Neither "keep" nor "drop" nor the address of a folder."""


@dataclass(frozen=True)
class Originals:
    """What an output does with the originals.

    Attributes:
        kept_at: "keep", "drop", or the address, ending in "/", of a copy of the site's folder.
        reconstructed: paths of the pictures that are; all others are in the output.
        dropped: paths of the files that the output leaves out.
    """

    kept_at: str = KEEP
    reconstructed: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()

    def address(self, path: str) -> str:
        """A picture's address from the site's folder, percent-encoded; "" if it has none."""
        encoded = quote(os.fsencode(path))
        if self.kept_at == KEEP or path not in self.reconstructed:
            return encoded
        return "" if self.kept_at == DROP else self.kept_at + encoded

    def named(self, path: str) -> str:
        """The same for the manifest, in which paths of the site stand as they are."""
        return path if self.kept_at == KEEP else self.address(path)

    @property
    def style(self) -> str:
        """What the stylesheets of pages say besides: the notice offers what is there."""
        return ".plic label{display:none}\n" if self.kept_at == DROP else ""


def originals_of(text: str) -> str:
    """What `--originals` says: "keep", "drop", or an address, made to end in "/".

    Raises:
        OriginalsError: it is none of these.
    """
    if text in (KEEP, DROP):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc or _NO_ADDRESS.search(text):
        raise OriginalsError(text)
    return text.rstrip("/") + "/"
