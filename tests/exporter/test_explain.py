"""`plic explain`, and what is compared of pictures that stay conventional."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw, ImageFont

from exporter.conventional import RecompressTask, recompress
from exporter.explain_command import explain_picture
from exporter.marks import CODE, TEXT, Mark
from plic_web.payload.keep import Rect
from plic_web.quality import text as reading

PICTURES = Path(__file__).parents[1] / "pictures"


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    """A photo of 256x384 with a face of about 140 pixels."""
    path = tmp_path / "portrait.jpg"
    Image.open(PICTURES / "kodim04.webp").convert("RGB").reduce(2).save(path, quality=90)
    return path


def explain(*arguments: object) -> str:
    result = CliRunner().invoke(explain_picture, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_portrait_is_explained(portrait: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = explain(portrait, "--html", page)
    assert re.search(r"^looks like: photo; found: .*1 face", said, re.M)
    assert re.search(r"^attempt 1: 0\.030 bits per pixel.* → .*LPIPS 0\.\d{3}", said, re.M)
    assert "becomes a payload" in said
    html = page.read_text("utf-8")
    attempts = len(re.findall("^attempt", said, re.M))
    assert html.count("data:image/webp;base64,") == 1 + attempts
    assert "//" not in re.sub(r"data:image/webp;base64,[\w+/=]+", "", html)


def test_the_json_says_the_same(portrait: Path) -> None:
    found = json.loads(explain(portrait, "--json", "--quality", "0.3"))
    assert found["decision"] == "payload"
    assert found["attempts"][-1]["problem"] == ""
    assert found["attempts"][-1]["lpips"] <= 0.3
    assert found["bytes"] == found["attempts"][-1]["bytes"] < found["facts"]["size"] / 2
    assert "face" in {mark["kind"] for mark in found["facts"]["marks"]}


def test_a_wish_and_a_drawing(portrait: Path, tmp_path: Path) -> None:
    assert "its owner said so" in explain(portrait, "--action", "leave")
    said = explain(portrait, "--action", "webp")
    assert "becomes a WebP: its owner said so" in said
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    said = explain(tmp_path / "broken.jpg")
    assert "becomes the file as it is: cannot be decoded" in said


def test_a_page_that_cannot_be_written_is_one_line(portrait: Path, tmp_path: Path) -> None:
    to = tmp_path / "no" / "such" / "page.html"
    result = CliRunner().invoke(explain_picture, [str(portrait), "--html", str(to)])
    assert result.exit_code == 2
    assert result.output.strip() == f"plic explain: {to}: No such file or directory"


@pytest.mark.skipif(not reading.available(), reason="needs rapidocr")
def test_a_webp_that_would_lose_something_is_not_written(tmp_path: Path) -> None:
    photo = Image.open(PICTURES / "kodim23.webp").convert("RGB")
    draw = ImageDraw.Draw(photo)
    draw.text((60, 400), "Opening hours 9 to 17", (255, 255, 255), ImageFont.load_default(28))
    path = tmp_path / "sign.png"
    photo.save(path)
    size = path.stat().st_size
    line = Mark(TEXT, Rect(58, 402, 300, 32), 0.99, "Opening hours 9 to 17")
    fine = recompress(RecompressTask(path, size, exact=False, marks=(line,)))
    assert fine == recompress(RecompressTask(path, size, exact=False))
    # a code that stands nowhere is read in no WebP
    lost = Mark(CODE, Rect(600, 20, 64, 64), 1.0, "https://example.org/")
    assert recompress(RecompressTask(path, size, exact=False, marks=(line, lost))) is None
