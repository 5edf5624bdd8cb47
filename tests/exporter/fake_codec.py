"""A codec in milliseconds: real payloads that hold only a base, shown as the enlarged base."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from plic_web.payload import Payload, Section, SectionKind
from plic_web.payload.base import decode_base, encode_base


@dataclass(frozen=True)
class FakeCodec:
    """Stands in for a pack. `broken` makes payloads that are no payloads."""

    pack: str = "fake-1"
    settings: str = "fake"
    broken: bool = False

    def encode(self, rgb: NDArray[np.uint8]) -> bytes:
        height, width = rgb.shape[:2]
        section = Section(SectionKind.BASE, encode_base(rgb))
        return b"broken" if self.broken else Payload(width, height, (section,)).to_bytes()

    def reconstruct(self, payload: bytes, width: int) -> NDArray[np.uint8]:
        parsed = Payload.parse(payload)
        base = parsed.get(SectionKind.BASE)
        assert base is not None
        grid = decode_base(base, parsed.width, parsed.height)
        size = (width, round(width * parsed.height / parsed.width))
        return np.asarray(cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC), np.uint8)
