"""Codes: found small, turned and in photos, and only where there are some."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from plic_web.quality.codes import find_codes

PICTURES = Path(__file__).parents[1] / "pictures"
ADDRESS = "https://example.org/menu?table=12"


def planted(width: int, angle: int) -> np.ndarray:
    modules = cv2.QRCodeEncoder.create().encode(ADDRESS)
    code = Image.fromarray(modules).resize((width, width)).convert("RGBA")
    code = code.rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    photo = Image.open(PICTURES / "kodim23.webp").convert("RGBA")
    photo.alpha_composite(code, (90, 120))
    return np.asarray(photo.convert("RGB"))


@pytest.mark.parametrize(("width", "angle"), [(100, 0), (100, 12), (140, 30), (200, 45)])
def test_a_qr_code_in_a_photo_is_located_and_read(width, angle):
    (code,) = find_codes(planted(width, angle))
    assert (code.kind, code.text) == ("qr", ADDRESS)
    middle = 90 + width * (np.cos(np.radians(angle)) + np.sin(np.radians(angle))) / 2
    assert (code.left + code.right) / 2 == pytest.approx(middle, abs=6)
    assert code.right - code.left > 0.8 * width


def test_one_that_is_too_small_to_read_is_still_located():
    codes = find_codes(planted(66, 0))
    assert [code.kind for code in codes] == ["qr"]


def test_photos_and_odd_pictures_hold_none():
    for path in PICTURES.glob("*.webp"):
        assert find_codes(np.asarray(Image.open(path).convert("RGB"))) == []
    for shape in ((1, 1), (24, 24), (24, 3000), (500, 25)):
        assert find_codes(np.full((*shape, 3), 200, np.uint8)) == []


def test_no_code_in_real_photos(shared):
    for path in sorted((shared / "data/kodak").glob("*.png"))[5:8]:
        assert find_codes(np.asarray(Image.open(path).convert("RGB"))) == []
