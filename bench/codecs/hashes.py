"""The placeholders that sites use today: ThumbHash and BlurHash, at their own sizes."""

from __future__ import annotations

import importlib
import warnings
from importlib import metadata

import numpy as np
from PIL import Image

from bench.codecs.codec import Picture
from bench.errors import MissingPartError

THUMBHASH_SIDE = 100  # the largest that the reference implementation takes
BLURHASH_SIDE = 128  # more pixels change nothing that twelve waves can hold
BLURHASH_COMPONENTS = 4, 3  # of the longer and of the shorter side, as its authors advise
BLURHASH_DRAWN = 32  # pixels a side


class ThumbHash:
    """ThumbHash by its author's Rust crate (``fast-thumbhash``); the hash's bytes are the file."""

    name = "thumbhash"
    label = "ThumbHash"
    scalable = False

    def __init__(self) -> None:
        """Raises MissingPartError without the package."""
        _needs(self.name, "fast_thumbhash")
        self.version = f"1, fast-thumbhash {metadata.version('fast-thumbhash')}"

    def encode(self, image: Picture, budget: int) -> bytes:
        """About 21 to 24 bytes; the budget is not used."""
        from fast_thumbhash import rgba_to_thumb_hash

        small = _small(image, THUMBHASH_SIDE).convert("RGBA")
        return bytes(rgba_to_thumb_hash(small.width, small.height, small.tobytes()))

    def decode(self, data: bytes) -> Picture:
        """32 pixels on the longer side, in the hash's approximate aspect."""
        from fast_thumbhash import thumb_hash_to_rgba

        width, height, rgba = thumb_hash_to_rgba(data)
        return np.frombuffer(bytes(rgba), np.uint8).reshape(height, width, 4)[..., :3]


class BlurHash:
    """BlurHash by ``blurhash-python``, 4x3 components; its 28 characters are the file.

    A hash says nothing of the picture's shape, which the page states anyway: it is drawn on a
    square, to be stretched.
    """

    name = "blurhash"
    label = "BlurHash"
    scalable = False

    def __init__(self) -> None:
        """Raises MissingPartError without the package."""
        _needs(self.name, "blurhash")
        self.version = f"1, blurhash-python {metadata.version('blurhash-python')}, 4x3"

    def encode(self, image: Picture, budget: int) -> bytes:
        """28 bytes, a character each; the budget is not used."""
        import blurhash

        small = _small(image, BLURHASH_SIDE)
        most, least = BLURHASH_COMPONENTS
        across, down = (most, least) if image.shape[1] >= image.shape[0] else (least, most)
        with warnings.catch_warnings():
            # 1.2.2 calls Image.getdata, which Pillow 14 will drop
            warnings.simplefilter("ignore", DeprecationWarning)
            characters: str = blurhash.encode(small, across, down)
        return characters.encode("ascii")

    def decode(self, data: bytes) -> Picture:
        """32x32 pixels."""
        import blurhash

        drawn = blurhash.decode(data.decode("ascii"), BLURHASH_DRAWN, BLURHASH_DRAWN)
        return np.asarray(drawn.convert("RGB"))


def _small(image: Picture, side: int) -> Image.Image:
    picture = Image.fromarray(np.ascontiguousarray(image))
    picture.thumbnail((side, side), Image.Resampling.BOX)
    return picture


def _needs(codec: str, module: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise MissingPartError(
            f"{codec}: needs the package {module}; pip install 'plic-web[eval]'"
        ) from error
