"""Reconstructed pictures: the file, its headers, and every way to be refused."""

from __future__ import annotations

import dataclasses
import io
import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from edge_support import Client, Export, FakeEngine, StartApp, Target, wait_until
from PIL import Image

from plic_web.commands.doctor import shipped_payload
from plic_web.edge import EdgeSettings
from plic_web.edge.app import create_app
from plic_web.edge.runtime import Runtime
from plic_web.payload import Payload, Section, SectionKind

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


@pytest.fixture(autouse=True)
def _fresh(target: Target) -> None:
    target.reset()


@pytest.fixture
def settings(target: Target) -> EdgeSettings:
    return target.settings


@pytest.fixture
def export(target: Target) -> Export:
    return target.export


@pytest.fixture
def engine(target: Target) -> FakeEngine:
    return target.engine


@pytest.fixture
def client(target: Target) -> Client:
    return target.client


def _source_type(image: Image.Image) -> str:
    packet = ElementTree.fromstring(image.info["xmp"].decode("utf-8-sig"))
    (description,) = packet.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    return description.attrib["{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"]


@pytest.mark.parametrize("format", ["webp", "avif"])
def test_the_file_has_its_exact_size_and_says_what_it_is(
    client: Client, export: Export, format: str
) -> None:
    response = client.get(export.url(0, 60, format))
    assert response.status_code == 200
    with Image.open(io.BytesIO(response.data)) as image:
        assert (image.format, image.size) == (format.upper(), (60, 40))
        assert _source_type(image) == GENERATED


def test_kept_pixels_make_it_a_composite(
    settings: EdgeSettings, export: Export, start_app: StartApp
) -> None:
    payload = Payload(120, 80, (Section(SectionKind.KEEP, b"\0"),))
    export.add(payload, "kept.jpg")
    response = Client(start_app(settings)).get(export.url(-1))
    with Image.open(io.BytesIO(response.data)) as image:
        assert _source_type(image) == COMPOSITE


def test_the_size_is_the_manifests_where_the_packs_rounding_differs(
    client: Client, export: Export
) -> None:
    path = export.root / "_plic" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["pictures"][export.digests[0]]["sizes"]["60"] = [60, 41]
    path.write_text(json.dumps(manifest))
    with Image.open(io.BytesIO(client.get(export.url(0, 60)).data)) as image:
        assert image.size == (60, 41)


def test_headers_of_a_final(client: Client, export: Export) -> None:
    response = client.get(export.url(3))
    headers = response.headers
    assert headers["Content-Type"] == "image/webp"
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert headers["X-Plic"] == "reconstructed; pack=fake-1"
    assert headers["Link"] == '</images/%C3%A9%203.jpg>; rel="original"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert int(headers["Content-Length"]) == len(response.data)
    assert "Set-Cookie" not in headers


def test_the_original_may_lie_elsewhere_and_the_site_under_a_prefix(
    settings: EdgeSettings, export: Export, start_app: StartApp
) -> None:
    payload = Payload(120, 80, (Section(SectionKind.BASE, b"\1"),))
    export.add(payload, "https://cdn.example/ä.jpg")
    client = Client(start_app(dataclasses.replace(settings, trusted_proxies=1)))
    link = client.get(export.url(-1)).headers["Link"]
    assert link == '<https://cdn.example/%C3%A4.jpg>; rel="original"'
    prefixed = client.get(export.url(0), headers={"X-Forwarded-Prefix": "/school"})
    assert prefixed.headers["Link"].startswith("</school/images/")
    export.add(Payload(120, 80, (Section(SectionKind.BASE, b"\2"),)), "")
    assert "Link" not in client.get(export.url(-1)).headers


def test_an_etag_is_answered_before_any_work(
    settings: EdgeSettings, export: Export, engine: FakeEngine, start_app: StartApp
) -> None:
    app = start_app(settings)
    etag = Client(app).get(export.url()).headers["ETag"]
    assert engine.decodes() == 1
    for path in settings.cache_dir.glob("??/*"):
        path.unlink()
    app.extensions["decode_process"].stop()  # not even the decoder is needed
    for value in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        response = Client(app).get(export.url(), headers={"If-None-Match": value})
        assert (response.status_code, response.data) == (304, b"")
        assert response.headers["ETag"] == etag
        assert "immutable" in response.headers["Cache-Control"]
    assert engine.decodes() == 1


