"""One export at a time to one output folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from exporter.folder import FolderError


@contextlib.contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the output folder for this process; the lock goes with the process, however it ends.

    Raises:
        FolderError: another export is writing to `out`.
    """
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    path = out.with_name(f".{out.name}.plic-lock")
    file = _held(path, out)
    try:
        os.truncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(file)


def _held(path: Path, out: Path) -> int:
    """A descriptor of the lock file, which is there and locked by this process."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 32, 0).decode("ascii", "replace").strip()
            os.close(file)
            raise FolderError(
                f"{out}: another export (process {holder or 'unknown'}) is writing to it; "
                "wait for its end"
            ) from None
        except BaseException:
            os.close(file)
            raise
        # The one that held the lock before removed its file: a lock on that holds off nobody.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        os.close(file)
