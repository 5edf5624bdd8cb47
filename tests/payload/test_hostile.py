"""Bytes that somebody made to hurt: every decoder answers with an error or a picture, soon."""

from __future__ import annotations

import contextlib
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payload_support import hostile, smooth_picture, sparse_latents

from plic_web.payload import PayloadError
from plic_web.payload.base import decode_base, encode_base
from plic_web.payload.edges import decode_edges, encode_edges
from plic_web.payload.keep import Rect, decode_keep, encode_keep
from plic_web.payload.latents import (
    Latents,
    LatentTables,
    decode_latents,
    encode_latents,
    latent_shape,
)

TABLES = LatentTables.untrained(1, 1, 3, 4)
LARGEST = (4096, 3906)
MEBIBYTE = 1 << 20
RGB = smooth_picture(160, 120)
DECODERS = {
    "base": lambda data, size: decode_base(data, *size),
    "edges": lambda data, size: decode_edges(data, *size),
    "latents": lambda data, size: decode_latents(data, TABLES, *size),
    "keep": lambda data, size: decode_keep(data, *size),
}
SECTIONS = {
    "base": encode_base(RGB),
    "edges": encode_edges(np.random.default_rng(1).random((30, 40)) < 0.1),
    "latents": encode_latents(sparse_latents(160, 120, gains=True), TABLES),
    "keep": encode_keep(RGB, [Rect(5, 6, 20, 30), Rect(50, 60, 9, 9)]),
}


def decodes_or_refuses(name: str, data: bytes, size: tuple[int, int] = (160, 120)) -> None:
    """Anything but a PayloadError fails the test that calls this."""
    with contextlib.suppress(PayloadError):
        DECODERS[name](data, size)


@pytest.mark.parametrize("name", DECODERS)
@settings(deadline=None, max_examples=60)
@given(data=hostile)
def test_random_bytes(name, data):
    decodes_or_refuses(name, data)
    head = {"latents": bytes([1, 1, 0xF1, 30]), "keep": bytes([90, 1, 0, 0, 40, 40])}
    decodes_or_refuses(name, head.get(name, b"") + data)


@pytest.mark.parametrize("name", DECODERS)
def test_every_truncation(name):
    for length in range(len(SECTIONS[name])):
        decodes_or_refuses(name, SECTIONS[name][:length])


@pytest.mark.parametrize("name", DECODERS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_bit_flips(name, data):
    raw = bytearray(SECTIONS[name])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, 8 * len(raw) - 1))
        raw[at // 8] ^= 1 << at % 8
    decodes_or_refuses(name, bytes(raw))


@pytest.mark.slow
@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("byte", [0, 255])
def test_memory_stays_below_64_mebibytes(name, byte):
    head = {"latents": bytes([1, 1, 0xF0, 30]), "keep": bytes([100, 1, 0, 0, 128, 4, 128, 2])}
    data = head.get(name, b"") + bytes([byte]) * 65000
    tracemalloc.start()
    try:
        decodes_or_refuses(name, data, LARGEST)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * MEBIBYTE


def test_cheap_decisions_order_no_more_work_than_their_bytes_pay_for():
    """A megapixel of equal latents fits few bytes, since the contexts learn them."""
    shape = latent_shape(1024, 1024, 16)
    fine = (4, 2 * shape.rows, 2 * shape.columns)
    flat = Latents(16, 30, None, np.full((3, *shape), 9, np.int16), np.full(fine, 9, np.int16))
    section = encode_latents(flat, TABLES)
    assert (decode_latents(section, TABLES, 1024, 1024).y16 == 9).all()
    shorter = section[: len(section) // 2]
    assert not section[len(shorter) :].strip(b"\0")  # what goes is only what pays
    with pytest.raises(PayloadError, match="a byte"):
        decode_latents(shorter, TABLES, 1024, 1024)


def test_rectangles_cover_a_small_picture_no_more_than_twice():
    whole = Rect(0, 0, 40, 30)
    encode_keep(RGB[:30, :40], [whole] * 2)
    with pytest.raises(PayloadError, match="at most 3072"):
        encode_keep(RGB[:30, :40], [whole] * 3)
