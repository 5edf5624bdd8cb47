"""Which rectangles are kept, at which quality; and the search for a rate."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rectangles import inside

from exporter.budget import ENOUGH, finest
from exporter.gain import Ladder, favoured_cells
from exporter.keeping import MOST_PLACES, QUALITIES, Keeping, KeepingError, merge
from exporter.likeness import features_box
from exporter.marks import FACE, TEXT, Mark
from plic_web.payload.keep import MAX_RECTANGLES, Rect, decode_keep

PICTURE = np.random.default_rng(1).integers(0, 255, (400, 600, 3)).astype(np.uint8)


rectangles = st.builds(
    Rect, st.integers(0, 500), st.integers(0, 300), st.integers(1, 90), st.integers(1, 90)
)


@given(st.lists(st.tuples(rectangles, st.sampled_from(QUALITIES)), max_size=40))
def test_merged_rectangles_cover_all_at_their_quality_and_are_few(
    asked: list[tuple[Rect, int]],
) -> None:
    merged = merge(asked)
    assert len(merged) <= MAX_RECTANGLES
    for rect, quality in asked:
        assert any(inside(rect, other) and better >= quality for other, better in merged)


def test_rectangles_apart_stay_apart_and_those_that_cover_each_other_become_one() -> None:
    apart = [(Rect(0, 0, 20, 20), 40), (Rect(100, 100, 20, 20), 65)]
    assert merge(apart) == apart
    assert merge([(Rect(0, 0, 40, 40), 40), (Rect(10, 10, 40, 20), 85)]) == [
        (Rect(0, 0, 50, 40), 85)
    ]


def test_only_what_was_lost_gets_finer_until_nothing_is_finer() -> None:
    face = Mark(FACE, Rect(50, 50, 60, 80), 0.9)
    text = Mark(TEXT, Rect(300, 300, 120, 30), 0.9, "Bakery")
    keeping = Keeping.of(PICTURE, [face, text])
    assert keeping.qualities == (40, 65)
    sizes = [len(keeping.section)]
    for expected in ((40, 85), (40, 95)):
        keeping = keeping.finer(PICTURE, [text])
        assert keeping.qualities == expected
        sizes.append(len(keeping.section))
    assert all(one < other for one, other in pairwise(sizes))
    with pytest.raises(KeepingError, match="highest quality"):
        keeping.finer(PICTURE, [text])
    assert keeping.finer(PICTURE, [face, text]).qualities == (65, 95)


def test_a_narrow_face_is_kept_as_wide_as_it_is_compared() -> None:
    narrow = Mark(FACE, Rect(200, 100, 40, 120), 0.9)
    ((kept, _),) = decode_keep(Keeping.of(PICTURE, [narrow]).section, 600, 400)
    assert inside(narrow.rect, kept)
    assert inside(features_box(narrow.rect), kept)


def test_too_many_places_are_refused_before_they_are_joined() -> None:
    many = [Mark(FACE, Rect(n % 50, n // 50, 12, 12), 0.7) for n in range(MOST_PLACES + 1)]
    with pytest.raises(KeepingError, match=f"{MOST_PLACES + 1} places"):
        Keeping.of(PICTURE, many)


@given(st.integers(1, 60_000), st.floats(0.02, 0.12), st.floats(20, 400), st.booleans())
def test_a_rate_is_found_in_few_encodings(
    budget: int, growth: float, least: float, favoured: bool
) -> None:
    cells = favoured_cells([Rect(0, 0, 100, 100)] if favoured else [], 600, 400, 16)
    ladder = Ladder(cells, 8)
    tried: list[float] = []

    def encode(rung: float) -> bytes:
        tried.append(rung)
        return bytes(math.floor(least * math.exp(growth * (rung - ladder.lowest))))

    section = encode(ladder.lowest)
    tried.clear()
    found = finest(encode, budget, ladder, 600 * 400)
    assert len(tried) <= 12
    assert len(set(tried)) == len(tried)
    if len(section) > budget:
        assert found == section
    else:
        assert len(found) <= budget
        best = max(
            len(encode(rung))
            for rung in (ladder.at_most(n / 8) for n in range(8 * ladder.lowest, 8 * 64))
            if len(encode(rung)) <= budget
        )
        assert len(found) == best or len(found) >= ENOUGH * budget
