"""Pixels to the file that a browser gets, with the words that say where they come from."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plic_web.edge.rendition import AVIF_SPEED, WEBP_METHOD
from plic_web.edge.settings import EdgeSettings

#: IPTC NewsCodes: https://cv.iptc.org/newscodes/digitalsourcetype/
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = _SOURCE_TYPES + "trainedAlgorithmicMedia"
COMPOSITE = _SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"


def provenance_xmp(*, has_kept_pixels: bool) -> bytes:
    """An XMP packet with IPTC's DigitalSourceType.

    Args:
        has_kept_pixels: whether real pixels of the original are composited into the picture.

    Source: IPTC Photo Metadata Standard 2023.1, property "Digital Source Type"; XMP part 1
    (ISO 16684-1). No padding: nobody edits a cached answer in place.
    """
    source = COMPOSITE if has_kept_pixels else GENERATED
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' Iptc4xmpExt:DigitalSourceType="{source}"/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def encode_webp(
    pixels: NDArray[np.uint8], size: tuple[int, int], quality: int, *, has_kept_pixels: bool
) -> bytes:
    """The finished WebP file: as `encode_final`, at a quality of 1 to 100."""
    file = io.BytesIO()
    xmp = provenance_xmp(has_kept_pixels=has_kept_pixels)
    _sized(pixels, size).save(file, "WEBP", quality=quality, method=WEBP_METHOD, xmp=xmp)
    return file.getvalue()


def _sized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> Image.Image:
    image = Image.fromarray(pixels)
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def encode_final(
    pixels: NDArray[np.uint8],
    size: tuple[int, int],
    format: str,
    settings: EdgeSettings,
    *,
    has_kept_pixels: bool,
) -> bytes:
    """The finished file: exact size, XMP inside.

    Args:
        pixels: RGB, u8[h, w, 3]; resized (Lanczos) where it is not `size` already.
        size: width and height in pixels.
        format: "webp" or "avif".
        settings: qualities.
        has_kept_pixels: see `provenance_xmp`.
    """
    if format == "webp":
        return encode_webp(pixels, size, settings.webp_quality, has_kept_pixels=has_kept_pixels)
    file = io.BytesIO()
    xmp = provenance_xmp(has_kept_pixels=has_kept_pixels)
    _sized(pixels, size).save(
        file, "AVIF", quality=settings.avif_quality, speed=AVIF_SPEED, xmp=xmp
    )
    return file.getvalue()
