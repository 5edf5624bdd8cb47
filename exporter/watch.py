"""Doing something again whenever a folder's files change."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from exporter.folder import NOT_THE_SITE

# By path: time of the last change in nanoseconds, size, and which file it is.
Snapshot = dict[str, tuple[int, int, int]]

INTERVAL = 1.0
SETTLED = 0.5


def watch(
    folder: Path,
    files: list[Path],
    act: Callable[[], None],
    stop: threading.Event,
    *,
    interval: float = INTERVAL,
    settled: float = SETTLED,
) -> None:
    """Call `act` now, and again after every change below `folder` or of one of `files`.

    A generator writes its files over seconds, so a change counts once nothing else has
    changed for a while. What changes while `act` works leads to another call.

    Args:
        files: further ones, which need not exist.
        act: must not raise; what it cannot do now it may be able to do after the next change.
        stop: ends the watch.
        interval: seconds between two looks at the files.
        settled: seconds without a change after which a change counts.
    """
    while not stop.is_set():
        seen = snapshot(folder, files)
        act()
        while not stop.wait(interval) and snapshot(folder, files) == seen:
            pass
        seen = {}
        while not stop.is_set() and (now := snapshot(folder, files)) != seen:
            seen = now
            stop.wait(settled)


def snapshot(folder: Path, files: list[Path]) -> Snapshot:
    """What tells whether a file has changed, without reading any."""
    found: Snapshot = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in NOT_THE_SITE]
        for name in (*folders, *names):
            _note(found, os.path.join(parent, name))  # noqa: PTH118 - in a hot loop
    for file in files:
        _note(found, os.fspath(file))
    return found


def _note(found: Snapshot, path: str) -> None:
    try:
        status = os.lstat(path)
    except OSError:
        return
    found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