def test_etags_differ_by_everything_that_changes_the_picture(
    settings: EdgeSettings, export: Export, start_app: StartApp
) -> None:
    client = Client(start_app(settings))
    urls = [
        export.url(picture, width, format)
        for picture in (0, 1)
        for width in (60, 120)
        for format in ("webp", "avif")
    ]
    etags = {client.head(url).headers["ETag"] for url in urls}
    better = Client(start_app(dataclasses.replace(settings, webp_quality=90)))
    etags.add(better.head(export.url()).headers["ETag"])
    assert len(etags) == len(urls) + 1


def test_head_never_decodes_and_says_the_same(
    client: Client, export: Export, engine: FakeEngine
) -> None:
    before = client.head(export.url())
    assert (before.status_code, before.data) == (200, b"")
    assert "Content-Length" not in before.headers
    assert engine.decodes() == 0
    body = client.get(export.url()).data
    after = client.head(export.url())
    assert int(after.headers["Content-Length"]) == len(body)
    assert after.headers["ETag"] == before.headers["ETag"]


def test_a_second_request_comes_from_the_cache_also_without_the_decoder(
    settings: EdgeSettings, export: Export, engine: FakeEngine, start_app: StartApp
) -> None:
    app = start_app(settings)
    first = Client(app).get(export.url()).data
    app.extensions["decode_process"].stop()
    assert Client(app).get(export.url()).data == first
    assert engine.decodes() == 1
    missing = Client(app).get(export.url(1))
    assert (missing.status_code, missing.headers["Retry-After"]) == (503, "2")


def test_a_restart_finds_the_cache(
    settings: EdgeSettings, export: Export, engine: FakeEngine, start_app: StartApp
) -> None:
    first = Client(start_app(settings)).get(export.url()).data
    assert Client(start_app(settings)).get(export.url()).data == first
    assert engine.decodes() == 1


@pytest.mark.parametrize("left", [b"", b"half a file"])
def test_a_torn_cache_file_is_decoded_again(
    client: Client,
    settings: EdgeSettings,
    export: Export,
    engine: FakeEngine,
    left: bytes,
) -> None:
    first = client.get(export.url()).data
    (path,) = settings.cache_dir.glob("??/*")
    path.write_bytes(left)
    assert client.get(export.url()).data == first
    assert engine.decodes() == 2


NOT_OFFERED = [
    "/_plic/{digest}/61.webp",
    "/_plic/{digest}/0.webp",
    "/_plic/{digest}/-60.webp",
    "/_plic/{digest}/060.webp",
    "/_plic/{digest}/60000.webp",
    "/_plic/{digest}/60.5.webp",
    "/_plic/{digest}/%D9%A6%D9%A0.webp",  # Arabic digits, which int() would take
    "/_plic/{digest}/60%0A.webp",
    "/_plic/{digest}/60.webp%0A",
    "/_plic/{digest}/60.png",
    "/_plic/{digest}/60.WEBP",
    "/_plic/{digest}/60.webp/",
    "/_plic/{digest}/x/60.webp",
    "/_plic/{digest}/",
    "/_plic/{digest}",
    "/_plic/ffffffffffffffff/60.webp",
    "/_plic/0/60.webp",
    "/_plic/{upper}/60.webp",
    "/_plic/../{digest}/60.webp",
    "/_plic/./{digest}/60.webp",
    "//_plic/{digest}/60.webp",
]


def test_only_listed_pictures_widths_and_formats(
    client: Client, export: Export, engine: FakeEngine
) -> None:
    digest = export.digests[0]
    for path in NOT_OFFERED:
        response = client.path(path.format(digest=digest, upper=digest.upper()))
        assert response.status_code == 404, path
        assert response.headers["Cache-Control"] == "no-store", path
    assert engine.decodes() == 0


def test_the_tiny_picture_for_static_hosts_is_never_the_answer(
    client: Client, export: Export
) -> None:
    assert client.get(export.url(0, 120)).data[8:12] == b"WEBP"
    (export.root / "_plic" / export.digests[0] / "77.webp").write_bytes(b"tiny")
    assert client.get(export.url(0, 77)).status_code == 404


