"""The `.bases` bundle: what a page's script needs of all its pictures, in one request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plic_web.payload.varint import write_varint

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
    parts = [_MAGIC, write_varint(len(listed))]
    for picture in listed:
        original = picture.original.encode()
        parts.append(bytes.fromhex(picture.digest))
        for number in (
            picture.width,
            picture.height,
            picture.original_bytes,
            picture.payload_bytes,
        ):
            parts.append(write_varint(number))
        for data in (original, picture.base):
            parts += (write_varint(len(data)), data)
    return b"".join(parts)
