"""The disk cache of finished pictures: bounded in bytes, least recently used out.

Any number of processes may share one folder. A file appears by rename, so a reader sees all
of it or nothing; each carries its own checksum, so what a crash or a bad disk left behind is
a miss, never an answer. Last use is the file's modification time.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import re
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HEADER = struct.Struct("<8sQ16s")
_MAGIC = b"plicedg1"
_KEY = re.compile(r"[0-9a-f]{32}")
#: Evicting down to nine tenths makes room for many pictures with one scan of the folder.
_KEEP_SHARE = 0.9
#: Temporary files older than this belong to a process that died.
_STALE_SECONDS = 3600

_log = logging.getLogger("plic.edge")


class DiskCache:
    """Finished pictures by key.

    Args:
        folder: made where missing, private to this user.
        limit: bytes of all files together (their sizes, headers included).

    Raises:
        OSError: (constructor) the folder cannot be made or written.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        self._lock_path = folder / "lock"
        self._counted = False
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def get(self, key: str) -> bytes | None:
        """The picture's bytes, now the most recently used; None where there is none."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        body = data[_HEADER.size :]
        if data[: _HEADER.size] != _header(body):
            _log.warning("%s: damaged cache file, removed", path)
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):  # evicted since: the bytes in hand are still good
            os.utime(path)
        return body

    def put(self, key: str, body: bytes) -> None:
        """Keep a picture, evicting others where the bound asks for it.

        A body larger than the whole bound is not kept. A full or failing disk is logged, not
        raised: the picture in hand can still be served.
        """
        size = _HEADER.size + len(body)
        if not body or size > self.limit:
            return
        try:
            self._write(self._path(key), body, size)
        except OSError as error:
            _log.error("cannot write to the cache %s: %s", self.folder, error)

    def total(self) -> int:
        """Bytes held, as last written down."""
        try:
            return int(self._lock_path.read_text() or 0)
        except (OSError, ValueError):
            return 0

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"expected 32 hex digits for a cache key, got {key!r}")
        return self.folder / key[:2] / key

    def _write(self, path: Path, body: bytes, size: int) -> None:
        path.parent.mkdir(exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix="new-", dir=self.folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_header(body) + body)
                file.flush()
                # Without it a power cut can leave the new name on an empty file.
                os.fsync(file.fileno())
            with self._locked() as lock:
                total = self._count() + size - _size(path)
                # Evict first, so that the bound holds at every moment.
                if total > self.limit:
                    total = self._evict(self.limit * _KEEP_SHARE - size) + size
                Path(temporary).replace(path)
                self._write_total(lock, total)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def _count(self) -> int:
        """Bytes held. Counted afresh by each writer once: a crash may have lost a number."""
        if self._counted:
            return self.total()
        self._counted = True
        self._drop_stale()
        return sum(size for _, size, _ in self._files())

    def _evict(self, target: float) -> int:
        """Remove the least recently used until at most `target` bytes are left; those left."""
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if total <= target:
                break
            path.unlink(missing_ok=True)
            total -= size
        return total

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        """(last use in ns, bytes, path) of every picture; foreign files are not counted."""
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            if _KEY.fullmatch(path.name):
                with suppress(OSError):
                    found = path.stat()
                    yield found.st_mtime_ns, found.st_size, path

    def _drop_stale(self) -> None:
        for path in self.folder.glob("new-*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                    path.unlink()

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The folder's lock, across processes; yields the lock file's descriptor."""
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)  # closing also unlocks

    @staticmethod
    def _write_total(lock: int, total: int) -> None:
        # Fixed width: one write replaces all of the old number.
        os.pwrite(lock, f"{total:020d}".encode(), 0)


def _header(body: bytes) -> bytes:
    checksum = hashlib.blake2b(body, digest_size=16).digest()
    return _HEADER.pack(_MAGIC, len(body), checksum)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
