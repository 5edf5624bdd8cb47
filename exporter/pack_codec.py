"""The encoder and decoder of a pack, as one value that worker processes can get."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exporter.encode import encode_picture
from plic_web.edge.rendition import engine_version
from plic_web.engine import Pack, load_pack, reconstruct
from plic_web.payload import Payload


@functools.lru_cache(maxsize=1)
def _pack(name: str) -> Pack:
    # One thread: several pictures are worked on at a time, and their number changes no byte.
    return load_pack(name, threads=1)


@dataclass(frozen=True)
class PackCodec:
    """The codec of a pack, loaded once in each process that uses it.

    Attributes:
        name: the pack's name or folder.
        bpp: bits per pixel to aim at; None leaves it to the encoder.
    """

    name: str = "lite"
    bpp: float | None = None

    @property
    def pack(self) -> str:
        return _pack(self.name).id

    @property
    def settings(self) -> str:
        pack = _pack(self.name)
        return f"{pack.id} {sorted(pack.files.items())} {engine_version('cpu')} bpp={self.bpp}"

    def encode(self, rgb: NDArray[np.uint8]) -> bytes:
        return encode_picture(rgb, pack=_pack(self.name), bpp=self.bpp)

    def reconstruct(self, payload: bytes, width: int) -> NDArray[np.uint8]:
        pack = _pack(self.name)
        return reconstruct(Payload.parse(payload), width=width, pack=pack)
