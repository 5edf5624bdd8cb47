"""Re-imposing the base and compositing kept pixels."""

from __future__ import annotations

import numpy as np

from plic_web.engine.finish import FEATHER, composite, reimpose_base
from plic_web.payload.keep import Rect
from plic_web.payload.resample import area_average


def photo_like(height: int = 96, width: int = 144) -> np.ndarray:
    rng = np.random.default_rng(5)
    coarse = rng.integers(40, 215, (6, 9, 3))
    fine = rng.integers(-20, 21, (height, width, 3))
    return np.clip(coarse.repeat(height // 6, 0).repeat(width // 9, 1) + fine, 0, 255).astype("u1")


def test_a_drifted_picture_gets_its_colours_back():
    picture = photo_like()
    grid = np.rint(area_average(picture, 9, 6)).astype(np.uint8)
    drifted = np.clip(picture.astype(int) + np.array([14, -9, 5]), 0, 255).astype(np.uint8)
    mended = reimpose_base(drifted, grid, 24)
    before = np.abs(area_average(drifted, 9, 6) - grid).mean()
    after = np.abs(area_average(mended, 9, 6) - grid).mean()
    assert after < before / 4


def test_zero_cells_changes_nothing():
    picture = photo_like()
    assert reimpose_base(picture, np.zeros((4, 6, 3), np.uint8), 0) is picture


def test_kept_pixels_are_exact_inside_and_fade_at_the_border():
    picture = np.zeros((100, 120, 3), np.uint8)
    rect = Rect(left=30, top=40, width=50, height=40)
    patch = np.full((40, 50, 3), 200, np.uint8)
    out = composite(picture, ((rect, patch),), 1, 1)
    inside = out[40 + FEATHER : 80 - FEATHER, 30 + FEATHER : 80 - FEATHER]
    assert (inside == 200).all()
    assert 0 < out[60, 30, 0] < 60
    assert out[60, 29, 0] == 0


def test_a_rectangle_at_the_pictures_border_is_not_faded_there():
    picture = np.zeros((50, 50, 3), np.uint8)
    rect = Rect(left=0, top=0, width=50, height=50)
    out = composite(picture, ((rect, np.full((50, 50, 3), 90, np.uint8)),), 1, 1)
    assert (out == 90).all()


def test_rectangles_follow_the_output_size():
    picture = np.zeros((200, 200, 3), np.uint8)
    rect = Rect(left=10, top=10, width=40, height=40)
    out = composite(picture, ((rect, np.full((40, 40, 3), 250, np.uint8)),), 2, 2)
    assert out[60, 60, 0] == 250
    assert out[110, 110, 0] == 0
