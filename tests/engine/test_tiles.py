"""Tiles cover every size without seams."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from plic_web.engine.tiles import OVERLAP, TILE, WHOLE_PIXELS, draw_tiled, spans, tiles


@pytest.mark.parametrize("length", range(32, 4097, 32))
def test_spans_cover_and_overlap(length):
    found = spans(length)
    assert found[0][0] == 0
    assert found[-1][1] == length
    for (start, end), (after, _) in itertools.pairwise(found):
        assert end - after >= OVERLAP - 32
        assert after > start
    assert all(end - start <= TILE and start % 32 == 0 for start, end in found)


def test_small_pictures_are_drawn_whole():
    assert list(tiles(512, 768)) == [(0, 512, 0, 768)]


def test_tiles_of_one_picture_blend_into_it_exactly():
    height, width = 1088, 1504
    assert height * width > WHOLE_PIXELS
    rng = np.random.default_rng(1)
    levels = rng.integers(0, 256, (height, width, 3), np.uint8)
    signed = (levels.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)
    drawn = draw_tiled(lambda t, b, le, r: signed[:, t:b, le:r], height, width)
    assert np.abs(drawn.astype(int) - levels).max() <= 1


def test_disagreeing_tiles_blend_without_a_step():
    height, width = 768, 2048

    def flat_by_tile(top, bottom, left, right):
        return np.full((3, bottom - top, right - left), left / width, np.float32)

    drawn = draw_tiled(flat_by_tile, height, width).astype(int)
    assert np.ptp(drawn) > 50  # the tiles do disagree
    assert np.abs(np.diff(drawn, axis=1)).max() <= 2
