from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plic_web.payload import PayloadError
from plic_web.payload.noise import normal
from plic_web.payload.seed import decode_seed, encode_seed

MASK = (1 << 64) - 1


def philox(counter: int, key: int) -> list[int]:
    """Philox4x64-10 as Salmon et al. print it, for a key whose upper word is 0."""
    words = [counter >> 64 * i & MASK for i in range(4)]
    keys = [key, 0]
    for _ in range(10):
        high0, low0 = divmod(0xD2E7470EE14C6C93 * words[0], 1 << 64)
        high1, low1 = divmod(0xCA5A826395121157 * words[2], 1 << 64)
        words = [high1 ^ words[1] ^ keys[0], low1, high0 ^ words[3] ^ keys[1], low0]
        keys = [(keys[0] + 0x9E3779B97F4A7C15) & MASK, (keys[1] + 0xBB67AE8584CAA73B) & MASK]
    return words


@given(st.integers(0, MASK), st.integers(1, 40))
def test_noise_is_philox_summed_bytewise(seed, count):
    words = [word for block in range(1, 12) for word in philox(block, seed)][:count]
    sums = [sum(word.to_bytes(8, "little")) - 1020 for word in words]
    expected = (np.array(sums) / (8 * 65535 / 12) ** 0.5).astype(np.float32)
    assert (normal(seed, (count,)) == expected).all()


def test_noise_is_normal():
    noise = normal(7, (3, 512, 512))
    assert noise.dtype == np.float32
    assert abs(noise.mean()) < 0.005
    assert abs(noise.std() - 1) < 0.005
    assert abs((noise**4).mean() - 2.85) < 0.05  # Irwin-Hall of eight: kurtosis 3 - 6/40
    assert abs((np.abs(noise) < 1).mean() - 0.6827) < 0.01


def test_shapes_share_one_sequence():
    assert (normal(3, (2, 6)).ravel() == normal(3, (12,))).all()
    assert (normal(3, (1 << 20,)) == normal(3, ((1 << 20) + 5,))[: 1 << 20]).all()


@given(st.integers(0, MASK))
def test_seed_round_trip(seed):
    assert decode_seed(encode_seed(seed)) == seed


@pytest.mark.parametrize("data", [b"", b"\x80", b"\1\1", b"\xff" * 12, b"\xff" * 9 + b"\x7f"])
def test_damaged_seeds_are_refused(data):
    with pytest.raises(PayloadError, match="seed section"):
        decode_seed(data)


@pytest.mark.parametrize("seed", [-1, 1 << 64])
def test_seeds_out_of_range_are_not_written(seed):
    with pytest.raises(PayloadError):
        encode_seed(seed)
