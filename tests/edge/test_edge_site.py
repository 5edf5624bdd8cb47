"""The site's own files: exact bytes, types, redirects, and what stays hidden."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from edge_support import Client, Export

from plic_web.edge import EdgeSettings
from plic_web.edge.app import create_app
from plic_web.edge.runtime import Runtime


@pytest.fixture
def client(settings: EdgeSettings, tmp_path: Path) -> Client:
    """No decode process at all: the site must not need one."""
    return _client(settings, tmp_path)


def _client(settings: EdgeSettings, folder: Path) -> Client:
    app = create_app(settings, Runtime(folder))
    return Client(app)


@pytest.mark.parametrize(
    ("path", "file", "kind"),
    [
        ("/", "index.html", "text/html"),
        ("/index.html", "index.html", "text/html"),
        ("/docs/", "docs/index.html", "text/html"),
        ("/images/a.jpg", "images/a.jpg", "image/jpeg"),
        ("/_plic/shim.0123abcd.js", "_plic/shim.0123abcd.js", "text/javascript"),
        ("/_plic/manifest.json", "_plic/manifest.json", "application/json"),
    ],
)
def test_files_are_answered_byte_for_byte(
    client: Client, export: Export, path: str, file: str, kind: str
) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.data == (export.root / file).read_bytes()
    # No charset: the page above is Latin-1, and a charset here would outrank its own.
    assert response.headers["Content-Type"] == kind
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == response.headers["Content-Length"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.webp", "image/webp"),
        ("a.avif", "image/avif"),
        ("a.mjs", "text/javascript"),
        ("a.SVG", "image/svg+xml"),
        ("a.woff2", "font/woff2"),
        ("a.wasm", "application/wasm"),
        ("a.tar.gz", "application/gzip"),
        ("a.unheard-of", "application/octet-stream"),
        ("README", "application/octet-stream"),
    ],
)
def test_types_do_not_depend_on_the_machine(
    client: Client, export: Export, name: str, kind: str
) -> None:
    (export.root / name).write_bytes(b"x")
    response = client.get("/" + name)
    assert response.headers["Content-Type"] == kind
    assert "Content-Encoding" not in response.headers


def test_svgz_says_that_it_is_compressed(client: Client, export: Export) -> None:
    (export.root / "a.svgz").write_bytes(b"x")
    headers = client.get("/a.svgz").headers
    assert (headers["Content-Type"], headers["Content-Encoding"]) == ("image/svg+xml", "gzip")


def test_a_folder_redirects_to_its_slash_and_keeps_the_query(client: Client) -> None:
    response = client.get("/docs?a=1&b=%C3%A9")
    assert response.status_code == 308
    assert response.headers["Location"] == "./docs/?a=1&b=%C3%A9"
    assert client.get("/docs/?a=1").data == b"docs"
    assert client.get("/images").status_code == 404  # no index.html, no listing


@pytest.mark.parametrize(
    "path",
    [
        "/.htpasswd",
        "/docs/../.htpasswd",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/../secret",
        "/docs/..%5c..%5csecret",
        "//index.html",
        "/docs//index.html",
        "/./index.html",
        "/index.html/",
        "/index.html/x",
        "/index.html%00.jpg",
        "/" + "x" * 3000,
        "/" + "x/" * 1000,
        "/%ff%fe",
        "/_plic/edits.json",
        "/_plic/cache.json",
        "/_plic/EDITS.json",
        "/_plic/./edits.json",
        "/_plic//edits.json",
        "/_plic",
        "/_plic/",
        "//evil.example/docs",
        "/outside.txt",
        "/outside/secret",
        "/loop",
    ],
)
def test_nothing_else_is_found(client: Client, export: Export, path: str) -> None:
    (export.root.parent / "secret").write_text("secret")
    (export.root / "outside.txt").symlink_to(export.root.parent / "secret")
    (export.root / "outside").symlink_to(export.root.parent)
    (export.root / "loop").symlink_to("loop")
    response = client.path(path)
    assert response.status_code == 404
    assert b"secret" not in response.data
    assert response.headers["Cache-Control"] == "no-store"


def test_a_link_within_the_site_is_followed(client: Client, export: Export) -> None:
    (export.root / "latest").symlink_to("docs")
    assert client.get("/latest/").data == b"docs"


def test_well_known_is_public_and_only_at_the_top(client: Client, export: Export) -> None:
    for folder in (export.root / ".well-known", export.root / "docs" / ".well-known"):
        folder.mkdir()
        (folder / "security.txt").write_text("Contact: mailto:a@b.example")
    assert client.get("/.well-known/security.txt").status_code == 200
    assert client.get("/docs/.well-known/security.txt").status_code == 404


def test_digest_named_files_are_immutable_and_others_revalidate(
    client: Client, export: Export, settings: EdgeSettings, tmp_path: Path
) -> None:
    (export.root / "_plic" / ("0" * 16 + ".bases")).write_bytes(b"b")
    for path in (f"/_plic/{export.digests[0]}.plic", f"/_plic/{'0' * 16}.bases"):
        assert "immutable" in client.get(path).headers["Cache-Control"]
    assert "immutable" in client.get("/_plic/shim.0123abcd.js").headers["Cache-Control"]
    for path in ("/", "/_plic/manifest.json", "/images/a.jpg"):
        assert client.get(path).headers["Cache-Control"] == "no-cache"
    patient = _client(dataclasses.replace(settings, site_max_age=60), tmp_path)
    assert patient.get("/").headers["Cache-Control"] == "public, max-age=60"
    assert "immutable" in patient.get("/_plic/shim.0123abcd.js").headers["Cache-Control"]


def test_unchanged_files_are_not_sent_again(client: Client) -> None:
    first = client.get("/images/a.jpg")
    assert first.headers["Last-Modified"]
    for condition in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = client.get("/images/a.jpg", headers=condition)
        assert (again.status_code, again.data) == (304, b"")


def test_conventional_pictures_of_the_export_get_the_strict_policy(
    client: Client, export: Export
) -> None:
    (export.root / "_plic" / ("1" * 16 + ".webp")).write_bytes(b"w")
    headers = client.get(f"/_plic/{'1' * 16}.webp").headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Content-Security-Policy" not in client.get("/images/a.jpg").headers


def test_the_sites_own_page_for_what_is_not_found(client: Client, export: Export) -> None:
    (export.root / "404.html").write_bytes(b"caf\xe9 not found")
    response = client.get("/nothing")
    assert (response.status_code, response.data) == (404, b"caf\xe9 not found")
    assert response.headers["Content-Type"] == "text/html"
    assert response.headers["Cache-Control"] == "no-store"
    assert client.get("/_plic/nothing").data == b"not found\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/", "/healthz", "/_plic/0123456789abcdef/60.webp", "/none"])
def test_only_get_and_head(client: Client, method: str, path: str) -> None:
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert set(re.split(", *", response.headers["Allow"])) == {"GET", "HEAD"}


def test_bodies_are_refused(client: Client) -> None:
    assert client.get("/", data=b"x" * 1025).status_code == 413
    assert client.get("/", data=b"x").status_code == 200


def test_unknown_hosts_are_refused_where_hosts_are_listed(
    settings: EdgeSettings, tmp_path: Path
) -> None:
    settings = dataclasses.replace(settings, trusted_hosts=("site.example",))
    client = _client(settings, tmp_path)
    assert client.get("/", headers={"Host": "site.example"}).status_code == 200
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_without_a_decoder_the_site_lives_and_readiness_says_no(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert "plic_decoder_up 0\n" in client.get("/metrics").text


def test_pictures_wait_for_the_first_decoder(client: Client, export: Export) -> None:
    response = client.get(export.url())
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1
    assert response.headers["Cache-Control"] == "no-store"


def test_a_fault_of_the_program_tells_the_log_and_not_the_client(
    settings: EdgeSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(settings, Runtime(tmp_path))

    def broken() -> None:
        raise ZeroDivisionError("secret detail")

    app.view_functions["healthz"] = broken
    response = Client(app).get("/healthz")
    assert (response.status_code, response.data) == (500, b"internal error\n")
    assert response.headers["Cache-Control"] == "no-store"
    assert "secret detail" in caplog.text
