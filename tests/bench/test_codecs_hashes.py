"""ThumbHash and BlurHash as codecs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.codecs import make_codec
from bench.fit import fit

PICTURES = Path(__file__).parents[1] / "pictures"


@pytest.fixture(scope="module", params=["landscape", "portrait"])
def photo(request) -> np.ndarray:
    with Image.open(PICTURES / "kodim23.webp") as image:
        rgb = np.asarray(image.convert("RGB").reduce(3))
    return rgb if request.param == "landscape" else np.ascontiguousarray(rgb.transpose(1, 0, 2))


@pytest.mark.parametrize(
    ("name", "package", "sizes"),
    [("thumbhash", "fast_thumbhash", range(18, 26)), ("blurhash", "blurhash", (28,))],
)
def test_a_hash_is_a_blur_of_the_picture(name, package, sizes, photo):
    pytest.importorskip(package)
    codec = make_codec(name)
    assert not codec.scalable
    data = codec.encode(photo, 10**6)
    assert len(data) in sizes
    assert data == codec.encode(photo, 0)
    height, width = photo.shape[:2]
    shown = fit(codec.decode(data), width, height).astype(float)
    flat = np.broadcast_to(photo.mean((0, 1)), photo.shape)

    def error(picture: np.ndarray) -> float:
        return float(((picture - photo) ** 2).mean())

    # It follows the picture's colours: better than its mean, and not turned or mirrored.
    assert error(shown) < 0.9 * error(flat)
    for wrong in (shown[::-1], shown[:, ::-1]):
        assert error(shown) < error(wrong)


def test_a_blurhash_is_text():
    pytest.importorskip("blurhash")
    data = make_codec("blurhash").encode(np.full((40, 60, 3), 200, np.uint8), 0)
    assert data.decode("ascii").isprintable()
