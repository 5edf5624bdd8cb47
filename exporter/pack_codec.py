"""The encoder and decoder of a pack, as one value that worker processes can get."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exporter.captioner import Captioner
from exporter.encode import PictureEncoder
from exporter.gate import Choice, Seen, choose, unseen
from exporter.marks import Mark
from exporter.settings import Settings, Wish
from plic_web.edge.rendition import engine_version
from plic_web.engine import Pack, load_pack, reconstruct
from plic_web.payload import Payload

_DEFAULTS = Settings()


@functools.lru_cache(maxsize=1)
def _pack(name: str) -> Pack:
    # One thread: several pictures are worked on at a time, and their number changes no byte.
    return load_pack(name, threads=1)


@functools.lru_cache(maxsize=1)
def _captioner(folder: str) -> Captioner:
    return Captioner(Path(folder))


@dataclass(frozen=True)
class PackCodec:
    """The codec of a pack, loaded once in each process that uses it.

    Attributes:
        name: the pack's name or folder.
        asked: what an export is asked for.
    """

    name: str = "lite"
    asked: Settings = _DEFAULTS

    @property
    def pack(self) -> str:
        return _pack(self.name).id

    @property
    def settings(self) -> str:
        pack = _pack(self.name)
        return f"{pack.id} {sorted(pack.files.items())} {engine_version('cpu')} {self.asked}"

    def choose(
        self,
        rgb: NDArray[np.uint8],
        marks: Sequence[Mark],
        wish: Wish,
        seen: Seen = unseen,
    ) -> Choice:
        """As in `Codec`; `seen` is told of each attempt and its reconstruction."""
        pack, asked = _pack(self.name), self.asked
        if wish.quality is not None:
            # a rate of its own was for the site's quality
            asked = replace(asked, quality=wish.quality, bpp=None)
        encoder = PictureEncoder(rgb, pack, text=self._text(rgb, wish))
        width = rgb.shape[1]
        return choose(rgb, marks, encoder, lambda data: self.reconstruct(data, width), asked, seen)

    def _text(self, rgb: NDArray[np.uint8], wish: Wish) -> str | None:
        """The prompt to send; a pack that takes none would be sent it for nothing."""
        if "text" not in _pack(self.name).conditions:
            return None
        if self.asked.captioner is None:
            return wish.text
        return _captioner(self.asked.captioner).caption(rgb) or wish.text

    def reconstruct(self, payload: bytes, width: int) -> NDArray[np.uint8]:
        pack = _pack(self.name)
        return reconstruct(Payload.parse(payload), width=width, pack=pack)
