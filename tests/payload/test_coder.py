from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plic_web.payload import PayloadError
from plic_web.payload.coder import MAX_OVERRUN, binary_decoder, binary_encoder

probabilities = st.one_of(st.integers(1, 65535), st.sampled_from([1, 65535]))
decisions = st.lists(
    st.tuples(st.booleans(), st.integers(0, 3), probabilities, st.integers(0, 1)), max_size=300
)


@given(starts=st.lists(probabilities, min_size=4, max_size=4), taken=decisions)
def test_decoder_repeats_every_decision(starts, taken):
    encoder = binary_encoder(starts)
    for adaptive, context, p, bit in taken:
        if adaptive:
            encoder.encode(context, bit)
        else:
            encoder.encode_fixed(p, bit)
    decoder = binary_decoder(encoder.finish(), starts)
    for adaptive, context, p, bit in taken:
        assert (decoder.decode(context) if adaptive else decoder.decode_fixed(p)) == bit


@pytest.mark.parametrize("p", [0.01, 0.2, 0.5, 0.97])
def test_rate_is_close_to_the_entropy(p):
    rng = random.Random(1)
    bits = [int(rng.random() < p) for _ in range(20000)]
    entropy = -(p * math.log2(p) + (1 - p) * math.log2(1 - p)) * len(bits) / 8
    fixed, adaptive = binary_encoder(), binary_encoder([1 << 15])
    for bit in bits:
        fixed.encode_fixed(round(p * 65536), bit)
        adaptive.encode(0, bit)
    assert len(fixed.finish()) < 1.02 * entropy + 20
    assert len(adaptive.finish()) < 1.12 * entropy + 20


def test_a_carry_runs_through_bytes_of_255():
    """A number just below a byte boundary, pushed over it by the last decision."""
    for length in range(1, 60):
        encoder = binary_encoder()
        bits = [0] * length + [1] * 40 + [0] * 40
        for bit in bits:
            encoder.encode_fixed(40000, bit)
        decoder = binary_decoder(encoder.finish())
        assert [decoder.decode_fixed(40000) for _ in bits] == bits


def test_reading_far_beyond_the_end_is_an_error():
    decoder = binary_decoder(b"")
    for _ in range(8 * (MAX_OVERRUN - 3)):
        decoder.decode_fixed(1 << 15)
    decoder.decode_fixed(1 << 15)
    with pytest.raises(PayloadError, match="ended too early"):
        decoder.decode_fixed(1 << 8)
