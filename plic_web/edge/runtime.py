"""The private folder that the processes of one running edge share."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from plic_web.edge.rendition import Identity

#: A picture that was being decoded when this many decode processes died is not tried again.
STRIKES = 2


class Runtime:
    """Paths in that folder, and the few words that the decode process leaves in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls) -> Runtime:
        """A new folder that only this user can enter (mkdtemp makes it 0700)."""
        return cls(Path(tempfile.mkdtemp(prefix="plic-edge-")))

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def socket(self) -> Path:
        """The decode process's Unix socket."""
        return self.folder / "decoder.sock"

    def write_identity(self, identity: Identity) -> None:
        """Say which pack and engine decode here; it stays while the process restarts."""
        self._replace("identity.json", json.dumps(asdict(identity)))

    def identity(self) -> Identity | None:
        """What `write_identity` said last; None before the first decoder was ready."""
        try:
            return Identity(**json.loads((self.folder / "identity.json").read_bytes()))
        except OSError:
            return None

    def write_failure(self, text: str) -> None:
        """Say why the decode process cannot start."""
        self._replace("failure.txt", text)

    def take_failure(self) -> str:
        """What `write_failure` said since the last call, or an empty text."""
        path = self.folder / "failure.txt"
        with suppress(OSError):
            text = path.read_text()
            path.unlink()
            return text
        return ""

    @contextmanager
    def working_on(self, digest: str) -> Iterator[None]:
        """Note which picture is decoded, for `blame`, should the process not survive it."""
        self._replace("working.txt", digest)
        yield
        (self.folder / "working.txt").unlink()

    def blame(self) -> str | None:
        """After a decode process died: the digest that it was working on, with one more strike."""
        path = self.folder / "working.txt"
        try:
            digest = path.read_text()
            path.unlink()
        except OSError:
            return None
        self._replace(f"strikes-{digest}.txt", str(self.strikes(digest) + 1))
        return digest

    def strikes(self, digest: str) -> int:
        """Decode processes that died over this picture while this edge runs."""
        try:
            return int((self.folder / f"strikes-{digest}.txt").read_text())
        except OSError:
            return 0

    def _replace(self, name: str, text: str) -> None:
        temporary = self.folder / f"{name}.new"
        temporary.write_text(text)
        temporary.replace(self.folder / name)
