"""Tiles cover every size without seams, and draw little twice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plic_web.engine.tiles import OVERLAP, UNIT, WHOLE_PIXELS, draw_tiled, tiles

SIDES = st.integers(1, 128).map(lambda units: units * UNIT)  # to 4096 pixels


def check_axis(spans: set[tuple[int, int]], length: int) -> None:
    """Check that pieces along one axis are of one size, cover it all and overlap enough."""
    ordered = sorted(spans)
    assert ordered[0][0] == 0
    assert ordered[-1][1] == length
    assert len({end - start for start, end in ordered}) == 1
    for (_, end), (after, following) in itertools.pairwise(ordered):
        assert end - after >= OVERLAP
        assert following > end
    assert all(edge % UNIT == 0 for span in ordered for edge in span)


@settings(deadline=None)
@given(SIDES, SIDES)
def test_tiles_cover_and_overlap(height, width):
    laid = tiles(height, width)
    down = {(top, bottom) for top, bottom, _, _ in laid}
    across = {(left, right) for _, _, left, right in laid}
    check_axis(down, height)
    check_axis(across, width)
    assert len(laid) == len(set(laid)) == len(down) * len(across)
    assert all((b - t) * (r - le) <= WHOLE_PIXELS for t, b, le, r in laid)
    drawn = sum((b - t) * (r - le) for t, b, le, r in laid)
    assert drawn <= 1.35 * height * width


@pytest.mark.parametrize(
    ("height", "width", "tile", "count"),
    [
        (512, 768, (512, 768), 1),
        (1024, 1024, (1024, 1024), 1),
        (1024, 1536, (1024, 832), 2),
        (1376, 2048, (768, 1088), 4),
        (32, 4096, (32, 4096), 1),
        (416, 4096, (416, 2112), 2),
        (4096, 3904, (1120, 896), 20),
    ],
)
def test_the_layout_draws_the_fewest_pixels(height, width, tile, count):
    laid = tiles(height, width)
    assert len(laid) == count
    assert {(bottom - top, right - left) for top, bottom, left, right in laid} == {tile}


@pytest.mark.parametrize(("height", "width"), [(1088, 1504), (1376, 2048)])
def test_tiles_of_one_picture_blend_into_it_exactly(height, width):
    rng = np.random.default_rng(1)
    levels = rng.integers(0, 256, (height, width, 3), np.uint8)
    signed = (levels.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)
    drawn = draw_tiled(lambda t, b, le, r: signed[:, t:b, le:r], height, width)
    assert np.abs(drawn.astype(int) - levels).max() <= 1


@pytest.mark.parametrize(("height", "width"), [(768, 2048), (2048, 768), (1376, 2048)])
def test_disagreeing_tiles_blend_without_a_step(height, width):
    def flat_by_tile(top, bottom, left, right):
        level = (top + left) / (height + width)
        return np.full((3, bottom - top, right - left), level, np.float32)

    drawn = draw_tiled(flat_by_tile, height, width).astype(int)
    assert np.ptp(drawn) > 40  # the tiles do disagree
    for axis in (0, 1):
        assert np.abs(np.diff(drawn, axis=axis)).max() <= 2
