"""The latents section: the learned decoder's integers at 1/32 and 1/16 of the coded size."""

from __future__ import annotations

import numpy as np

from plic_web.payload.coder import HALF, reader, writer
from plic_web.payload.container import check_size
from plic_web.payload.errors import PayloadError
from plic_web.payload.latent_tables import Q_LEVELS, LatentTables
from plic_web.payload.latent_training import train_tables
from plic_web.payload.latent_walk import (
    GAIN_CONTEXTS,
    HAS_GAIN,
    MAX_GAIN,
    MAX_MAGNITUDE,
    MAX_WORK,
    MIN_GAIN,
    NO_COARSE,
    NO_FINE,
    WORK_PER_BYTE,
    Latents,
    Shape,
    walk,
)

__all__ = [
    "LatentTables",
    "Latents",
    "coded_size",
    "decode_latents",
    "encode_latents",
    "latent_shape",
    "train_tables",
]

MAX_SCALE = 16
_LEAST_SIDE = 16  # pixels of the coded size
_HEADER = 4
_RESERVED = 8
_GAIN_STATES = [HALF] * GAIN_CONTEXTS


def coded_size(width: int, height: int, scale: int) -> tuple[int, int]:
    """Width and height at which a picture is coded: scale/16 of it, rounded, at least 16."""
    return _coded_side(width, scale), _coded_side(height, scale)


def _coded_side(side: int, scale: int) -> int:
    return max(_LEAST_SIDE, (side * scale + 8) // 16)


def latent_shape(width: int, height: int, scale: int) -> Shape:
    """Shape at 1/32 of the latents of a `width` x `height` picture."""
    coded_width, coded_height = coded_size(width, height, scale)
    return Shape(-(-coded_height // 32), -(-coded_width // 32))


def encode_latents(latents: Latents, tables: LatentTables) -> bytes:
    """The latents section. Raises PayloadError if the latents do not fit tables or limits."""
    shape = _check(latents, tables)
    has_gain = latents.gain_map is not None and latents.gain_map.any()
    flags = (
        HAS_GAIN * bool(has_gain)
        | NO_COARSE * (not latents.y32.any())
        | NO_FINE * (not latents.y16.any())
    )
    coder, finish = writer([*tables.states, *_GAIN_STATES])
    walk(latents, shape, flags, tables, coder)
    head = (tables.pack, tables.version, (latents.scale - 1) << 4 | flags, latents.q)
    # Zeros at the end change nothing but what the section may order.
    return bytes(head) + finish().ljust(-(-_work(latents) // WORK_PER_BYTE), b"\0")


def _work(latents: Latents) -> int:
    """What a decoder counts: the channels of each non-zero position and all magnitudes."""
    return sum(
        len(level) * int(level.any(axis=0).sum()) + int(np.abs(level.astype(int)).sum())
        for level in (latents.y32, latents.y16)
    )


def decode_latents(data: bytes, tables: LatentTables, width: int, height: int) -> Latents:
    """The latents of a picture of `width` x `height` pixels.

    Raises PayloadError if the section is for another pack or table version, ends early, or
    asks for more work than the format allows.
    """
    check_size(width, height)
    scale, flags, q = _read_header(data, tables)
    shape = latent_shape(width, height, scale)
    stream = data[_HEADER:]
    coder = reader(stream, [*tables.states, *_GAIN_STATES])
    work = min(MAX_WORK, WORK_PER_BYTE * len(stream))
    blank = Latents(
        scale,
        q,
        np.zeros(shape.gains, np.int8),
        np.zeros((tables.c32, shape.rows, shape.columns), np.int16),
        np.zeros((tables.c16, 2 * shape.rows, 2 * shape.columns), np.int16),
    )
    try:
        return walk(blank, shape, flags, tables, coder, work)
    except PayloadError as error:
        raise PayloadError(
            f"latents section of {shape.columns}x{shape.rows} positions: {error}"
        ) from None


def _read_header(data: bytes, tables: LatentTables) -> tuple[int, int, int]:
    """Scale, flags and q."""
    if len(data) < _HEADER:
        raise PayloadError(f"latents section: {len(data)} bytes; expected at least {_HEADER}")
    if (data[0], data[1]) != (tables.pack, tables.version):
        raise PayloadError(
            f"latents section: written for pack {data[0]}, tables {data[1]}; this pack is "
            f"{tables.pack}, tables {tables.version}"
        )
    if data[2] & _RESERVED:
        raise PayloadError("latents section: reserved flag 8 in byte 2 is set")
    if data[3] >= Q_LEVELS:
        raise PayloadError(f"latents section: q {data[3]} in byte 3; expected 0 to {Q_LEVELS - 1}")
    return (data[2] >> 4) + 1, data[2] & 7, data[3]


def _check(latents: Latents, tables: LatentTables) -> Shape:
    """The shape at 1/32 of latents that fit the tables and the format."""
    _, rows, columns = latents.y32.shape
    shape = Shape(rows, columns)
    if not (1 <= latents.scale <= MAX_SCALE and 0 <= latents.q < Q_LEVELS):
        raise PayloadError(
            f"latents: scale {latents.scale}, q {latents.q}; expected 1 to 16 and 0 to 63"
        )
    expected = ((tables.c32, rows, columns), (tables.c16, 2 * rows, 2 * columns))
    if (latents.y32.shape, latents.y16.shape) != expected:
        raise PayloadError(
            f"latents: shapes {latents.y32.shape}, {latents.y16.shape}; expected {expected}"
        )
    if max(abs(latents.y32.astype(int)).max(), abs(latents.y16.astype(int)).max()) > MAX_MAGNITUDE:
        raise PayloadError(f"latents: a magnitude above {MAX_MAGNITUDE}")
    gains = latents.gain_map
    if gains is not None and (
        gains.shape != shape.gains or gains.min() < MIN_GAIN or gains.max() > MAX_GAIN
    ):
        raise PayloadError(
            f"latents: gain map {gains.shape} in {gains.min()}..{gains.max()}; expected "
            f"{shape.gains} in {MIN_GAIN}..{MAX_GAIN}"
        )
    return shape
