"""What an export was made from and what it wrote: tells whether a new one would differ."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exporter.cache import CACHE, engine_versions
from exporter.codec import Codec
from exporter.configuration import Configuration
from exporter.folder import PLIC, Site
from exporter.shim import Shim

# Reading and hashing both let other threads run.
_THREADS = 4
# Of many differences, one line has room for so many.
_NAMED = 3
# Of what was asked for, all that its owner did not ask for by name.
_MADE_BY = ("codec", "versions", "script", "style")


@dataclass(frozen=True)
class Record:
    """Kept in the output's cache file.

    Attributes:
        asked: every setting and version that changes the output, by name.
        site: what every file of the site was, by path: its SHA-256, or where a link leads.
        output: the same of every file of the output but the one that holds this.
        outcome: what the export reported, see `exporter.outcome`.
    """

    asked: dict[str, Any]
    site: dict[str, str]
    output: dict[str, str]
    outcome: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, what `Record(**values)` takes."""
        return asdict(self)

    @classmethod
    def of(cls, out: Path) -> Record | None:
        """The record of an earlier export; None if there is none that can be read."""
        try:
            return cls(**json.loads((out / PLIC / CACHE).read_bytes())["record"])
        except (OSError, ValueError, TypeError, KeyError):
            return None


def asked_of(configuration: Configuration, codec: Codec, shim: Shim) -> dict[str, Any]:
    """Every setting and version that changes an output, as plain JSON values by name."""
    style = hashlib.sha256(shim.style.encode()).hexdigest()
    made_by = (codec.settings, engine_versions(), shim.entry, style)
    return configuration.to_json() | dict(zip(_MADE_BY, made_by, strict=True))


def site_state(site: Site) -> dict[str, str]:
    """What every file of a site is now, by path."""
    links = {path: _link(site.root / path) for path in site.links}
    refused = {path: f"refused: {reason}" for path, reason in site.refused.items()}
    return _digests(site.root, site.files) | links | refused


def output_state(out: Path) -> dict[str, str]:
    """What every file of an output is now, by path, but the one that holds the record."""
    files: list[str] = []
    links: dict[str, str] = {}
    for parent, folders, names in os.walk(out):
        for name in (*folders, *names):
            path = Path(parent, name)
            if path.is_symlink():
                links[path.relative_to(out).as_posix()] = _link(path)
            elif name in names:
                files.append(path.relative_to(out).as_posix())
    state = _digests(out, files) | links
    state.pop(f"{PLIC}/{CACHE}", None)
    return state


def staleness(record: Record, asked: Mapping[str, Any], site: Site, out: Path) -> str:
    """What makes an output another than an export would write now, in one line; "" if nothing."""
    # Values that went through JSON once are compared with such values.
    now = json.loads(json.dumps(asked))
    # What changes a pack's settings changes the codec too; the setting is the better answer.
    for name in sorted(record.asked.keys() | now.keys(), key=lambda name: (name in _MADE_BY, name)):
        before, after = record.asked.get(name), now.get(name)
        if before != after:
            return _setting(name, before, after)
    return (
        _differences(record.site, site_state(site), "{path} was {what} since the export")
        or _differences(record.output, output_state(out), f"{out}/{{path}} was {{what}} by others")
        or ""
    )


def _setting(name: str, before: Any, after: Any) -> str:
    if name in _MADE_BY:
        return "the output was made by another pack, another version of plic or of what it uses"
    if isinstance(before, list) or isinstance(after, list):
        return f"the setting {name!r} has changed"
    return f"the setting {name!r} was {_said(before)}, now it is {_said(after)}"


def _said(value: Any) -> str:
    return "not set" if value is None else json.dumps(value)


def _differences(before: Mapping[str, str], after: Mapping[str, str], line: str) -> str:
    names = sorted(before.keys() | after.keys())
    different = [name for name in names if before.get(name) != after.get(name)]
    told = [
        line.format(
            path=name,
            what="added" if name not in before else "deleted" if name not in after else "changed",
        )
        for name in different[:_NAMED]
    ]
    if len(different) > _NAMED:
        told.append(f"{len(different) - _NAMED} more")
    return "; ".join(told)


def _digests(root: Path, files: Iterable[str]) -> dict[str, str]:
    paths = list(files)
    of_file: Callable[[str], str] = lambda path: _file_digest(root / path)  # noqa: E731
    with ThreadPoolExecutor(_THREADS) as pool:
        return dict(zip(paths, pool.map(of_file, paths), strict=True))


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:  # gone since it was listed
        return ""


def _link(path: Path) -> str:
    return f"link: {path.readlink()}"
