"""What is found in pictures that must not be invented, and what is said where a part is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from exporter.detect import available, find_marks
from exporter.detect.logos import find_logos
from exporter.detect.subject import find_subject
from exporter.marks import Mark
from plic_web.quality import text as reading

PICTURES = Path(__file__).parents[1] / "pictures"


def photo(name: str) -> Image.Image:
    return Image.open(PICTURES / f"{name}.webp").convert("RGB")


def overlap(mark: Mark, left: float, top: float, right: float, bottom: float) -> float:
    """Intersection over union with a box."""
    rect = mark.rect
    across = min(right, rect.left + rect.width) - max(left, rect.left)
    down = min(bottom, rect.top + rect.height) - max(top, rect.top)
    if min(across, down) <= 0:
        return 0
    union = rect.width * rect.height + (right - left) * (bottom - top) - across * down
    return across * down / union


def test_a_portrait_has_a_face_and_marks_lie_inside_the_picture():
    picture = np.asarray(photo("kodim04"))
    marks = find_marks(picture)
    faces = [mark for mark in marks if mark.kind == "face"]
    assert len(faces) == 1
    assert faces[0].score > 0.8
    for mark in marks:
        assert mark.rect.left >= 0
        assert mark.rect.left + mark.rect.width <= picture.shape[1]
        assert mark.rect.top >= 0
        assert mark.rect.top + mark.rect.height <= picture.shape[0]
        assert Mark.from_json(mark.to_json()) == mark


def test_small_words_in_a_photo_are_found_and_read():
    pytest.importorskip("rapidocr")
    picture = photo("kodim23").resize((1200, 800), Image.Resampling.LANCZOS)
    font = ImageFont.load_default(20)  # capitals are 14 pixels high
    ImageDraw.Draw(picture).text((60, 700), "Opening hours", (255, 255, 255), font)
    marks = find_marks(np.asarray(picture))
    (line,) = [mark for mark in marks if mark.kind == "text"]
    assert line.text.replace(" ", "") == "Openinghours"
    assert overlap(line, 60, 704, 190, 722) > 0.5


def test_without_rapidocr_the_rest_is_found(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    assert not reading.available()
    parts = available()
    assert [name for name, works in parts.items() if not works] == ["text"]
    assert "face" in {mark.kind for mark in find_marks(np.asarray(photo("kodim04")))}


def test_a_drawn_sign_is_found_in_a_photo():
    picture = photo("kodim23")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((40, 30, 190, 180), 20, (0, 48, 73))
    draw.ellipse((65, 55, 165, 155), (247, 127, 0))
    (mark,) = find_logos(np.asarray(picture))
    assert overlap(mark, 40, 30, 190, 180) > 0.8


def test_photos_hold_no_drawn_signs():
    for name in ("kodim03", "kodim04", "kodim23"):
        assert find_logos(np.asarray(photo(name))) == []


def test_the_subject_is_where_the_parrots_are():
    (mark,) = find_subject(np.asarray(photo("kodim23")))
    assert mark.kind == "subject"
    assert mark.score > 0.6
    assert overlap(mark, 60, 50, 765, 510) > 0.7


@pytest.mark.parametrize("shape", [(1, 1), (40, 40), (33, 900), (900, 33)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_blank_pictures_of_any_shape_hold_nothing(shape, value):
    assert find_marks(np.full((*shape, 3), value, np.uint8)) == []


def test_importing_the_detectors_loads_none():
    names = ("rapidocr", "torch")
    code = f"import sys, exporter.detect; print(*[n for n in {names} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
