"""The manifest: what is accepted, what is left out, what a change does."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from plic_web.edge.errors import ManifestError
from plic_web.edge.manifest import Manifest

DIGEST = "0123456789abcdef"


def _entry(**changes: object) -> dict[str, Any]:
    return {"original": "a.jpg", "sizes": {"60": [60, 40]}} | changes


def _write(path: Path, pictures: object, version: object = 1) -> Path:
    path.write_text(json.dumps({"plic": version, "pictures": pictures}))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "manifest.json"


def test_offers_the_exact_sizes(path: Path) -> None:
    picture = Manifest(_write(path, {DIGEST: _entry()})).picture(DIGEST)
    assert picture is not None
    assert (picture.original, picture.sizes) == ("a.jpg", {60: (60, 40)})


@pytest.mark.parametrize(
    "pictures",
    [
        {"../../etc/passwd": _entry()},
        {DIGEST.upper(): _entry()},
        {DIGEST: _entry(sizes={})},
        {DIGEST: _entry(sizes={"60": [61, 40]})},
        {DIGEST: _entry(sizes={"060": [60, 40]})},
        {DIGEST: _entry(sizes={"60": [60, 0]})},
        {DIGEST: _entry(sizes={"60": [60, 1e3]})},
        {DIGEST: _entry(sizes={"4097": [4097, 1]})},
        {DIGEST: _entry(sizes={"4096": [4096, 4096]})},
        {DIGEST: _entry(original=None)},
        {DIGEST: []},
    ],
)
def test_a_picture_beyond_the_format_is_left_out(
    path: Path, pictures: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    other = "f" * 16
    manifest = Manifest(_write(path, pictures | {other: _entry()}))
    assert all(manifest.picture(digest) is None for digest in pictures)
    assert manifest.picture(other) is not None
    assert "left out" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", '"plic": 1'),
        (b'{"plic": 2, "pictures": {}}', '"plic": 1'),
        (b'{"plic": 1}', 'under "pictures"'),
    ],
)
def test_a_useless_manifest_is_refused_by_name(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ManifestError, match=message) as error:
        Manifest(path)
    assert str(path) in str(error.value)


def test_a_missing_manifest_says_what_to_do(path: Path) -> None:
    with pytest.raises(ManifestError, match="run plic export"):
        Manifest(path)


def test_a_change_is_seen_and_a_broken_change_is_not(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = Manifest(_write(path, {}))
    assert manifest.picture(DIGEST) is None
    _write(path, {DIGEST: _entry()})
    assert manifest.picture(DIGEST) is not None
    path.write_text("{")
    os.utime(path, (1, 1))
    assert manifest.picture(DIGEST) is not None
    assert manifest.picture(DIGEST) is not None
    assert caplog.text.count("the last good one stays") == 1
    path.unlink()
    assert manifest.picture(DIGEST) is not None
