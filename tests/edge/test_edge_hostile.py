"""Whatever is thrown at the routes: a proper answer, no decode, no large allocation."""

from __future__ import annotations

import http.client
import socket
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

from edge_support import FakeEngine, StartEdge, Target
from hypothesis import given, settings
from hypothesis import strategies as st

MAX_ALLOCATION = 64 << 20


@contextmanager
def no_large_allocation() -> Iterator[None]:
    """What happens inside never holds MAX_ALLOCATION bytes at once."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MAX_ALLOCATION


segment = st.one_of(
    st.sampled_from(
        ["_plic", "..", ".", "", "docs", "index.html", "edits.json", "%2e%2e", "healthz", "images"]
    ),
    st.text(max_size=20),
    st.from_regex(r"[0-9a-f]{16}", fullmatch=True),
    st.from_regex(r"[0-9]{1,6}\.(webp|avif|png)", fullmatch=True),
)
paths = st.one_of(
    st.lists(segment, max_size=6).map("/".join),
    st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")),
)
# What gunicorn lets through: no controls but the tab.
values = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60
)
headers = st.dictionaries(
    st.sampled_from(
        [
            "If-None-Match",
            "If-Modified-Since",
            "If-Match",
            "Range",
            "If-Range",
            "Host",
            "Accept",
            "Accept-Encoding",
            "Cookie",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Prefix",
            "X-Forwarded-Proto",
            "Content-Length",
            "Content-Type",
        ]
    ),
    values,
    max_size=4,
)


@settings(max_examples=250, deadline=None)
@given(
    path=paths,
    query=values,
    headers=headers,
    method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PROPFIND"]),
)
def test_any_request_gets_a_proper_answer(
    target: Target, path: str, query: str, headers: dict[str, str], method: str
) -> None:
    variables = {f"HTTP_{name.upper().replace('-', '_')}": headers[name] for name in headers}
    for name in ("CONTENT_LENGTH", "CONTENT_TYPE"):  # WSGI's two exceptions
        if (value := variables.pop(f"HTTP_{name}", None)) is not None:
            variables[name] = value
    raw = "/" + path.encode("utf-8", "surrogatepass").decode("latin-1")
    with no_large_allocation():
        response = target.client.open(
            "/",
            method=method,
            environ_overrides=variables | {"PATH_INFO": raw, "QUERY_STRING": query},
        )
    if method in ("GET", "HEAD"):
        assert response.status_code in (200, 206, 304, 308, 400, 404, 412, 413, 416)
        if response.status_code == 200 and "/edits.json" in path:
            raise AssertionError("a private file was answered")
    else:
        assert response.status_code in (400, 404, 405, 413)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert target.engine.decodes() == 0


@settings(max_examples=100, deadline=None)
@given(width=st.integers(-10, 10**9), digest=st.binary(min_size=8, max_size=8))
def test_no_digest_or_width_but_those_listed_is_worth_any_work(
    target: Target, width: int, digest: bytes
) -> None:
    known = target.export.digests[0]
    with no_large_allocation():
        if width not in (60, 120):
            assert target.client.get(f"/_plic/{known}/{width}.webp").status_code == 404
        if digest.hex() not in target.export.digests:
            assert target.client.get(f"/_plic/{digest.hex()}/60.webp").status_code == 404
    assert target.engine.decodes() == 0


@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=400), cut=st.integers(0, 400))
def test_any_bytes_in_place_of_a_payload_are_refused(target: Target, data: bytes, cut: int) -> None:
    path = target.export.payload(1)
    whole = path.read_bytes()
    hostile = (whole[:cut] + data) if cut % 2 else data
    if hostile == whole:
        return
    path.write_bytes(hostile)
    try:
        with no_large_allocation():
            response = target.client.get(target.export.url(1))
    finally:
        path.write_bytes(whole)
    assert response.status_code == 500
    assert response.headers["Cache-Control"] == "no-store"
    assert target.engine.decodes() == 0


def test_no_hostile_request_allocates_much(target: Target) -> None:
    requests = [
        ("/" + "a/" * 2000, {}),
        ("/_plic/" + "f" * 4000, {}),
        ("/_plic/" + target.export.digests[0] + "/" + "9" * 3000 + ".webp", {}),
        ("/", {"Range": "bytes=" + ",".join(f"{n}-" for n in range(1000))}),
        ("/", {"If-None-Match": ",".join(f'"{n}"' for n in range(1000))}),
        ("/", {"Accept": ",".join(["*/*;q=0.1"] * 800)}),
        ("/", {"Cookie": "a=" + "b" * 8000}),
    ]
    with no_large_allocation():
        for path, request_headers in requests:
            assert target.client.get(path, headers=request_headers).status_code < 500
    assert target.engine.decodes() == 0


RAW = [
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n",
    b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"y" * 9000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 100 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /%zz%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\0" * 5000,
]


def test_raw_bytes_on_a_real_edge(start_edge: StartEdge, engine: FakeEngine) -> None:
    edge = start_edge()
    for raw in RAW:
        with socket.create_connection(("127.0.0.1", edge.port), timeout=5) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while part := connection.recv(65536):
                    answer += part
            except ConnectionResetError:
                pass  # refused while still being sent: as good as an answer
            status = answer.split(b" ", 2)[1:2]
            assert not status or status[0].startswith(b"4"), (raw[:60], answer[:200])
    assert edge.get("/healthz")[0] == http.client.OK
    assert engine.decodes() == 0
