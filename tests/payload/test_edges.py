from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from payload_support import PICTURES, sizes, vectors
from PIL import Image

from exporter.edges import canny_map
from plic_web.payload import PayloadError
from plic_web.payload.edges import MAX_SAMPLES, decode_edges, edge_grid, encode_edges, walk


@pytest.mark.parametrize("vector", vectors("edges.json"), ids=lambda v: v["name"])
def test_vectors(vector):
    edges = decode_edges(bytes.fromhex(vector["section"]), vector["width"], vector["height"])
    assert np.packbits(edges).tobytes().hex() == vector["map"]


@given(sizes, st.floats(0, 1), st.integers(0, 99))
def test_round_trip(size, density, seed):
    columns, rows = edge_grid(*size)
    edges = np.random.default_rng(seed).random((rows, columns)) < density
    assert (decode_edges(encode_edges(edges), *size) == edges).all()


@given(st.integers(1, 4096), st.integers(1, 3906))
def test_maps_are_bounded(width, height):
    columns, rows = edge_grid(width, height)
    assert 1 <= columns * rows <= MAX_SAMPLES


def test_usual_pictures_have_a_quarter_size_map():
    assert edge_grid(768, 512) == (192, 128)
    assert edge_grid(1024, 768) == (256, 192)


@pytest.mark.parametrize("name", ["kodim03", "kodim04", "kodim23"])
def test_a_photograph_costs_a_few_hundred_bytes(name):
    rgb = np.asarray(Image.open(PICTURES / f"{name}.webp").convert("RGB"))
    edges = canny_map(rgb)
    assert edges.shape == edge_grid(rgb.shape[1], rgb.shape[0])[::-1]
    assert 0.005 < edges.mean() < 0.1
    assert len(encode_edges(edges)) < 2.6 * edges.sum() / 8 + 10


def test_an_empty_map_costs_a_few_bytes():
    assert len(encode_edges(np.zeros((192, 256), bool))) < 40


def test_a_decode_takes_one_decision_a_sample():
    seen = []
    columns, rows = edge_grid(4096, 3906)
    walk(columns, rows, lambda context: seen.append(context) or 0)
    assert len(seen) == columns * rows <= MAX_SAMPLES


def test_a_short_section_is_an_error():
    edges = np.random.default_rng(0).random((32, 32)) < 0.5
    with pytest.raises(PayloadError, match="edges section of a 32x32 map"):
        decode_edges(encode_edges(edges)[:40], 128, 128)
