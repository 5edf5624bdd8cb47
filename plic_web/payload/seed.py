"""The seed section: the number that starts the noise generator."""

from __future__ import annotations

from plic_web.payload.errors import PayloadError
from plic_web.payload.varint import read_varint, write_varint

MAX_SEED = (1 << 64) - 1


def encode_seed(seed: int) -> bytes:
    """The section: one varint. Raises PayloadError unless 0 <= seed < 2**64."""
    if not 0 <= seed <= MAX_SEED:
        raise PayloadError(f"seed {seed}; expected 0 to {MAX_SEED}")
    return write_varint(seed)


def decode_seed(data: bytes) -> int:
    """The seed of a section. Raises PayloadError unless it is one varint below 2**64."""
    seed, end = read_varint(data, 0, "seed section")
    if end != len(data):
        raise PayloadError(f"seed section: {len(data) - end} bytes behind the number")
    if seed > MAX_SEED:
        raise PayloadError(f"seed section: {seed}; expected 0 to {MAX_SEED}")
    return seed
