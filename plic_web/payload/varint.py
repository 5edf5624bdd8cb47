"""Unsigned LEB128: seven bits a byte, least significant first, the top bit says "more"."""

from __future__ import annotations

from plic_web.payload.errors import PayloadError

_MAX_BYTES = 10  # 70 bits: more than any field needs


def write_varint(value: int) -> bytes:
    """The bytes of a number >= 0."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int, what: str) -> tuple[int, int]:
    """The number at offset `at` and the offset behind it; `what` names it in errors.

    Raises PayloadError if the data end inside the number or it is longer than ten bytes.
    """
    value = 0
    for index in range(_MAX_BYTES):
        if at + index >= len(data):
            raise PayloadError(f"{what} at byte {at}: the data end inside the number")
        value |= (data[at + index] & 127) << (7 * index)
        if data[at + index] < 128:
            return value, at + index + 1
    raise PayloadError(f"{what} at byte {at}: a number of more than {_MAX_BYTES} bytes")
