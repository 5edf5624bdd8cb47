"""The export's manifest as the edge needs it: which pictures, in which exact sizes."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plic_web.edge.errors import ManifestError

#: A manifest of this size lists some 200,000 pictures; a larger file is a mistake.
MAX_MANIFEST_BYTES = 64 << 20
#: The format's own limits: no reconstruction is larger than a payload may be.
MAX_SIDE = 4096
MAX_PIXELS = 16_000_000

_DIGEST = re.compile(r"[0-9a-f]{16}")
_log = logging.getLogger("plic.edge")


@dataclass(frozen=True)
class Picture:
    """One payload: its digest, the original's URL or "", the exact size of each width offered."""

    digest: str
    original: str
    sizes: Mapping[int, tuple[int, int]]


class Manifest:
    """`_plic/manifest.json`, read once and again whenever the file changes.

    Thread-safe. A change that cannot be read is logged once and the last good one stays.

    Raises:
        ManifestError: (constructor) the first reading fails.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp = self._stat()
        self._pictures = _load(path)

    def picture(self, digest: str) -> Picture | None:
        """The picture of that digest, or None where the export has none."""
        self._refresh()
        return self._pictures.get(digest)

    def _stat(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_size, found.st_ino)

    def _refresh(self) -> None:
        if (stamp := self._stat()) == self._stamp:
            return
        with self._lock:
            if stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                self._pictures = _load(self._path)
            except ManifestError as error:
                _log.error("the manifest changed but the last good one stays: %s", error)


def _load(path: Path) -> dict[str, Picture]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({error.strerror}); run plic export") from None
    if len(data) > MAX_MANIFEST_BYTES:
        raise ManifestError(f"{path}: expected at most {MAX_MANIFEST_BYTES} bytes")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{path}: not JSON ({error}); run plic export again") from None
    if not isinstance(content, dict) or content.get("plic") != 1:
        raise ManifestError(f'{path}: expected a manifest with "plic": 1')
    entries = content.get("pictures")
    if not isinstance(entries, dict):
        raise ManifestError(f'{path}: expected an object under "pictures"')
    pictures = {}
    for digest, entry in entries.items():
        if (picture := _picture(digest, entry)) is None:
            _log.warning("%s: picture %.40r is not usable and is left out", path, digest)
        else:
            pictures[digest] = picture
    return pictures


def _picture(digest: str, entry: Any) -> Picture | None:
    """The entry as a Picture, or None where it breaks the format's limits."""
    if not _DIGEST.fullmatch(digest) or not isinstance(entry, dict):
        return None
    original, sizes = entry.get("original"), entry.get("sizes")
    if not isinstance(original, str) or not isinstance(sizes, dict) or not sizes:
        return None
    checked: dict[int, tuple[int, int]] = {}
    for width, size in sizes.items():
        match size:
            case [int(w), int(h)] if (
                str(w) == width
                and 1 <= w <= MAX_SIDE
                and 1 <= h <= MAX_SIDE
                and w * h <= MAX_PIXELS
            ):
                checked[w] = (w, h)
            case _:
                return None
    return Picture(digest, original, checked)
