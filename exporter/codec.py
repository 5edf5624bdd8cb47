"""What an export needs of an encoder and decoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from exporter.gate import Choice
from exporter.marks import Mark
from exporter.settings import Wish
from plic_web.payload import Payload, SectionKind


class Codec(Protocol):
    """Makes payloads and shows what an edge will make of them. Must pickle."""

    @property
    def pack(self) -> str:
        """The pack's id, such as "lite-1", for the manifest."""
        ...

    @property
    def settings(self) -> str:
        """All that changes a payload besides the picture, for the cache."""
        ...

    def choose(self, rgb: NDArray[np.uint8], marks: Sequence[Mark], wish: Wish) -> Choice:
        """The payload of an RGB picture, uint8 [height, width, 3], or why it gets none.

        Args:
            marks: what must not be invented in it.
            wish: what the site's owner says of it.
        """
        ...

    def reconstruct(self, payload: bytes, width: int) -> NDArray[np.uint8]:
        """What an edge shows of a payload at a width in pixels, uint8 [height, width, 3]."""
        ...


def profile_of(payload: Payload) -> str:
    """The profile that a payload's sections amount to: "spr", "plic", "pics" or "pic"."""
    if payload.get(SectionKind.LATENTS) is not None:
        return "spr"
    if payload.get(SectionKind.EDGES) is None:
        return "pic"
    return "plic" if payload.get(SectionKind.BASE) is not None else "pics"
