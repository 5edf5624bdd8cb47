from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from payload_support import PICTURES, smooth_picture, vectors
from PIL import Image

from plic_web.payload.base import (
    MAX_COEFFICIENT,
    base_grid,
    decode_base,
    dequantise,
    encode_base,
    quantise,
)
from plic_web.payload.resample import area_average, upsample


@pytest.mark.parametrize("vector", vectors("base.json"), ids=lambda v: v["name"])
def test_vectors(vector):
    grid = decode_base(bytes.fromhex(vector["section"]), vector["width"], vector["height"])
    assert [grid.shape[1], grid.shape[0]] == vector["grid"]
    assert grid.tobytes().hex() == vector["rgb"]


@given(st.integers(1, 4096), st.integers(1, 3906))
def test_grids_are_bounded(width, height):
    columns, rows = base_grid(width, height)
    assert 1 <= columns <= 64
    assert 1 <= rows <= 64
    assert columns * rows <= 384
    assert columns <= (width + 7) // 8
    assert rows <= (height + 7) // 8


def test_grids_follow_the_aspect():
    assert base_grid(768, 512) == (24, 16)
    assert base_grid(512, 768) == (16, 24)
    assert base_grid(1, 1) == (1, 1)


@pytest.mark.parametrize("name", ["kodim03", "kodim04", "kodim23"])
def test_a_photograph_costs_about_a_hundred_bytes(name):
    rgb = np.asarray(Image.open(PICTURES / f"{name}.webp").convert("RGB"))
    height, width, _ = rgb.shape
    section = encode_base(rgb)
    assert 50 <= len(section) <= 150
    blur = upsample(decode_base(section, width, height), width, height)
    assert 10 * np.log10(255**2 / np.mean((blur - rgb.astype(float)) ** 2)) > 18


@given(st.integers(1, 64), st.integers(1, 64), st.integers(0, 9))
def test_quantising_keeps_smooth_grids_of_any_size(columns, rows, seed):
    grid = smooth_picture(columns, rows, seed)
    coefficients = quantise(grid)
    assert np.abs(coefficients).max() <= MAX_COEFFICIENT
    assert np.abs(dequantise(coefficients).astype(float) - grid).mean() < 14


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (10, 200, 90)])
def test_a_flat_picture_stays_flat_and_true(colour):
    rgb = np.full((300, 500, 3), colour, np.uint8)
    section = encode_base(rgb)
    assert len(section) < 40
    grid = decode_base(section, 500, 300)
    assert np.ptp(grid, axis=(0, 1)).max() == 0
    assert np.abs(grid[0, 0].astype(int) - colour).max() <= 5


def test_cosines_are_far_from_rounding_ties():
    """A decoder whose cosine is off in the last digits still rounds to the same table."""
    for size in range(1, 65):
        k = np.arange(size)
        exact = 1024 * np.cos(np.pi * k[:, None] * (k + 0.5) / size)
        assert np.abs(exact - np.floor(exact) - 0.5).min() > 1e-6


def test_area_average_and_upsample_keep_a_gradient():
    ramp = np.repeat(np.linspace(0, 255, 96)[None, :, None], 64, 0).repeat(3, 2).astype(np.uint8)
    grid = area_average(ramp, 12, 8)
    assert np.allclose(grid.mean(), ramp.mean(), atol=0.5)
    again = upsample(np.rint(grid).astype(np.uint8), 96, 64)
    assert np.abs(again[:, 8:-8].astype(int) - ramp[:, 8:-8]).max() <= 3


def test_upsample_of_the_same_size_changes_nothing():
    grid = np.random.default_rng(0).integers(0, 256, (7, 5, 3)).astype(np.uint8)
    assert (upsample(grid, 5, 7) == grid).all()
