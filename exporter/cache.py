"""What an earlier export of the same site already worked out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from exporter.folder import PLIC

CACHE = "cache.json"
# Raised when the exporter itself makes other files from the same picture and settings.
_GENERATION = 1


def engine_versions() -> str:
    """What besides the picture and the settings decides the bytes of a result."""
    packages = ("plic-web", "pillow", "opencv-python-headless", "numpy")
    return " ".join([str(_GENERATION), *(f"{name}-{version(name)}" for name in packages)])


def key(*parts: object) -> str:
    """A name for a result, from everything that it depends on."""
    return hashlib.sha256(json.dumps([engine_versions(), *parts]).encode()).hexdigest()


@dataclass
class Cache:
    """Results by key, and the files that belong to them in the earlier output.

    Only what this run asked for is kept for the next one.
    """

    folder: Path
    before: dict[str, Any] = field(default_factory=dict)
    now: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, out: Path) -> Cache:
        """The cache of an earlier export; empty if there is none that can be read."""
        folder = out / PLIC
        try:
            content = json.loads((folder / CACHE).read_bytes())["results"]
        except (OSError, ValueError, TypeError, KeyError):
            content = None
        return cls(folder, content if isinstance(content, dict) else {})

    def get(self, key: str) -> Any:
        """The result under this key, or None; using it keeps it."""
        if key in self.before and key not in self.now:
            self.now[key] = self.before[key]
        return self.now.get(key)

    def put(self, key: str, result: Any) -> None:
        """Keep a result, plain JSON values."""
        self.now[key] = result

    def files(self, digests: dict[str, str]) -> dict[str, bytes] | None:
        """The files named, from the earlier output; None if one is missing or changed.

        Args:
            digests: SHA-256 in hexadecimal by file name below `_plic/`.
        """
        found: dict[str, bytes] = {}
        for name, digest in digests.items():
            try:
                data = (self.folder / name).read_bytes()
            except OSError:
                return None
            if hashlib.sha256(data).hexdigest() != digest:
                return None
            found[name] = data
        return found

    def to_bytes(self, record: dict[str, Any]) -> bytes:
        """The file to leave in the output, with the export's record; the same for the same."""
        content = {"record": record, "results": self.now}
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def digests_of(files: dict[str, bytes]) -> dict[str, str]:
    """SHA-256 in hexadecimal of each file."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
