"""A small exported site, the fake engine's remote control, and a running edge."""

from __future__ import annotations

import hashlib
import http.client
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plic_web.edge import EdgeSettings
from plic_web.payload import Payload, Section, SectionKind

FAKE_ENGINE = "fake_engine"


class Client(FlaskClient):
    """A test client that reads and closes every answer, as a server does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **(kwargs | {"buffered": True}))

    def path(self, path: str) -> TestResponse:
        """GET exactly this path, percent-encoded, as it would stand in the request line."""
        decoded = unquote_to_bytes(path).decode("latin-1")
        return self.get("/", environ_overrides={"PATH_INFO": decoded})


StartApp = Callable[[EdgeSettings], Flask]
StartEdge = Callable[..., "Edge"]


@dataclass
class Export:
    """A folder as `plic export` writes it, with `count` pictures of 120x80 and 60x40."""

    root: Path
    digests: list[str] = field(default_factory=list)

    def url(self, picture: int = 0, width: int = 120, format: str = "webp") -> str:
        return f"/_plic/{self.digests[picture]}/{width}.{format}"

    def payload(self, picture: int) -> Path:
        return self.root / "_plic" / f"{self.digests[picture]}.plic"

    def add(self, payload: Payload, original: str) -> str:
        data = payload.to_bytes()
        digest = hashlib.sha256(data).hexdigest()[:16]
        (self.root / "_plic" / f"{digest}.plic").write_bytes(data)
        tiny = self.root / "_plic" / digest / "120.webp"
        tiny.parent.mkdir()
        tiny.write_bytes(b"tiny conventional WebP")
        path = self.root / "_plic" / "manifest.json"
        manifest = json.loads(path.read_text())
        manifest["pictures"][digest] = {
            "width": payload.width,
            "height": payload.height,
            "sizes": {"60": [60, 40], "120": [120, 80]},
            "original": original,
        }
        path.write_text(json.dumps(manifest))
        self.digests.append(digest)
        return digest


def make_export(root: Path, count: int = 12) -> Export:
    (root / "_plic").mkdir(parents=True)
    (root / "_plic" / "manifest.json").write_text('{"plic": 1, "pictures": {}}')
    (root / "_plic" / "edits.json").write_text("{}")
    (root / "_plic" / "cache.json").write_text("{}")
    (root / "_plic" / "shim.0123abcd.js").write_text("export {}\n")
    (root / "docs").mkdir()
    (root / "images").mkdir()
    (root / "index.html").write_bytes(b"<!doctype html>\r\n<title>caf\xe9</title>")
    (root / "docs" / "index.html").write_text("docs")
    (root / "images" / "a.jpg").write_bytes(bytes(range(256)))
    (root / ".htpasswd").write_text("secret")
    export = Export(root)
    for number in range(count):
        # The fake engine does not look inside; each picture only needs bytes of its own.
        section = Section(SectionKind.BASE, bytes([number, 255]))
        export.add(Payload(120, 80, (section,)), f"images/é {number}.jpg")
    return export


@dataclass
class FakeEngine:
    """What the fake engine is told, and how often it decoded."""

    folder: Path

    def tell(self, word: str, value: str) -> None:
        (self.folder / word).write_text(value)

    def decodes(self) -> int:
        path = self.folder / "decodes"
        return len(path.read_text().splitlines()) if path.exists() else 0


@dataclass
class Target:
    """An edge in this process, with a decode process that many tests share."""

    client: Client
    export: Export
    engine: FakeEngine
    settings: EdgeSettings

    def reset(self) -> None:
        """As new: the site, the cache, and what the engine was told."""
        shutil.rmtree(self.export.root)
        self.export.digests = make_export(self.export.root).digests
        for path in self.settings.cache_dir.glob("??/*"):
            path.unlink()
        for path in self.engine.folder.iterdir():
            path.unlink()


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@dataclass
class Edge:
    """A real `serve` in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    line: str

    def get(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def descendants(self) -> list[int]:
        """Process ids below the main process, from /proc."""
        parents: dict[int, int] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(stat.parent.name)] = int(fields[1])
        found, frontier = [], [self.process.pid]
        while frontier:
            parent = frontier.pop()
            children = [pid for pid, its_parent in parents.items() if its_parent == parent]
            found += children
            frontier += children
        return found

    def decoder_pid(self, but: int = 0) -> int:
        """The decode process's id, once there is one that is not `but`."""
        found: list[int] = []

        def look() -> bool:
            for pid in self.descendants():
                with suppress(OSError):
                    command = Path(f"/proc/{pid}/cmdline").read_bytes()
                    if b"plic_web.edge.decoder" in command and pid != but:
                        found.append(pid)
            return bool(found)

        wait_until(look)
        return found[0]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)