def _damage_missing(path: Path) -> None:
    path.unlink()


def _damage_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def _damage_other(path: Path) -> None:
    path.write_bytes(Payload(8, 8, (Section(SectionKind.BASE, b"\1"),)).to_bytes())


def _damage_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10 << 30)


@pytest.mark.parametrize(
    "damage", [_damage_missing, _damage_cut, _damage_other, _damage_huge], ids=lambda f: f.__name__
)
def test_a_damaged_payload_is_an_error_that_no_cache_keeps(
    client: Client, export: Export, settings: EdgeSettings, engine: FakeEngine, damage: object
) -> None:
    assert callable(damage)
    whole = export.payload(0).read_bytes()
    damage(export.payload(0))
    response = client.get(export.url())
    assert response.status_code == 500
    assert "payload of this picture is" in response.text
    assert str(export.root) not in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
    assert not list(settings.cache_dir.glob("??/*"))
    assert engine.decodes() == 0
    export.payload(0).write_bytes(whole)
    assert client.get(export.url()).status_code == 200


def test_a_failing_pack_tells_the_log_not_the_client(
    client: Client, export: Export, engine: FakeEngine
) -> None:
    engine.tell("fail", "1")
    response = client.get(export.url())
    assert (response.status_code, response.headers["Cache-Control"]) == (500, "no-store")
    assert "secret" not in response.text
    engine.tell("fail", "")
    assert client.get(export.url()).status_code == 200


def test_a_new_export_is_seen_without_a_restart(client: Client, export: Export) -> None:
    export.add(Payload(120, 80, (Section(SectionKind.BASE, b"\2"),)), "new.jpg")
    assert client.get(export.url(-1)).status_code == 200


def test_metrics_tell_what_happened(
    settings: EdgeSettings, export: Export, start_app: StartApp
) -> None:
    client = Client(start_app(settings))
    client.get(export.url())
    client.get(export.url())
    client.get(export.url(0, 77))
    text = client.get("/metrics").text
    for line in (
        'plic_requests_total{route="rendition",status="200"} 2',
        'plic_requests_total{route="rendition",status="404"} 1',
        "plic_decodes_total 1",
        "plic_decode_seconds_count 1",
        'plic_decode_seconds_bucket{le="+Inf"} 1',
        "plic_cache_hits_total 1",
        "plic_cache_misses_total 1",
        "plic_queue_length 0",
        "plic_decoder_up 1",
        "# TYPE plic_decode_seconds histogram",
    ):
        assert f"\n{line}\n" in text
    assert "plic_cache_bytes 0\n" not in text
    assert client.get("/metrics").content_type == "text/plain; version=0.0.4; charset=utf-8"


def test_an_application_by_itself_brings_its_decoder(
    settings: EdgeSettings, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    endings: list[object] = []
    monkeypatch.setattr("atexit.register", endings.append)
    before = len(_decoders_of(os.getpid()))
    client = Client(create_app(settings))
    wait_until(lambda: client.get("/readyz").status_code == 200)
    assert client.get(export.url()).status_code == 200
    assert len(_decoders_of(os.getpid())) == before + 1
    (end,) = endings
    assert callable(end)
    end()
    assert len(_decoders_of(os.getpid())) == before


def _decoders_of(parent: int) -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and b"edge.decoder" in (process / "cmdline").read_bytes():
                found.append(process)
        except OSError:
            pass  # ended while we looked
    return found


def test_the_runtime_folder_is_private() -> None:
    runtime = Runtime.create()
    try:
        assert runtime.folder.stat().st_mode & 0o777 == 0o700
    finally:
        runtime.remove()


def test_the_real_engine_and_the_shipped_pack(
    settings: EdgeSettings, export: Export, start_app: StartApp
) -> None:
    payload = Payload.parse(shipped_payload())
    export.add(payload, "photo.jpg")
    real = dataclasses.replace(settings, engine="plic_web.engine")
    response = Client(start_app(real)).get(export.url(-1, 60))
    assert response.status_code == 200
    assert response.headers["X-Plic"].startswith("reconstructed; pack=lite-")
    with Image.open(io.BytesIO(response.data)) as image:
        assert image.size == (60, 40)
        assert image.convert("L").getextrema() != (0, 0)
