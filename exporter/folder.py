"""The site's folder as it is read, and the output folder, which appears whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path

from exporter.exchange import exchange

# The folder of everything that an export adds to a site.
PLIC = "_plic"
# How the export of a site is configured: in its folder, and no part of it.
CONFIGURATION = "plic.toml"
# A repository's own folders are no part of the site, and publishing them gives it away.
NOT_THE_SITE = frozenset({".git", ".hg", ".svn"})


class FolderError(ValueError):
    """The site or the output folder cannot be used; the message says what to do."""


@dataclass
class Site:
    """The files of a site.

    Attributes:
        root: its folder, resolved.
        files: paths of regular files relative to it, with "/", sorted.
        links: symbolic links that lead to something inside, to be kept as links.
        refused: what was not taken over, with the reason.
    """

    root: Path
    files: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def scan(folder: Path) -> Site:
    """List the files of a site.

    Raises:
        FolderError: there is no such folder, or it is an export already.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder}: no such folder")
    site = Site(folder.resolve())
    if (site.root / PLIC).exists():
        raise FolderError(
            f"{folder}: holds {PLIC}/, so it is an export already; name the original site"
        )

    def unlisted(error: OSError) -> None:
        path = Path(error.filename).relative_to(site.root).as_posix()
        site.refused[path] = f"a folder that cannot be listed ({error.strerror})"

    for parent, folders, files in os.walk(site.root, onerror=unlisted, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in NOT_THE_SITE)
        for name in [*folders, *files]:
            _take(site, Path(parent, name))
    site.files.sort()
    return site


def _take(site: Site, path: Path) -> None:
    relative = path.relative_to(site.root).as_posix()
    if path.is_symlink():
        target = path.readlink()
        try:
            leads_to = path.resolve()
        except (OSError, RuntimeError):  # a loop
            site.refused[relative] = "a symbolic link to nothing"
            return
        if target.is_absolute() or not leads_to.is_relative_to(site.root):
            site.refused[relative] = "a symbolic link out of the site's folder"
        elif path.exists():
            site.links.append(relative)
        else:
            site.refused[relative] = "a symbolic link to nothing"
    elif path.is_file():
        if relative == CONFIGURATION:
            return
        if os.access(path, os.R_OK):
            site.files.append(relative)
        else:
            site.refused[relative] = "cannot be read (no permission)"
    elif not path.is_dir():
        site.refused[relative] = "not a regular file"


def check_output(out: Path, site: Path) -> None:
    """Refuse an output folder in which something could be lost.

    Raises:
        FolderError: `out` and `site` contain one another, or `out` holds something that is
            not an earlier export.
    """
    target, source = out.resolve(), site.resolve()
    if target.is_relative_to(source) or source.is_relative_to(target):
        raise FolderError(f"{out}: the output folder and the site must not contain one another")
    if not out.exists():
        return
    if not out.is_dir():
        raise FolderError(f"{out}: is a file; name a folder to write the export to")
    if any(out.iterdir()) and not _is_export(out):
        raise FolderError(
            f"{out}: is not empty and not an earlier export; choose an empty or a new folder"
        )


def _is_export(folder: Path) -> bool:
    try:
        content = json.loads((folder / PLIC / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("plic") == 1


@contextlib.contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A new folder that takes the place of `out` when the block ends well.

    Until then `out` stays as it was; if the block raises, nothing changes at all. Where the
    system can exchange two folders, there is no moment without one.
    """
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(out)
    partial, previous = (_sibling(out, kind, os.getpid()) for kind in ("new", "old"))
    partial.mkdir()
    try:
        yield partial
        if not (out.exists() and exchange(partial, out)):
            if out.exists():
                out.rename(previous)
            partial.rename(out)
    except BaseException:
        if previous.exists() and not out.exists():
            previous.rename(out)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(previous, ignore_errors=True)


def _sibling(out: Path, kind: str, process: int) -> Path:
    return out.with_name(f".{out.name}.plic-{kind}-{process}")


def _clear_leftovers(out: Path) -> None:
    """Undo what a killed export left: bring back a moved output, drop a half-written one."""
    for found in sorted(out.parent.glob(f".{_escaped(out.name)}.plic-*-*"), reverse=True):
        _, kind, process = found.name.removeprefix(f".{out.name}.").split("-")
        if not process.isdigit() or _is_running(int(process)):
            continue
        if kind == "old" and not out.exists():
            found.rename(out)
        else:
            shutil.rmtree(found, ignore_errors=True)


def _escaped(name: str) -> str:
    """A file name as a glob pattern that matches only itself."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def copy_site(site: Site, target: Path, skip: Set[str]) -> None:
    """Copy every file byte for byte, with its times, except those in `skip`."""
    for relative in site.files:
        destination = target / relative
        destination.parent.mkdir(parents=True, exist_ok=True)
        if relative not in skip:
            shutil.copy2(site.root / relative, destination)
    for relative in site.links:
        destination = target / relative
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.symlink_to((site.root / relative).readlink())
