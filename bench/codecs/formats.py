"""Still-picture formats: how a picture is written at a quality, with no metadata."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

import numpy as np
import PIL
from PIL import Image, features

from bench.codecs.codec import Picture
from bench.errors import MissingPartError


@dataclass(frozen=True)
class Format:
    """A file format with a quality knob; more quality costs more bytes, but for a few."""

    name: str
    label: str
    version: str  # of the library, and of the settings below
    qualities: tuple[int, ...]  # ascending
    write: Callable[[Image.Image, int], bytes]


def read(data: bytes) -> Picture:
    """The picture in a file of any format that Pillow reads, RGB uint8 [H, W, 3]."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def _save(image: Image.Image, format_name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


AVIF_SPEED = 6


def avif() -> Format:
    """AVIF by libaom: 4:4:4, speed 6 of 0 (slowest) to 10."""

    def write(image: Image.Image, quality: int) -> bytes:
        return _save(
            image,
            "AVIF",
            quality=quality,
            subsampling="4:4:4",
            speed=AVIF_SPEED,
            codec="aom",
            max_threads=1,
        )

    _needs(features.check("avif"), "avif", "a Pillow with AVIF (11.3 or later)")
    version = f"libavif {features.version('avif')}, speed {AVIF_SPEED}, 4:4:4"
    return Format("avif", "AVIF", version, tuple(range(101)), write)


def webp() -> Format:
    """Lossy WebP by libwebp, method 6 of 0 to 6; always 4:2:0."""

    def write(image: Image.Image, quality: int) -> bytes:
        return _save(image, "WEBP", quality=quality, method=6)

    _needs(features.check("webp"), "webp", "a Pillow with WebP")
    version = f"libwebp {features.version('webp')}, method 6"
    return Format("webp", "WebP", version, tuple(range(101)), write)


def jpeg() -> Format:
    """JPEG by libjpeg-turbo: 4:2:0, optimised Huffman tables, the shorter of both scan orders."""

    def write(image: Image.Image, quality: int) -> bytes:
        # Both hold the same coefficients; progressive files have the larger headers.
        files = (
            _save(image, "JPEG", quality=quality, subsampling=2, optimize=True, progressive=order)
            for order in (False, True)
        )
        return min(files, key=len)

    turbo = features.version("libjpeg_turbo")
    version = f"libjpeg-turbo {turbo}, optimised, 4:2:0"
    return Format("jpeg", "JPEG", version, tuple(range(1, 101)), write)


JXL_EFFORT = 9


def jxl() -> Format:
    """JPEG XL by libjxl, effort 9 of 1 to 10, a bare codestream."""
    try:
        import pillow_jxl  # noqa: F401  (registers the format with Pillow)
    except ImportError as error:
        raise MissingPartError(
            "jxl: needs pillow-jxl-plugin; pip install 'plic-web[eval]'"
        ) from error

    def write(image: Image.Image, quality: int) -> bytes:
        return _save(image, "JXL", quality=quality, effort=JXL_EFFORT, num_threads=0)

    version = f"pillow-jxl-plugin {metadata.version('pillow-jxl-plugin')}, effort {JXL_EFFORT}"
    # At 100 the plugin asks for a lossless file, which is another mode of the format.
    return Format("jxl", "JPEG XL", version, tuple(range(100)), write)


def _needs(there: bool | None, name: str, what: str) -> None:
    if not there:
        raise MissingPartError(f"{name}: needs {what}; this one is {PIL.__version__}")
