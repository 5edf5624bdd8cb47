"""The fixture site, exported with the fake codec."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_codec import FakeCodec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from exporter.addresses import AddressError, file_of
from exporter.configuration import Configuration
from exporter.documents import read_stylesheet
from exporter.export import Result, export
from exporter.pages import read_page
from exporter.settings import Settings
from exporter.splice import undo
from plic_web.payload import Payload

Run = Callable[..., Result]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def manifest(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "_plic" / "manifest.json").read_bytes())
    return content


def digest_of(out: Path, original: str) -> str:
    (digest,) = (
        digest
        for digest, picture in manifest(out)["pictures"].items()
        if picture["original"] == original
    )
    return str(digest)


@pytest.fixture
def out(site: Path, exported: Path) -> Path:
    """An export of `site` that a test may change."""
    shutil.copytree(exported, site.with_name("out"))
    return site.with_name("out")


def test_every_byte_but_the_edits_stays(site: Path, out: Path) -> None:
    edits = json.loads((out / "_plic" / "edits.json").read_bytes())
    before, after = tree(site), tree(out)
    assert sorted(edits) == [
        "404.html", "blog/based.html", "blog/latin.html", "blog/wide.html",
        "css/more.css", "css/site.css", "index.html",
    ]  # fmt: skip
    for path, data in before.items():
        assert undo(edits.get(path, []), after[path]) == data
        assert (path in edits) == (after[path] != data)
    assert {path for path in after if not path.startswith("_plic/")} == set(before)


def test_second_run_changes_nothing_and_encodes_nothing(site: Path, out: Path, run: Run) -> None:
    first = tree(out)
    (site / "new.txt").write_text("1")
    run(site, out, FakeCodec(broken=True))  # would fail if it were asked
    second = tree(out)
    assert second.pop("new.txt") == b"1"
    different = {path for path in first if second[path] != first[path]}
    assert (set(second), different) == (set(first), {"_plic/cache.json"})  # which lists all files
    fresh = out.with_name("fresh")
    (site / "new.txt").unlink()
    run(site, fresh)
    assert tree(fresh) == first


def test_changed_pictures_are_encoded_again(site: Path, out: Path, run: Run) -> None:
    before = manifest(out)["pictures"]
    with Image.open(site / "images" / "shorts.webp") as image:
        turned = image.rotate(180)
    turned.save(site / "images" / "shorts.webp")
    run(site, out)
    after = manifest(out)["pictures"]
    assert len(set(before) - set(after)) == len(set(after) - set(before)) == 1
    assert not list((out / "_plic").glob(f"{next(iter(set(before) - set(after)))}*"))


def test_images_of_the_page(exported: Path) -> None:
    page = (exported / "index.html").read_text()
    dress = digest_of(exported, "images/dress-360.jpg")
    shoes = digest_of(exported, "images/shoes & co.jpg")
    shorts = digest_of(exported, "images/shorts.webp")
    wide = digest_of(exported, "images/dress-wide.jpg")
    for expected in (
        f'<img id=first src="_plic/{dress}/360.webp" srcset="_plic/{dress}/180.webp 180w, '
        f'_plic/{dress}/360.webp 360w" sizes="(max-width: 400px) 180px, 360px"',
        f"<IMG ID=second SRC = '_plic/{shoes}/270.webp' alt='Shoes'>",
        f'<img id=third loading="lazy" src=_plic/{shorts}/315.webp alt=shorts>',
        f'<img id=fourth loading="eager" src="_plic/{shorts}/315.webp" alt="">',
        f'<source media="(min-width: 1200px)" srcset="_plic/{wide}/360.webp">',
        f'<source type="image/webp" srcset="_plic/{dress}/360.webp">',
        f'data-src="_plic/{shorts}/315.webp" data-srcset="_plic/{dress}/180.webp 1x, '
        f'_plic/{dress}/360.webp 2x"',
        f'<noscript><img id=seventh loading="lazy" src="_plic/{shorts}/315.webp" alt=""></nos',
        f'style="background-image: url(&quot;_plic/{dress}/360.webp&quot;); color: red"',
        f'background: #eee url( "_plic/{shorts}/315.webp" ) no-repeat',
        f'<link rel="preload" as="image" href="_plic/{dress}/360.webp">',
        f'<video poster="_plic/{dress}/360.webp">',
        f"<style>a{{background:url(_plic/{shorts}/315.webp)}}</style></svg>",
    ):
        assert expected in page


@pytest.mark.parametrize(
    "kept",
    [
        '<title>Hard <img src="images/dress-360.jpg"> cases</title>',
        '<link rel="icon" href="images/logo.png">',
        '<meta property="og:image" content="images/dress-360.jpg">',
        "'<img src=\"images/dress-360.jpg\"></head>'",
        '{"image": "images/dress-360.jpg"}',
        '<!-- <img src="images/dress-360.jpg"> -->',
        "/* url(images/shorts.webp) */",
        '<img id=off src="images/dress-360.jpg" alt="kept">',
        '<a href="images/dress-360.jpg">',
        '<textarea><img src="images/dress-360.jpg"></textarea>',
        '<source type="image/png" srcset="images/dot.png, images/dress-360.jpg 2x">',
        "https://elsewhere.example/images/dress-360.jpg",
    ],
)
def test_what_is_not_to_be_touched(exported: Path, kept: str) -> None:
    assert kept in (exported / "index.html").read_text()


def test_one_splice_in_the_head_links_the_pages_files(exported: Path) -> None:
    entry = manifest(exported)["pages"]["index.html"]
    links = (
        f'<link rel="stylesheet" href="_plic/{entry["stylesheet"]}">'
        f'<link rel="plic" href="_plic/{entry["bundle"]}">'
        f'<script type="module" src="_plic/{manifest(exported)["shim"]}"></script></head>\n<body>'
    )
    assert links in (exported / "index.html").read_text()
    style = (exported / "_plic" / entry["stylesheet"]).read_text()
    assert set(re.findall(r"([0-9a-f]{16})/", style)) == set(entry["pictures"])
    shorts = digest_of(exported, "images/shorts.webp")  # more.css fits it into its box
    assert f'{shorts}/"]){{background' not in style
    bundle = (exported / "_plic" / entry["bundle"]).read_bytes()
    assert bundle[:4] == b"PB\x01" + bytes([len(entry["pictures"])])


def test_pages_in_folders_with_bases_charsets_and_root_addresses(exported: Path) -> None:
    dress = digest_of(exported, "images/dress-360.jpg")
    shorts = digest_of(exported, "images/shorts.webp")
    based = (exported / "blog" / "based.html").read_bytes()
    assert based.startswith(b"\xef\xbb\xbf<!doctype html>\r\n<base")
    assert b'</title><link rel="stylesheet" href="../_plic/' in based
    assert f'<img src="../_plic/{dress}/360.webp" alt="é">'.encode() in based
    assert f'<img src="/_plic/{shorts}/315.webp">'.encode() in based
    assert b"caf\xe9 \x93quoted\x94" in (exported / "blog" / "latin.html").read_bytes()
    wide = (exported / "blog" / "wide.html").read_text("utf-16")
    assert f'<img src="../_plic/{dress}/360.webp" alt="é€">' in wide
    lost = (exported / "404.html").read_text()
    assert f'src="/_plic/{dress}/360.webp"' in lost
    assert 'href="/_plic/' in lost
    assert 'src="_plic/' not in lost


def test_stylesheets(exported: Path) -> None:
    dress = digest_of(exported, "images/dress-360.jpg")
    wide = digest_of(exported, "images/dress-wide.jpg")
    css = (exported / "css" / "site.css").read_bytes().decode()
    assert f".a{{background:url(../_plic/{dress}/360.webp)}}\r\n" in css
    assert (
        f"image-set(\"../_plic/{dress}/180.webp\" 1x,url('../_plic/{dress}/360.webp') "
        'type("image/webp") 2x)'
    ) in css
    assert ".c{cursor:url(../images/shorts.webp),auto;mask:url(../images/logo.png)}" in css
    assert "/* .d{background:url(../images/dress-360.jpg)} */" in css
    assert css.endswith(f".e{{background:url(../_plic/{wide}/360.webp")


def test_manifest_names_every_picture_and_everything_left_alone(exported: Path) -> None:
    found = manifest(exported)
    dress = found["pictures"][digest_of(exported, "images/dress-360.jpg")]
    assert dress["sizes"] == {"180": [180, 240], "360": [360, 480]}
    assert (dress["width"], dress["height"], dress["media"]) == (360, 480, "image/jpeg")
    reasons = {path: entry["reason"] for path, entry in found["conventional"].items()}
    assert {path.split("/")[1]: reason.split(" ")[0] for path, reason in reasons.items()} == {
        "broken.jpg": "cannot",
        "dot.png": "tiny:",
        "drawing.svg": "vector",
        "logo.png": "looks",
        "moving.gif": "animated",
        "see-through.png": "transparent",
    }
    left = {(entry["file"], entry["address"]): entry["reason"] for entry in found["left_alone"]}
    for (file, address), reason in {
        ("index.html", "../outside.jpg"): "above",
        ("index.html", "{{ picture.url }}"): "no such file",
        ("index.html", "images/missing.jpg"): "no such file",
        ("index.html", "images/logo.png"): "icon",
        ("css/site.css", "../images/logo.png"): "CSS property",
        ("css/sealed.css", ""): "integrity",
        ("part.html", ""): "fragment",
    }.items():
        assert reason in left[file, address]


def test_stand_ins_and_recompressed_files_keep_their_sizes(site: Path, out: Path) -> None:
    found = manifest(out)
    for digest, picture in found["pictures"].items():
        data = (out / "_plic" / f"{digest}.plic").read_bytes()
        assert len(data) == picture["bytes"]
        assert Payload.parse(data).width == picture["width"]
        for width, size in picture["sizes"].items():
            path = out / "_plic" / digest / f"{width}.webp"
            with Image.open(path) as image:
                assert (image.format, list(image.size)) == ("WEBP", size)
            assert path.stat().st_size < 2500
    glass = found["conventional"]["images/see-through.png"]
    assert (glass["decision"], glass["bytes"] > glass["file_bytes"]) == ("webp", True)
    with (
        Image.open(out / "_plic" / glass["file"]) as after,
        Image.open(site / "images" / "see-through.png") as before,
    ):
        assert after.convert("RGBA").tobytes() == before.tobytes()


def test_no_address_in_any_output_is_newly_broken(site: Path, out: Path) -> None:
    for path in ("index.html", "404.html", "blog/based.html", "css/site.css", "css/more.css"):
        read = read_stylesheet if path.endswith("css") else read_page
        before, after = (read(path, (root / path).read_bytes()) for root in (site, out))
        for old, new in zip(before.uses, after.uses, strict=True):
            for one, other in zip(old.slots, new.slots, strict=True):
                try:
                    file_of(one.address, before.place, site.resolve())
                except AddressError:
                    assert other.address == one.address
                else:
                    file_of(other.address, after.place, out.resolve())


def test_a_failed_encoding_leaves_the_picture_conventional(
    site: Path, tmp_path: Path, run: Run
) -> None:
    run(site, tmp_path / "out", FakeCodec(broken=True))
    found = manifest(tmp_path / "out")
    assert (found["pictures"], found["pages"], found["shim"]) == ({}, {}, "")
    assert "could not be encoded" in found["conventional"]["images/dress-360.jpg"]["reason"]


def test_a_crash_leaves_the_last_good_output(
    site: Path, out: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(out)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("exporter.export._write", fail)
    with pytest.raises(OSError, match="No space"):
        run(site, out)
    assert tree(out) == before
    assert sorted(path.name for path in out.parent.iterdir()) == ["out", "site"]


def test_two_processes_give_the_same_bytes(site: Path, tmp_path: Path, run: Run) -> None:
    run(site, tmp_path / "single")
    steps: list[tuple[int, int, int]] = []
    export(
        site,
        tmp_path / "parallel",
        FakeCodec(),
        jobs=2,
        looking=lambda *_: None,
        encoding=lambda *step: steps.append(step),
        configuration=Configuration(settings=Settings(gate=False)),  # as `run` has it
    )
    assert tree(tmp_path / "parallel") == tree(tmp_path / "single")
    assert [step[:2] for step in steps] == [(n + 1, len(steps)) for n in range(len(steps))]
    assert steps[-1][2] > 50_000


def test_links_inside_stay_links(site: Path, tmp_path: Path, run: Run) -> None:
    (site / "copy").symlink_to("images")
    (site / "away").symlink_to("/etc")
    (site / "linked.html").write_text('<!doctype html><img src="copy/dress-360.jpg">')
    run(site, tmp_path / "out")
    assert (tmp_path / "out" / "copy").readlink() == Path("images")
    assert not (tmp_path / "out" / "away").is_symlink()
    assert "symbolic link" in manifest(tmp_path / "out")["refused"]["away"]
    dress = digest_of(tmp_path / "out", "images/dress-360.jpg")
    assert dress in (tmp_path / "out" / "linked.html").read_text()


_WORDS = [
    "<!doctype html>", "<head>", "</head>", "<body>", "<base href='blog/'>", "<picture>",
    "<source type=image/avif srcset='images/dress-360.avif, images/dress-180.jpg 2x'>",
    "<img src=images/dress-360.jpg>", "<img src='images/shorts.webp", "<img src=\"/images/",
    "dress-180.jpg", "<style>a{background:url(images/shorts.webp)", "</style>", "<noscript>",
    "</noscript>", "<div style=\"background:url(&quot;images/shorts.webp&quot;)", "<script>",
    "</script>", "<!--", "-->", "<svg>", "<p data-plic=off>", "</p>", "<meta charset=cp1252>",
]  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from([*_WORDS, *"<>'\"= \n\r;)}é\0"]), max_size=25).map("".join),
    st.sampled_from(["utf-8", "utf-16", "latin-1"]),
)
def test_any_page_survives(site: Path, run: Run, html: str, codec: str) -> None:
    for path in [*site.glob("*.html"), *site.glob("*/*.html"), *site.glob("css/*")]:
        path.unlink()
    data = html.encode(codec)
    (site / "page.html").write_bytes(data)
    out = site.with_name("any")
    run(site, out)
    edits = json.loads((out / "_plic" / "edits.json").read_bytes())
    assert undo(edits.get("page.html", []), (out / "page.html").read_bytes()) == data
