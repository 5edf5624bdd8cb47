from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payload_support import hostile, vectors

from plic_web.payload import PayloadError
from plic_web.payload.text import MAX_CHARACTERS, decode_text, encode_text

ALTS = [
    "Head of a girl wearing a knitted hat",
    "Two macaws in front of green foliage",
    "The lighthouse at Portland Head, Maine",
    "A row of motorcycles at the start of a race",
    "Teacher and pupils in front of the new library",
    "Dr. Amina Yusuf, head of the maternity ward",
    "Bowl of ramen with egg, pork and spring onion",
    "Children crossing the river on a rope bridge",
]


@pytest.mark.parametrize("vector", vectors("text.json"), ids=lambda v: str(v["text"])[:20])
def test_vectors(vector):
    assert decode_text(bytes.fromhex(vector["section"])) == vector["text"]


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=MAX_CHARACTERS))
def test_any_unicode_survives(text):
    assert decode_text(encode_text(text)) == text


def test_usual_descriptions_cost_half_of_what_deflate_takes():
    sizes = [len(encode_text(text)) for text in ALTS]
    assert sum(sizes) / len(sizes) < 20
    assert max(sizes) < 30


def test_use_alt_is_an_empty_section():
    assert encode_text(None) == b""
    assert decode_text(b"") is None


@pytest.mark.parametrize("text", ["", "x" * 241, "\ud800"])
def test_texts_that_no_section_can_hold(text):
    with pytest.raises(PayloadError):
        encode_text(text)


@settings(deadline=None)
@given(hostile)
def test_hostile_sections_end_soon(data):
    try:
        text = decode_text(data)
    except PayloadError:
        return
    assert text is None or 0 < len(text) <= MAX_CHARACTERS
