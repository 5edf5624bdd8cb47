"""Gains: the numpy quantiser of the engine."""

from __future__ import annotations

import numpy as np
import pytest

from plic_web.engine.errors import PackError
from plic_web.engine.quantiser import Quantiser, quality_map, spread


@pytest.fixture
def quantiser() -> Quantiser:
    anchors = np.linspace(-1, 1.5, 5, dtype=np.float32)
    return Quantiser(np.tile(anchors, (4, 1)), np.tile(anchors + 0.2, (6, 1)))


def test_the_error_is_half_a_step_at_most(quantiser):
    rng = np.random.default_rng(2)
    y32 = rng.normal(0, 3, (4, 5, 7)).astype(np.float32)
    y16 = rng.normal(0, 3, (6, 10, 14)).astype(np.float32)
    for q in (0, 20, 63):
        u16 = quality_map(q, None, 10, 14)
        d32, d16 = quantiser.dequantise(*quantiser.quantise(y32, y16, u16), u16)
        step32 = np.exp(-np.interp(q / 63, np.linspace(0, 1, 5), quantiser.gain32[0]))
        step16 = np.exp(-np.interp(q / 63, np.linspace(0, 1, 5), quantiser.gain16[0]))
        assert np.abs(d32 - y32).max() <= step32 / 2 * 1.0001
        assert np.abs(d16 - y16).max() <= step16 / 2 * 1.0001


def test_a_higher_threshold_only_moves_values_toward_zero(quantiser):
    rng = np.random.default_rng(2)
    y32 = rng.normal(0, 2, (4, 5, 7)).astype(np.float32)
    y16 = rng.normal(0, 2, (6, 10, 14)).astype(np.float32)
    u16 = quality_map(30, None, 10, 14)
    plain = quantiser.quantise(y32, y16, u16)
    for threshold in (0.6, 1.0, 1.6):
        for a, b in zip(plain, quantiser.quantise(y32, y16, u16, threshold), strict=True):
            assert (np.abs(b) <= np.abs(a)).all()
            assert (np.abs(b) < np.abs(a)).any()
            assert (a.astype(int) * b >= 0).all()


def test_a_map_of_thresholds_holds_place_by_place(quantiser):
    rng = np.random.default_rng(3)
    y32 = rng.normal(0, 2, (4, 4, 8)).astype(np.float32)
    y16 = rng.normal(0, 2, (6, 8, 16)).astype(np.float32)
    u16 = quality_map(30, None, 8, 16)
    thresholds = np.array([[0.55, 1.3, 0.55, 0.55]] * 2)
    mixed = quantiser.quantise(y32, y16, u16, spread(thresholds, 8, 16))
    low, high = (quantiser.quantise(y32, y16, u16, t) for t in (0.55, 1.3))
    for found, usual, silenced in zip(mixed, low, high, strict=True):
        cell = found.shape[2] // 4
        second = np.s_[..., cell : 2 * cell]
        assert np.array_equal(found[second], silenced[second])
        assert not np.array_equal(found[second], usual[second])
        found[second] = usual[second]
        assert np.array_equal(found, usual)


def test_the_gain_map_moves_its_cells_alone():
    offsets = np.array([[0, 7], [-8, 0]], np.int8)
    u = quality_map(32, offsets, 6, 8) * 63
    assert u[:4, :4] == pytest.approx(32)
    assert u[:4, 4:] == pytest.approx(39)
    assert u[4:, :4] == pytest.approx(24)


def test_the_quality_stays_in_range():
    u = quality_map(62, np.array([[7]], np.int8), 4, 4)
    assert u.max() == 1


def test_a_file_that_is_no_gains_is_named(tmp_path):
    path = tmp_path / "quantiser.npz"
    path.write_bytes(b"not a zip")
    with pytest.raises(PackError, match=r"quantiser\.npz"):
        Quantiser.load(path)
