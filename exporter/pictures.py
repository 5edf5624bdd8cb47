"""Picture files opened with care: the site's own, but any of them may be broken or a bomb."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

# Checked before decoding: a decoded picture of this size takes 160 MB.
MAX_PIXELS = 40_000_000
# A file of this size is no picture for a page; reading it would only cost memory.
MAX_BYTES = 64 << 20

# What browsers show and Pillow reads, with the media types.
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG that carries a second one for stereo or a gain map
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "BMP": "image/bmp",
}
# Pillow opens MPO as JPEG first.
_OPENED = tuple(name for name in MEDIA_TYPES if name != "MPO")
_SUFFIXES_OF_OTHERS = {".svg": "vector", ".svgz": "vector", ".ico": "an icon file"}
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")
_PLAIN_GAMMA = 0.45455


class PictureError(ValueError):
    """The file is not a picture that an export may touch; the message says why."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture, upright as browsers show it.

    Attributes:
        image: the decoded pixels, orientation applied, colour profile still attached.
        format: Pillow's name, a key of `MEDIA_TYPES`.
        lossless: the file keeps exact pixels, as PNG does.
    """

    image: Image.Image
    format: str
    lossless: bool

    def rgb(self) -> NDArray[np.uint8]:
        """The pixels in sRGB, uint8 [height, width, 3]; transparent ones over white."""
        image = _over_white(self.image)
        profile = self.image.info.get("icc_profile")
        if profile and self.image.mode in ("RGB", "RGBA"):
            try:
                source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
                converted = ImageCms.profileToProfile(
                    image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
                )
                image = converted or image
            except (ImageCms.PyCMSError, OSError):
                pass  # browsers ignore a profile that they cannot read, too
        return np.asarray(image.convert("RGB"))

    def is_transparent(self) -> bool:
        """True if any pixel lets the page show through; an unused alpha channel does not."""
        if not self.image.has_transparency_data:
            return False
        lowest, _ = self.image.convert("RGBA").getchannel("A").getextrema()
        return bool(np.less(lowest, 250))


def open_picture(path: Path) -> Picture:
    """Decode a picture file.

    Raises:
        PictureError: not a raster picture of a format that browsers show, animated, over
            40 megapixels, in exotic colours, or damaged.
    """
    if reason := _SUFFIXES_OF_OTHERS.get(path.suffix.lower()):
        raise PictureError(reason)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise PictureError(f"{size >> 20} MiB; at most {MAX_BYTES >> 20} are read")
        with warnings.catch_warnings():
            # Pillow warns of bombs and of oddities; the checks below decide instead.
            warnings.simplefilter("ignore")
            return _open(path.read_bytes())
    except PictureError:
        raise
    except UnidentifiedImageError:  # its message names an address in memory
        raise PictureError("cannot be decoded (not a picture that browsers show)") from None
    except Exception as error:  # Pillow's readers raise all kinds of things over damaged files
        raise PictureError(f"cannot be decoded ({error})") from None


def _open(data: bytes) -> Picture:
    with Image.open(io.BytesIO(data), formats=_OPENED) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise PictureError(
                f"{width}x{height} pixels; at most {MAX_PIXELS // 1_000_000} megapixels are decoded"
            )
        frames = getattr(image, "n_frames", 1)
        if frames > 1 and image.format != "MPO":
            raise PictureError(f"animated ({frames} frames)")
        if image.mode not in _MODES:
            raise PictureError(f"colours of mode {image.mode}")
        gamma = image.info.get("gamma", _PLAIN_GAMMA)
        if abs(gamma - _PLAIN_GAMMA) > 0.01 and "srgb" not in image.info:
            raise PictureError("has a gamma of its own")
        lossless = _is_lossless(str(image.format), data)
        format = str(image.format)
        image.load()
        return Picture(ImageOps.exif_transpose(image), format, lossless)


def _is_lossless(format: str, data: bytes) -> bool:
    """WebP names the kind of its pixels in a chunk; AVIF is taken as lossy, as nearly all are."""
    if format == "WEBP":
        return b"VP8L" in data[:4096]
    return format in ("PNG", "GIF", "BMP")


def _over_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")


def decoded(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a WebP file made here, as a browser shows them, uint8 [height, width, 3]."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
    return Picture(image, "WEBP", lossless=False).rgb()


def to_webp(image: Image.Image, **options: object) -> bytes:
    """The bytes of a WebP file, with Pillow's options."""
    file = io.BytesIO()
    image.save(file, "WEBP", **options)
    return file.getvalue()
