"""How fast the edge answers: ``python -m bench.edge [OUT]``.

Starts the real edge on an exported folder (by default a site of one shipped payload), then
measures requests a second on cache hits, on a page and on 304s, and how long hostile requests
take: none of them may cost the edge more than 50 ms, because anybody can send them.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from plic_web.commands.doctor import shipped_payload
from plic_web.payload import Payload

#: Slower than this, a hostile request would be worth sending, seconds.
HOSTILE_LIMIT = 0.050
CLIENTS = 4


def make_site(folder: Path) -> None:
    """An exported folder with one picture."""
    data = shipped_payload()
    payload = Payload.parse(data)
    digest = hashlib.sha256(data).hexdigest()[:16]
    (folder / "_plic").mkdir(parents=True)
    (folder / "_plic" / f"{digest}.plic").write_bytes(data)
    (folder / "index.html").write_text("<!doctype html><title>bench</title>" + "<p>text" * 500)
    picture = {
        "original": "a.jpg",
        "sizes": {str(payload.width): [payload.width, payload.height]},
    }
    manifest = {"plic": 1, "pictures": {digest: picture}}
    (folder / "_plic" / "manifest.json").write_text(json.dumps(manifest))


@contextlib.contextmanager
def edge(site: Path, cache: Path) -> Iterator[int]:
    """The edge in a process of its own; yields its port."""
    code = (
        "import sys; from plic_web.edge import EdgeSettings; from plic_web.edge.serve import serve;"
        "serve(EdgeSettings.load(site=sys.argv[1], cache_dir=sys.argv[2]), port=0)"
    )
    command = [sys.executable, "-c", code, str(site), str(cache)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        match = re.search(r":(\d+)/", process.stdout.readline())
        if match is None:
            raise SystemExit("the edge did not start; its reason stands above")
        try:
            yield int(match[1])
        finally:
            process.send_signal(signal.SIGTERM)


def request(connection: socket.socket, raw: bytes) -> bytes:
    """Send a request and read its whole answer; the status line's code."""
    connection.sendall(raw)
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = connection.recv(1 << 16)
        if not part:
            return answer[9:12]
        answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    left = (int(length[1]) if length else 0) - len(body)
    while left > 0:
        left -= len(connection.recv(1 << 16))
    return head[9:12]


def get(path: str, *headers: str) -> bytes:
    """A request's bytes."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def rate(port: int, raw: bytes, seconds: float) -> tuple[float, bytes]:
    """Requests a second over CLIENTS kept-alive connections, and the last status."""
    counts = [0] * CLIENTS
    statuses = [b""] * CLIENTS
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            while time.perf_counter() < end:
                statuses[number] = request(connection, raw)
                counts[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds, statuses[0]


def hostile(digest: str) -> dict[str, bytes]:
    """Requests that want much and deserve nothing."""
    return {
        "unknown digest": get("/_plic/ffffffffffffffff/64.webp"),
        "unlisted width": get(f"/_plic/{digest}/4095.webp"),
        "wrong format": get(f"/_plic/{digest}/64.tiff"),
        "long path": get("/" + "a/" * 1900),
        "path traversal": get("/" + "..%2f" * 700 + "etc/passwd"),
        "line too long": get("/" + "a" * 9000),
        "many headers": get("/", *(f"X-{number}: y" for number in range(200))),
        "large header": get("/", "Cookie: " + "c" * 20_000),
        "many ranges": get("/", "Range: bytes=" + ",".join(f"{n}-{n}" for n in range(1500))),
        "many etags": get("/", "If-None-Match: " + ",".join(f'"{n}"' for n in range(1000))),
        "announced body": get("/", "Content-Length: 99999999999"),
        "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    }


def slowest(port: int, raw: bytes, repeats: int) -> tuple[float, float, bytes]:
    """Median and longest time of one request on a new connection, seconds; and the status."""
    times = []
    status = b""
    for _ in range(repeats):
        start = time.perf_counter()
        # A connection may be reset while the request is still being sent: that is an answer.
        with (
            contextlib.suppress(ConnectionError),
            socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
        ):
            status = request(connection, raw)
        times.append(time.perf_counter() - start)
    times.sort()
    return times[len(times) // 2], times[-1], status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", nargs="?", type=Path, metavar="OUT")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each rate")
    parser.add_argument("--repeats", type=int, default=50, help="of each hostile request")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        site = arguments.site or Path(temporary) / "site"
        if arguments.site is None:
            make_site(site)
        pictures = json.loads((site / "_plic" / "manifest.json").read_text())["pictures"]
        digest, picture = next(iter(pictures.items()))
        url = f"/_plic/{digest}/{next(iter(picture['sizes']))}.webp"
        with edge(site, Path(temporary) / "cache") as port:
            measure(port, digest, url, arguments.seconds, arguments.repeats)


def measure(port: int, digest: str, url: str, seconds: float, repeats: int) -> None:
    """Print the tables; exit with 1 where a hostile request is too slow."""
    first, _, status = slowest(port, get(url), 1)
    print(f"first answer, decoded: {first:.2f} s ({status.decode()})")
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(get(url))
        etag = re.search(rb"(?i)\r\netag: *([^\r]+)", connection.recv(1 << 16))
    assert etag is not None
    for name, raw in {
        "cache hit": get(url),
        "304 by ETag": get(url, f"If-None-Match: {etag[1].decode()}"),
        "page": get("/"),
        "healthz": get("/healthz"),
    }.items():
        per_second, status = rate(port, raw, seconds)
        print(f"{name:16} {per_second:8.0f} requests/s ({status.decode()}, {CLIENTS} clients)")
    worst = 0.0
    for name, raw in hostile(digest).items():
        median, longest, status = slowest(port, raw, repeats)
        worst = max(worst, longest)
        shown = status.decode() or "hung up"
        print(f"{name:16} {median * 1e3:8.1f} ms, slowest {longest * 1e3:.1f} ms ({shown})")
    verdict = "within" if worst < HOSTILE_LIMIT else "BEYOND"
    print(f"slowest hostile request: {worst * 1e3:.1f} ms, {verdict} {HOSTILE_LIMIT * 1e3:.0f} ms")
    if worst >= HOSTILE_LIMIT:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
