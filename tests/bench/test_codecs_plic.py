"""plic as a codec: names, sections of the profiles, budgets, what is kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from bench.codecs import ABLATION, make_codec
from bench.codecs.kept import busiest, kept_rectangles
from bench.codecs.plic import PROMPT
from bench.errors import BenchError
from exporter.encode import encode_picture
from plic_web.engine import load_pack
from plic_web.engine.pack import PACKS
from plic_web.payload import Payload, SectionKind
from plic_web.payload.keep import decode_keep
from plic_web.payload.text import decode_text

PICTURES = Path(__file__).parents[1] / "pictures"
SECTIONS = {
    "plic:pic": {SectionKind.TEXT},
    "plic:pics": {SectionKind.TEXT, SectionKind.EDGES},
    "plic:plic": {SectionKind.TEXT, SectionKind.EDGES, SectionKind.BASE},
    "plic:plic+keep": {
        SectionKind.TEXT,
        SectionKind.EDGES,
        SectionKind.BASE,
        SectionKind.KEEP,
    },
}
VERSIONED = ("plic", "plic:spr+faces", "plic:plic", "plic:plic+keep")


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    """Half-size portrait of a woman, 256x384."""
    with Image.open(PICTURES / "kodim04.webp") as image:
        return np.asarray(image.convert("RGB").reduce(2))


def test_the_ablation_adds_one_section_at_a_time(face):
    assert tuple(SECTIONS) == ABLATION
    sizes = []
    for name, kinds in SECTIONS.items():
        codec = make_codec(name)
        assert not codec.scalable
        data = codec.encode(face, 10)
        payload = Payload.parse(data)
        assert {section.kind for section in payload.sections} == kinds
        assert decode_text(payload.get(SectionKind.TEXT)) == PROMPT
        assert codec.decode(data).shape == face.shape
        sizes.append(len(data))
    assert sizes == sorted(sizes)


def test_the_default_is_the_lite_pack_with_latents(face):
    codec = make_codec("plic")
    assert codec.scalable
    assert codec.label == f"plic ({load_pack('lite').id}, spr)"
    for budget in (400, 900):
        data = codec.encode(face, budget)
        assert 0.8 * budget < len(data) <= budget
        kinds = [section.kind for section in Payload.parse(data).sections]
        assert kinds == [SectionKind.BASE, SectionKind.LATENTS]
    assert make_codec("plic:spr@lite").encode(face, 900) == data
    assert codec.decode(data).shape == face.shape


def test_faces_are_favoured_where_there_are_any(face):
    plain, favouring = make_codec("plic:spr"), make_codec("plic:spr+faces")
    assert favouring.scalable
    assert favouring.version != plain.version
    assert favouring.label == f"plic ({load_pack('lite').id}, spr+faces)"
    data = favouring.encode(face, 500)
    assert 450 < len(data) <= 500
    assert data != plain.encode(face, 500)
    assert favouring.decode(data).shape == face.shape
    faceless = np.ascontiguousarray(face[:96])
    assert favouring.encode(faceless, 300) == plain.encode(faceless, 300)


def test_no_byte_of_the_budget_is_lost_to_rounding(face):
    pack = load_pack("lite")
    codec = make_codec("plic")
    for budget in range(502, 508):
        size = len(codec.encode(face, budget))
        assert size <= budget
        assert len(codec.encode(face, size)) == size
    with pytest.raises(ValueError, match="above 0"):
        encode_picture(face, pack=pack, bpp=0)


def test_steps_change_the_picture_and_not_the_file(face):
    one, two = make_codec("plic:spr/1"), make_codec("plic:spr/2")
    data = one.encode(face, 600)
    assert two.encode(face, 600) == data
    assert not np.array_equal(one.decode(data), two.decode(data))
    assert np.array_equal(one.decode(data), make_codec("plic").decode(data))
    assert two.label == f"plic ({load_pack('lite').id}, spr, 2 steps)"


def test_the_version_tells_packs_profiles_and_steps_apart(tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(PACKS / "lite", folder)
    description = json.loads((folder / "pack.json").read_text())
    (folder / "pack.json").write_text(json.dumps({**description, "provenance": "another"}))
    names = ("plic", "plic:spr/2", "plic:plic", f"plic:spr@{folder}/")
    codecs = [make_codec(name) for name in names]
    versions = [codec.version for codec in codecs]
    assert len(set(versions)) == len({codec.label for codec in codecs}) == len(names)
    assert codecs[-1].label == f"plic ({load_pack('lite').id}@mine, spr)"
    assert all(load_pack("lite").id in version for version in versions)


@pytest.mark.parametrize(
    ("setting", "changed", "concerned"),
    [
        ("engine_versions", lambda: "another", set(VERSIONED)),
        ("onnxruntime", SimpleNamespace(__version__="0"), set(VERSIONED)),
        ("PROMPT", "a cat", {"plic:plic", "plic:plic+keep"}),
        ("QUALITY", 5, {"plic:plic+keep"}),
        ("SHARE", 5, {"plic:plic+keep"}),
        ("LONGEST", 5, {"plic:plic+keep"}),
        ("DEFAULT_AHEAD", 5, {"plic:spr+faces"}),
        ("MARGIN", 0.5, {"plic:spr+faces"}),
    ],
)
def test_the_version_covers_what_decides_bytes_and_pixels(setting, changed, concerned, monkeypatch):
    before = {name: make_codec(name).version for name in VERSIONED}
    assert before == {name: make_codec(name).version for name in VERSIONED}
    monkeypatch.setattr(f"bench.codecs.plic.{setting}", changed)
    assert {name for name in VERSIONED if make_codec(name).version != before[name]} == concerned


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plic:sketch", r"plic\[:PROFILE\[/STEPS\]\]\[@PACK\], PROFILE one of spr, plic"),
        ("plic:spr/0", "0 steps; expected 1 to 16"),
        ("plic:spr/99", "99 steps; expected 1 to 16"),
        ("plic:spr/", "expected plic"),
        ("plic@nowhere", "embedded packs: lite"),
    ],
)
def test_a_wrong_name_says_what_is_possible(name, message):
    with pytest.raises(BenchError, match=message):
        make_codec(name)


def test_the_face_is_kept(face):
    data = make_codec("plic:plic+keep").encode(face, 0)
    payload = Payload.parse(data)
    ((rect, _),) = decode_keep(payload.get(SectionKind.KEEP), payload.width, payload.height)
    # between the hat's brim and the chin, as one sees in the picture
    assert rect.left < 110 < 140 < rect.left + rect.width
    assert rect.top < 160 < 230 < rect.top + rect.height
    inside = np.s_[rect.top + 8 : rect.top + rect.height - 8, rect.left + 8 : rect.left + 80]
    kept, drawn = make_codec("plic:plic+keep"), make_codec("plic:plic")

    def error(decoded: np.ndarray) -> float:
        return float(np.abs(decoded[inside].astype(int) - face[inside]).mean())

    assert error(kept.decode(data)) < error(drawn.decode(drawn.encode(face, 0))) / 2


def test_without_faces_the_busiest_part_is_kept():
    rgb = np.full((120, 180, 3), 90, np.uint8)
    rgb[80:100, 140:150] = 255
    rgb[80:100, 156:166] = 0
    (rect,) = kept_rectangles(rgb)
    assert rect == busiest(rgb)
    assert (rect.width, rect.height) == (30, 20)
    assert rect.left <= 144 < 160 <= rect.left + rect.width
    assert rect.top <= 84 < 96 <= rect.top + rect.height


@pytest.mark.parametrize("size", [(32, 32), (33, 2500), (2000, 40), (2100, 2300)])
def test_what_is_kept_is_admitted_at_any_size(size):
    noise = np.random.default_rng(7).integers(0, 256, (*size, 1), np.uint8).repeat(3, axis=2)
    data = encode_picture(
        noise,
        pack=load_pack("lite"),
        profile="pic",
        text="noise",
        keep=[busiest(noise)],
        keep_quality=1,
    )
    assert Payload.parse(data).get(SectionKind.KEEP)


def test_text_profiles_need_their_text(face):
    with pytest.raises(ValueError, match="profile pics: needs a text"):
        encode_picture(face, pack=load_pack("lite"), profile="pics")
