"""What an edge with default settings sends to a reader, and what the reader then sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exporter.pictures import decoded, to_webp
from plic_web.edge.images import provenance_xmp
from plic_web.edge.rendition import WEBP_METHOD
from plic_web.edge.settings import EdgeSettings

Rgb = NDArray[np.uint8]


def as_edge_sends(pixels: Rgb, size: tuple[int, int], kept: bool) -> bytes:
    """The WebP of a reconstruction, uint8 [H, W, 3], at a width and height.

    ``kept`` says whether it holds pixels of the original.
    """
    image = Image.fromarray(pixels)
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    quality = EdgeSettings.__dataclass_fields__["webp_quality"].default
    xmp = provenance_xmp(has_kept_pixels=kept)
    return to_webp(image, quality=quality, method=WEBP_METHOD, xmp=xmp)


def as_reader_sees(pixels: Rgb) -> Rgb:
    """A reconstruction after the edge has coded it and a browser decoded it, uint8 [H, W, 3]."""
    height, width = pixels.shape[:2]
    return decoded(as_edge_sends(pixels, (width, height), kept=False))
