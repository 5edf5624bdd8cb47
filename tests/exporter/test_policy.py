"""What a picture is taken for, and what therefore becomes of it."""

from __future__ import annotations

import contextlib
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from drawings import chart, drawings, logo
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from exporter.pictures import PictureError, open_picture
from exporter.policy import decide, inspect, same_picture

IMAGES = Path(__file__).parent / "site" / "images"
DRAWINGS = dict(drawings())


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("form", ["as.png", "80.jpg", "50.jpg", "small.webp"])
def test_drawings_are_never_taken_for_photos(tmp_path: Path, name: str, form: str) -> None:
    image, path = DRAWINGS[name], tmp_path / f"picture {form}"
    if form == "small.webp":
        image = image.resize((image.width * 2 // 3, image.height * 2 // 3))
    image.save(path, quality=int(form[:2]) if form.endswith("jpg") else 75)
    assert inspect(path).kind in ("graphic", "text")
    assert decide("images/x.jpg", inspect(path)).action != "payload"


@pytest.mark.parametrize("path", sorted(IMAGES.iterdir()), ids=lambda path: path.name)
def test_photos_become_payloads(path: Path) -> None:
    assert decide("images/x.jpg", inspect(path)).action == "payload"


def test_photos_of_real_sites_become_payloads(shared: Path) -> None:
    paths = sorted((shared / "data" / "web").glob("*.jpg"))
    paths += sorted((shared / "demo_photos").glob("*.jpg"))
    kept = {path.name for path in paths if decide("x.jpg", inspect(path)).action != "payload"}
    assert kept == {"photo-04.jpg"}  # a telephone's screen


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("img/logo.jpg", "webp"),
        ("img/our-LOGO_2.jpg", "webp"),
        ("img/site-map.jpg", "webp"),
        ("logos/dress.jpg", "payload"),
        ("img/mapping-day.jpg", "payload"),
    ],
)
def test_a_name_that_says_what_it_is_for_is_believed(name: str, expected: str) -> None:
    assert decide(name, inspect(IMAGES / "dress-360.jpg")).action == expected


def save(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def test_tiny_transparent_and_oversized_pictures_stay_conventional(tmp_path: Path) -> None:
    with Image.open(IMAGES / "dress-360.jpg") as photo:
        photo.load()
    cases = {
        "tiny: 90x120": save(photo.resize((90, 120)), tmp_path / "small.png"),
        "tiny: ": save(photo.resize((100, 120)), tmp_path / "few.jpg", quality=5),
        "more than": save(photo.resize((4100, 100)), tmp_path / "long.jpg"),
    }
    glass = photo.convert("RGBA")
    glass.putpixel((5, 5), (0, 0, 0, 0))
    cases["transparent"] = save(glass, tmp_path / "glass.png")
    for reason, path in cases.items():
        decision = decide("x.png", inspect(path))
        assert decision.action != "payload"
        assert decision.reason.find(reason) >= 0
    unused = save(photo.convert("RGBA"), tmp_path / "opaque.png")
    assert decide("x.png", inspect(unused)).action == "payload"


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header says more than its data holds."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cannot be decoded"),
        (b"<html>not a picture</html>", "cannot be decoded"),
        (png_claiming(300, 300), "cannot be decoded"),
        (png_claiming(8000, 8000), "megapixels"),
        (png_claiming(60000, 60000), "megapixels|cannot be decoded"),
        ((IMAGES / "dress-360.jpg").read_bytes()[:5000], "cannot be decoded"),
    ],
)
def test_broken_files_and_bombs_are_named(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(data)
    with pytest.raises(PictureError, match=reason):
        open_picture(path)
    decision = decide("x.png", inspect(path))
    assert decision.action == "leave"


@settings(max_examples=150, deadline=None)
@given(
    path=st.sampled_from(sorted(IMAGES.iterdir())),
    damage=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damaged_files_never_raise_anything_else(
    path: Path, damage: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray(path.read_bytes())
    for at, value in damage:
        data[at] = value
    damaged = tmp_path_factory.getbasetemp() / f"damaged{path.suffix}"
    damaged.write_bytes(data)
    with contextlib.suppress(PictureError):
        open_picture(damaged).rgb()


def test_exotic_pictures_are_named(tmp_path: Path) -> None:
    depth = Image.fromarray(np.zeros((100, 100), np.uint16))
    ink = Image.new("CMYK", (100, 100))
    frames = [chart(), chart("ivory")]
    cases = {
        "mode I;16": save(depth, tmp_path / "depth.png"),
        "mode CMYK": save(ink, tmp_path / "ink.jpg"),
        "animated": save(frames[0], tmp_path / "x.gif", save_all=True, append_images=frames[1:]),
        "vector": tmp_path / "x.svg",
    }
    for reason, path in cases.items():
        with pytest.raises(PictureError, match=reason):
            open_picture(path)


def test_pictures_are_upright_and_srgb(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6  # a camera held upright
    path = save(logo(), tmp_path / "x.jpg", exif=exif)
    assert open_picture(path).rgb().shape == (600, 300, 3)
    facts = inspect(path)
    assert (facts.width, facts.height) == (300, 600)


def test_the_same_picture_in_other_sizes_and_formats() -> None:
    facts = {path.name: inspect(path) for path in IMAGES.iterdir()}
    dress = facts["dress-360.jpg"]
    assert same_picture(dress, facts["dress-180.jpg"])
    assert same_picture(facts["dress-360.avif"], dress)
    for other in ("dress-wide.jpg", "shoes & co.jpg", "shorts.webp"):
        assert not same_picture(dress, facts[other])
