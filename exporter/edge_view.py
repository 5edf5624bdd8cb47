"""What an edge with default settings sends to a reader, and what the reader then sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exporter.pictures import decoded
from plic_web.edge.images import encode_webp
from plic_web.edge.settings import EdgeSettings

Rgb = NDArray[np.uint8]


def as_edge_sends(pixels: Rgb, size: tuple[int, int], kept: bool) -> bytes:
    """The WebP of a reconstruction, uint8 [H, W, 3], at a width and height.

    ``kept`` says whether it holds pixels of the original.
    """
    return encode_webp(pixels, size, EdgeSettings.webp_quality, has_kept_pixels=kept)


def as_reader_sees(pixels: Rgb) -> Rgb:
    """A reconstruction after the edge has coded it and a browser decoded it, uint8 [H, W, 3]."""
    height, width = pixels.shape[:2]
    return decoded(as_edge_sends(pixels, (width, height), kept=False))
