"""Sets: named, folders, sites; what cannot be read is said."""

from __future__ import annotations

import shutil
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.errors import BenchError, UnreadablePictureError
from bench.sets import Member, find_set, read_original, site_kind

PICTURES = Path(__file__).parents[1] / "pictures"


def names(pictures):
    return [member.name for member in pictures.members]


def test_a_folder_is_its_pictures_in_order():
    assert names(find_set(str(PICTURES))) == ["kodim03", "kodim04", "kodim23"]
    assert names(find_set(str(PICTURES), every=2)) == ["kodim03", "kodim23"]


def test_two_files_of_one_stem_keep_their_endings(tmp_path):
    for name in ("a.png", "a.jpg"):
        Image.new("RGB", (40, 40)).save(tmp_path / name)
    assert names(find_set(str(tmp_path))) == ["a.jpg", "a.png"]


def test_a_named_set_is_looked_for_where_the_user_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BenchError, match=r"kodak.*PLIC_SETS.*r0k\.us"):
        find_set("kodak")
    shutil.copytree(PICTURES, tmp_path / "sets" / "kodak")
    monkeypatch.setenv("PLIC_SETS", str(tmp_path / "sets"))
    assert len(names(find_set("kodak"))) == 3


def test_no_such_folder_names_the_sets(tmp_path):
    with pytest.raises(BenchError, match=r"nowhere: no such folder.*kodak, web"):
        find_set("nowhere")
    with pytest.raises(BenchError, match="holds no pictures"):
        find_set(str(tmp_path))


def test_an_index_tells_the_kind_of_site(tmp_path):
    for name in ("1.png", "2.png", "3.png"):
        Image.new("RGB", (40, 40)).save(tmp_path / name)
    rows = ["name\tsize\tsource path", "1.png\t1\tschool-site/a.png", "2.png\t1\tunheard-of/b.png"]
    (tmp_path / "INDEX.tsv").write_text("\n".join(rows))
    assert [m.site for m in find_set(str(tmp_path)).members] == ["education", "other", ""]
    (tmp_path / "INDEX.tsv").write_text("name\tsite\n1.png\tshops\n")
    assert [m.site for m in find_set(str(tmp_path)).members] == ["shops", "", ""]
    (tmp_path / "INDEX.tsv").write_text("file\tsite\n1.png\tshops\n")
    with pytest.raises(BenchError, match="no column 'name'"):
        find_set(str(tmp_path))


def test_a_site_is_the_pictures_that_its_pages_show(tmp_path):
    root = tmp_path / "vcare-hospital"
    root.mkdir()
    for name in ("shown.webp", "unseen.webp"):
        shutil.copy(PICTURES / "kodim03.webp", root / name)
    Image.new("RGB", (8, 8)).save(root / "spacer.png")
    (root / "index.html").write_text(
        "<!doctype html><html><head></head><body><img src=shown.webp><img src=spacer.png>"
    )
    assert [(m.name, m.site) for m in find_set(str(root)).members] == [("shown.webp", "health")]
    (tmp_path / "other-site").mkdir()
    (tmp_path / "other-site" / "index.html").write_text("<html><head></head></html>")
    assert names(find_set(str(tmp_path))) == ["vcare-hospital/shown.webp"]


def test_the_words_of_a_name_not_its_letters():
    assert site_kind("free-app-landing/img.jpg") == "technology"
    assert site_kind("happy-apples/img.jpg") == "other"
    assert site_kind("") == ""


def test_an_original_is_known_by_its_pixels(tmp_path):
    first = read_original(Member("a", PICTURES / "kodim03.webp", ""))
    image = Image.fromarray(first.pixels)
    image.save(tmp_path / "same.png")
    assert read_original(Member("b", tmp_path / "same.png", "")).digest == first.digest
    image.putpixel((5, 5), (1, 2, 3))
    image.save(tmp_path / "other.png")
    assert read_original(Member("b", tmp_path / "other.png", "")).digest != first.digest
    assert first.kind == "photo"


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_what_is_no_picture_is_refused(tmp_path, content):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(UnreadablePictureError):
        read_original(Member("x", path, ""))


def test_a_bomb_and_sixteen_bits_are_handled(tmp_path):
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0N \0\0N \x08\2\0\0\0"
    path = tmp_path / "bomb.png"
    path.write_bytes(header + zlib.crc32(header[12:]).to_bytes(4, "big"))
    with pytest.raises(UnreadablePictureError):
        read_original(Member("bomb", path, ""))
    ramp = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    pixels = read_original(Member("deep", tmp_path / "deep.png", "")).pixels
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert pixels.mean() == pytest.approx(127.5, abs=1)


def test_a_runs_own_output_is_no_part_of_the_set(tmp_path):
    shutil.copy(PICTURES / "kodim03.webp", tmp_path / "photo.webp")
    out = tmp_path / "eval_out"
    (out / "pictures").mkdir(parents=True)
    shutil.copy(PICTURES / "kodim04.webp", out / "pictures" / "shown.webp")
    (out / "report.html").write_text("<html><head></head><body><img src=pictures/shown.webp>")
    assert names(find_set(str(tmp_path), apart_from=out)) == ["photo"]


def test_a_sites_broken_picture_is_a_member_and_is_named(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    (tmp_path / "index.html").write_text("<html><head></head><body><img src=bad.jpg>")
    (member,) = find_set(str(tmp_path)).members
    with pytest.raises(UnreadablePictureError):
        read_original(member)
