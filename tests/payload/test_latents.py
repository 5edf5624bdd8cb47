from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payload_support import sparse_latents

from plic_web.payload import PayloadError
from plic_web.payload.coder import Walker
from plic_web.payload.latent_walk import MAX_WORK, Shape, walk
from plic_web.payload.latents import (
    Latents,
    LatentTables,
    coded_size,
    decode_latents,
    encode_latents,
    latent_shape,
    train_tables,
)

EVEN = LatentTables.untrained(3, 7, 3, 4)
SIZES = st.tuples(st.integers(1, 300), st.integers(1, 300))


def same(one: Latents, other: Latents) -> bool:
    gains = (one.gain_map, other.gain_map)
    return (
        (one.scale, one.q) == (other.scale, other.q)
        and (np.array_equal(*gains) if gains[0] is not None else gains[1] is None)
        and np.array_equal(one.y32, other.y32)
        and np.array_equal(one.y16, other.y16)
    )


@settings(deadline=None)
@given(SIZES, st.integers(1, 16), st.integers(0, 63), st.booleans(), st.integers(0, 99))
def test_round_trip(size, scale, q, gains, seed):
    latents = sparse_latents(*size, scale=scale, q=q, gains=gains, seed=seed)
    if gains:
        latents.gain_map[0, 0] = 7
    assert same(decode_latents(encode_latents(latents, EVEN), EVEN, *size), latents)


@pytest.mark.parametrize("value", [1, 2, 14, 15, 16, 17, 255, 4094, 4095])
def test_every_magnitude_survives(value):
    latents = sparse_latents(64, 64)
    latents.y32[1, 0, 1] = value
    latents.y16[3, 2, 2] = -value
    assert same(decode_latents(encode_latents(latents, EVEN), EVEN, 64, 64), latents)


def test_a_flat_banner_costs_a_few_bytes():
    shape = latent_shape(1536, 512, 16)
    flat = Latents(
        16,
        10,
        None,
        np.zeros((3, *shape), np.int16),
        np.zeros((4, 2 * shape.rows, 2 * shape.columns), np.int16),
    )
    assert len(encode_latents(flat, EVEN)) == 4
    flat.y16[0, 3, 5] = 1
    assert len(encode_latents(flat, EVEN)) < 16


def test_training_saves_bytes_on_pictures_it_did_not_see():
    samples = [sparse_latents(768, 512, q=8 * (k % 8), seed=k) for k in range(12)]
    tables = train_tables(samples, pack_number=3, version=9)
    unseen = sparse_latents(768, 512, q=17, seed=100)
    trained = encode_latents(unseen, tables)
    assert len(trained) < 0.985 * len(encode_latents(unseen, EVEN))
    assert same(decode_latents(trained, tables, 768, 512), unseen)


def test_an_all_zero_gain_map_costs_nothing():
    latents = sparse_latents(200, 200)
    gains = np.zeros(latent_shape(200, 200, 16).gains, np.int8)
    with_map = Latents(16, latents.q, gains, latents.y32, latents.y16)
    assert encode_latents(with_map, EVEN) == encode_latents(latents, EVEN)


def test_tables_survive_a_file(tmp_path):
    tables = train_tables([sparse_latents(300, 200)], pack_number=3, version=2)
    tables.save(tmp_path / "tables.bin")
    loaded = LatentTables.load(tmp_path / "tables.bin")
    assert (loaded.pack, loaded.version, loaded.c32, loaded.c16) == (3, 2, 3, 4)
    assert (loaded.starts == tables.starts).all()


@pytest.mark.parametrize("cut", [0, 3, 9, 100, -1, -2])
def test_damaged_table_files_are_refused(tmp_path, cut):
    path = tmp_path / "tables.bin"
    EVEN.save(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(PayloadError, match=r"tables\.bin"):
        LatentTables.load(path)


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [(0, 4, "pack 4"), (1, 8, "tables 8"), (2, 0xF8, "reserved"), (3, 64, "q 64")],
)
def test_a_wrong_header_is_refused(at, value, message):
    section = bytearray(encode_latents(sparse_latents(100, 100), EVEN))
    section[at] = value
    with pytest.raises(PayloadError, match=message):
        decode_latents(bytes(section), EVEN, 100, 100)


def test_latents_that_do_not_fit_are_refused():
    good = sparse_latents(64, 64)
    for bad in (
        Latents(17, 1, None, good.y32, good.y16),
        Latents(16, 64, None, good.y32, good.y16),
        Latents(16, 1, None, good.y32[:2], good.y16),
        Latents(16, 1, None, good.y32, good.y16[:, 1:]),
        Latents(16, 1, np.full((1, 1), 8, np.int8), good.y32, good.y16),
        Latents(16, 1, None, good.y32 + np.int16(5000), good.y16),
    ):
        with pytest.raises(PayloadError):
            encode_latents(bad, EVEN)


def test_work_is_bounded_whatever_the_bits_say():
    """A decoder that always reads ones would have every latent at its largest magnitude."""
    shape = latent_shape(4096, 3906, 16)
    decisions = 0

    def count(*_: int) -> int:
        nonlocal decisions
        decisions += 1
        return 1

    blank = Latents(
        16,
        0,
        None,
        np.zeros((3, *shape), np.int16),
        np.zeros((4, 2 * shape.rows, 2 * shape.columns), np.int16),
    )
    with pytest.raises(PayloadError, match="more channels and magnitudes"):
        walk(blank, Shape(*shape), 0, EVEN, Walker(count, count))
    assert decisions <= 3 * MAX_WORK


def test_coded_sizes():
    assert coded_size(768, 512, 16) == (768, 512)
    assert coded_size(768, 512, 8) == (384, 256)
    assert coded_size(5, 1001, 8) == (16, 501)
