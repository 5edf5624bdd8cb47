from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payload_support import PICTURES, smooth_picture, vectors
from PIL import Image

from plic_web.payload import PayloadError
from plic_web.payload.coder import Walker
from plic_web.payload.keep import MAX_RECTANGLES, Rect, decode_keep, encode_keep
from plic_web.payload.keep_blocks import MAX_WORK, walk_plane
from plic_web.payload.varint import write_varint


def psnr(one, other):
    return 10 * np.log10(255**2 / max(1e-9, np.mean((one.astype(float) - other) ** 2)))


@pytest.mark.parametrize("vector", vectors("keep.json"), ids=lambda v: v["name"])
def test_vectors(vector):
    kept = decode_keep(bytes.fromhex(vector["section"]), vector["width"], vector["height"])
    assert [[r.left, r.top, r.width, r.height] for r, _ in kept] == vector["rectangles"]
    assert [pixels.tobytes().hex() for _, pixels in kept] == vector["rgb"]


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 30), st.integers(0, 9), st.data())
def test_rectangles_of_any_size_come_back_alike(width, height, left, top, data):
    rgb = smooth_picture(100, 80, data.draw(st.integers(0, 5)))
    rect = Rect(left, top, width, height)
    ((found, pixels),) = decode_keep(encode_keep(rgb, [rect], quality=95), 100, 80)
    assert found == rect
    original = rgb[top : top + height, left : left + width]
    assert pixels.shape == original.shape
    assert psnr(pixels, original) > 30


def test_a_face_costs_less_than_its_webp():
    rgb = np.asarray(Image.open(PICTURES / "kodim04.webp").convert("RGB"))
    height, width, _ = rgb.shape
    rect = Rect(width // 4, height // 5, 64, 64)
    original = rgb[rect.top : rect.top + 64, rect.left : rect.left + 64]
    section = encode_keep(rgb, [rect], quality=80)
    ((_, pixels),) = decode_keep(section, width, height)
    for quality in range(0, 101, 5):
        file = io.BytesIO()
        Image.fromarray(original).save(file, "webp", quality=quality, method=6)
        if psnr(np.asarray(Image.open(file).convert("RGB")), original) >= psnr(pixels, original):
            break
    assert len(section) < 0.9 * len(file.getvalue())


def test_quality_buys_fidelity():
    rgb = np.asarray(Image.open(PICTURES / "kodim04.webp").convert("RGB"))
    height, width, _ = rgb.shape
    rect = Rect(10, 20, 48, 40)
    results = []
    for quality in (30, 60, 90, 100):
        section = encode_keep(rgb, [rect], quality=quality)
        ((_, pixels),) = decode_keep(section, width, height)
        results.append((len(section), psnr(pixels, rgb[20:60, 10:58])))
    assert results == sorted(results)
    assert results[-1][1] > 38


def test_each_rectangle_may_have_its_own_quality():
    rgb = np.asarray(Image.open(PICTURES / "kodim04.webp").convert("RGB"))
    height, width, _ = rgb.shape
    rectangles = [Rect(10, 20, 48, 40), Rect(100, 200, 33, 17)]
    section = encode_keep(rgb, rectangles, quality=[30, 95])
    assert section[0] == 0
    kept = decode_keep(section, width, height)
    assert [rect for rect, _ in kept] == rectangles
    for (rect, pixels), quality in zip(kept, (30, 95), strict=True):
        ((_, alone),) = decode_keep(encode_keep(rgb, [rect], quality=quality), width, height)
        assert np.array_equal(pixels, alone)
    assert encode_keep(rgb, rectangles, quality=[50, 50]) == encode_keep(
        rgb, rectangles, quality=50
    )
    with pytest.raises(PayloadError, match="keep quality 101; expected 1 to 100"):
        encode_keep(rgb, rectangles, quality=[30, 101])


def test_no_rectangles():
    assert decode_keep(encode_keep(smooth_picture(20, 20), []), 20, 20) == []


@pytest.mark.parametrize(
    "rectangles",
    [
        [Rect(0, 0, 0, 5)],
        [Rect(-1, 0, 5, 5)],
        [Rect(396, 0, 5, 5)],
        [Rect(0, 298, 5, 5)],
        [Rect(0, 0, 400, 300), Rect(0, 0, 400, 300)],
        [Rect(0, 0, 1, 1)] * (MAX_RECTANGLES + 1),
    ],
)
def test_rectangles_beyond_the_limits_are_refused_by_both_sides(rectangles):
    with pytest.raises(PayloadError):
        encode_keep(np.zeros((300, 400, 3), np.uint8), rectangles)
    section = bytearray([80, len(rectangles)])
    for rect in rectangles:
        for number in (rect.left % 2**32, rect.top, rect.width, rect.height):
            section += write_varint(number)
    with pytest.raises(PayloadError):
        decode_keep(bytes(section) + bytes(100), 400, 300)


def test_work_is_bounded_whatever_the_bits_say():
    decisions = 0

    def count(*_: int) -> int:
        nonlocal decisions
        decisions += 1
        return 1

    with pytest.raises(PayloadError, match="magnitudes"):
        walk_plane(np.zeros((64, 32, 8, 8), np.int32), False, MAX_WORK, Walker(count, count))
    assert decisions <= 4 * MAX_WORK
