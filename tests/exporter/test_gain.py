"""Favoured rectangles: which cells they are, what the ladder gives them, what a payload shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from exporter.encode import encode_picture
from exporter.faces import MARGIN, face_rectangles
from exporter.gain import (
    CELL,
    HIGHEST_THRESHOLD,
    MAX_AHEAD,
    ROUNDING_THRESHOLD,
    Ladder,
    favoured_cells,
)
from plic_web.engine import Pack, load_pack, reconstruct
from plic_web.payload import Payload, SectionKind
from plic_web.payload.keep import Rect
from plic_web.payload.latents import Latents, coded_size, decode_latents
from plic_web.quality.lpips import Lpips

PICTURES = Path(__file__).parents[1] / "pictures"
RECTANGLES = st.builds(
    Rect, st.integers(-90, 900), st.integers(-90, 900), st.integers(1, 400), st.integers(1, 400)
)


def read(name: str) -> np.ndarray:
    with Image.open(PICTURES / f"{name}.webp") as image:
        return np.asarray(image.convert("RGB"))


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("lite")


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return read("kodim04")


@pytest.fixture(scope="module")
def small(portrait) -> np.ndarray:
    """The portrait at 256x384: 4 by 6 cells."""
    return np.asarray(Image.fromarray(portrait).reduce(2))


def latents_of(data: bytes, pack: Pack) -> Latents:
    payload = Payload.parse(data)
    section = payload.get(SectionKind.LATENTS)
    assert section
    return decode_latents(section, pack.tables, payload.width, payload.height)


@settings(deadline=None)
@given(st.lists(RECTANGLES, max_size=3), st.integers(1, 800), st.integers(1, 800), st.data())
def test_the_cells_are_those_that_a_rectangle_touches(rectangles, width, height, data):
    scale = data.draw(st.sampled_from([16, 12, 8, 6, 4, 1]))
    coded_width, coded_height = coded_size(width, height, scale)
    cells = favoured_cells(rectangles, width, height, scale)
    assert cells.shape == (-(-coded_height // CELL), -(-coded_width // CELL))
    for (row, column), favoured in np.ndenumerate(cells):
        touched = any(
            # what both have in common, in coded pixels times the picture's side
            min(min(r.left + r.width, width) * coded_width, (column + 1) * CELL * width)
            > max(max(r.left, 0) * coded_width, column * CELL * width)
            and min(min(r.top + r.height, height) * coded_height, (row + 1) * CELL * height)
            > max(max(r.top, 0) * coded_height, row * CELL * height)
            for r in rectangles
        )
        assert favoured == touched


@given(
    st.lists(st.booleans(), min_size=6, max_size=6),
    st.integers(0, MAX_AHEAD),
    st.integers(-8 * (32 + MAX_AHEAD), 8 * 63).map(lambda eighths: eighths / 8),
)
def test_favoured_cells_stand_ahead_within_the_formats_ranges(favoured, ahead, rung):
    ladder = Ladder(np.array(favoured).reshape(2, 3), ahead)
    quality = ladder.quality(max(rung, ladder.lowest))
    uneven = any(favoured) and not all(favoured)
    higher = rung + ahead if uneven else rung
    assert 0 <= quality.q <= 63
    assert quality.gain_map.dtype == np.int8
    assert -8 <= quality.gain_map.min() <= quality.gain_map.max() <= 7
    levels = quality.q + quality.gain_map.astype(int)
    for cells, at in ((~ladder.favoured, rung), (ladder.favoured, higher)):
        assert (levels[cells] == min(63, max(0, int(at)))).all()
        assert ((quality.thresholds[cells] > ROUNDING_THRESHOLD) == (at < 0)).all()
    assert quality.thresholds.max() <= HIGHEST_THRESHOLD
    assert uneven or not quality.gain_map.any()
    lowest = ladder.quality(ladder.lowest)
    assert lowest.q == 0
    assert (lowest.thresholds == HIGHEST_THRESHOLD).all()


@pytest.mark.parametrize("bpp", [0.015, 0.03, 0.06])
def test_a_favoured_face_is_drawn_better_in_as_many_bytes(portrait, pack, bpp):
    (face,) = face_rectangles(portrait)
    plain = encode_picture(portrait, pack=pack, bpp=bpp)
    favoured = encode_picture(portrait, pack=pack, bpp=bpp, favour=[face])
    budget = bpp * portrait.shape[0] * portrait.shape[1] / 8
    assert 0.93 * budget < len(favoured) <= budget
    inside = np.s_[face.top : face.top + face.height, face.left : face.left + face.width]
    wanted, lpips = np.ascontiguousarray(portrait[inside]), Lpips()
    squared, perceived = [], []
    for data in (plain, favoured):
        drawn = np.ascontiguousarray(reconstruct(Payload.parse(data), pack=pack)[inside])
        squared.append(((drawn.astype(float) - wanted) ** 2).mean())
        perceived.append(lpips.distance(drawn, wanted))
    assert squared[1] < squared[0]
    assert perceived[1] < perceived[0]


@pytest.mark.parametrize(
    ("favour", "levels"),
    [
        ((), 12),
        ([Rect(100, 100, 60, 60)], 0),
        ([Rect(0, 0, 256, 384)], 12),  # all of it
        ([Rect(256, 0, 10, 10), Rect(0, -5, 256, 5)], 12),  # beside it
    ],
)
@pytest.mark.parametrize("bpp", [0.01, 0.05])
def test_where_nothing_stands_out_no_byte_changes(small, pack, favour, levels, bpp):
    plain = encode_picture(small, pack=pack, bpp=bpp)
    same = encode_picture(small, pack=pack, bpp=bpp, favour=favour, favour_levels=levels)
    assert same == plain


@settings(max_examples=12, deadline=None)
@given(st.lists(RECTANGLES, min_size=1, max_size=3), st.integers(0, MAX_AHEAD), st.data())
def test_the_budget_holds(small, pack, favour, levels, data):
    bpp = data.draw(st.floats(0.012, 0.4))
    encoded = encode_picture(small, pack=pack, bpp=bpp, favour=favour, favour_levels=levels)
    assert 8 * len(encoded) <= bpp * small.shape[0] * small.shape[1]
    assert latents_of(encoded, pack).y32.shape[1:] == (12, 8)


def test_what_fits_nowhere_is_as_small_as_without_favour(small, pack):
    face = Rect(60, 100, 100, 100)
    smallest = encode_picture(small, pack=pack, bpp=0.0001)
    assert encode_picture(small, pack=pack, bpp=0.0001, favour=[face]) == smallest


def test_a_picture_coded_at_a_smaller_size_has_its_favoured_cells_there(pack):
    wide = np.asarray(Image.fromarray(read("kodim23")).resize((2048, 512)))
    rect = Rect(1900, 300, 400, 100)  # past the right border
    data = encode_picture(wide, pack=pack, favour=[rect])
    latents = latents_of(data, pack)
    assert latents.scale == 12
    assert latents.gain_map is not None
    levels = np.clip(latents.q + latents.gain_map.astype(int), 0, 63)
    cells = favoured_cells([rect], 2048, 512, 12)
    assert cells[3:5, 22:].all()
    assert cells.sum() == 4
    assert levels[cells].min() > levels[~cells].max()


def test_levels_out_of_range_are_refused(small, pack):
    for levels in (-1, 16):
        with pytest.raises(ValueError, match="favour_levels: expected 0 to 15"):
            encode_picture(small, pack=pack, favour=[Rect(0, 0, 9, 9)], favour_levels=levels)


def test_margins_stay_inside_the_picture(portrait):
    (face,) = face_rectangles(portrait)
    (wider,) = face_rectangles(portrait, margin=MARGIN)
    assert wider.width == pytest.approx(face.width * (1 + 2 * MARGIN), abs=2)
    assert wider.height == pytest.approx(face.height * (1 + 2 * MARGIN), abs=2)
    (all_of_it,) = face_rectangles(portrait, margin=3)
    assert all_of_it == Rect(0, 0, portrait.shape[1], portrait.shape[0])
    assert face_rectangles(np.zeros((64, 64, 3), np.uint8), margin=MARGIN) == []
