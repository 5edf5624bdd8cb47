"""The `.bases` bundle: what a page's script needs of all its pictures, in one request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_MAGIC = b"PB\x01"


@dataclass(frozen=True)
class BundlePicture:
    """One picture in a bundle.

    Attributes:
        digest: 16 hexadecimal digits.
        original: the original's address relative to the site's folder, percent-encoded.
        base: the payload's base section; empty where it has none.
    """

    digest: str
    width: int
    height: int
    original_bytes: int
    payload_bytes: int
    original: str
    base: bytes


def encode_bundle(pictures: Iterable[BundlePicture]) -> bytes:
    """Write a bundle; all integers are unsigned LEB128 varints."""
    listed = list(pictures)
    parts = [_MAGIC, varint(len(listed))]
    for picture in listed:
        original = picture.original.encode()
        parts.append(bytes.fromhex(picture.digest))
        for number in (
            picture.width,
            picture.height,
            picture.original_bytes,
            picture.payload_bytes,
        ):
            parts.append(varint(number))
        for data in (original, picture.base):
            parts += (varint(len(data)), data)
    return b"".join(parts)


def varint(number: int) -> bytes:
    """An unsigned integer in LEB128: seven bits a byte, least significant first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
