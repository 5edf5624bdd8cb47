"""A codec in milliseconds: real payloads that hold only a base, shown as the enlarged base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from exporter.gate import Choice
from exporter.marks import Mark
from exporter.settings import Wish
from plic_web.payload import Payload, Section, SectionKind
from plic_web.payload.base import decode_base, encode_base


@dataclass(frozen=True)
class FakeCodec:
    """Stands in for a pack. `broken` makes payloads that are no payloads."""

    pack: str = "fake-1"
    settings: str = "fake"
    broken: bool = False

    def choose(self, rgb: NDArray[np.uint8], marks: Sequence[Mark], wish: Wish) -> Choice:
        if self.broken:
            return Choice(b"broken")
        height, width = rgb.shape[:2]
        section = Section(SectionKind.BASE, encode_base(rgb))
        data = Payload(width, height, (section,)).to_bytes()
        return Choice(data, self.reconstruct(data, width))

    def reconstruct(self, payload: bytes, width: int) -> NDArray[np.uint8]:
        parsed = Payload.parse(payload)
        base = parsed.get(SectionKind.BASE)
        assert base is not None
        grid = decode_base(base, parsed.width, parsed.height)
        size = (width, round(width * parsed.height / parsed.width))
        return np.asarray(cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC), np.uint8)
