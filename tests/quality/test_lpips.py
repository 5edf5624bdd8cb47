"""The shipped LPIPS: what it takes, refuses and says of distorted pictures."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from plic_web.engine.errors import PackError
from plic_web.quality.lpips import FeatureDistance, Lpips

PICTURES = Path(__file__).parents[1] / "pictures"


@pytest.fixture(scope="module")
def lpips() -> Lpips:
    return Lpips(threads=1)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    whole = Image.open(PICTURES / "kodim23.webp").convert("RGB")
    return np.asarray(whole.crop((300, 100, 533, 290)))


def test_distances_grow_from_zero_with_blur(lpips, picture):
    blurred = [cv2.GaussianBlur(picture, (0, 0), sigma) for sigma in (0.8, 2, 6)]
    distances = [lpips.distance(picture, other) for other in (picture, *blurred)]
    assert distances[0] == 0
    assert distances == sorted(distances)
    assert distances[1] < 0.15 < 0.35 < distances[-1] < 1


def test_the_distance_is_one_of_colours_too(lpips, picture):
    assert lpips.distance(picture, np.ascontiguousarray(picture[..., ::-1])) > 0.05


def test_it_measures_any_size_from_32_pixels(lpips, picture):
    small = np.ascontiguousarray(picture[:32, :45])
    assert lpips.distance(small, np.ascontiguousarray(small[:, ::-1])) > 0.01
    with pytest.raises(ValueError, match=r"45x31 pixels.*at least 32"):
        lpips.distance(small[:31], small[:31])


def test_two_sizes_and_other_arrays_are_refused(lpips, picture):
    with pytest.raises(ValueError, match="two sizes: 233x190 and 232x190"):
        lpips.distance(picture, picture[:, :-1])
    with pytest.raises(ValueError, match=r"float64 \[190, 233, 3\]"):
        lpips.distance(picture / 255, picture / 255)
    with pytest.raises(ValueError, match=r"uint8 \[190, 233\]"):
        lpips.distance(picture[..., 0], picture[..., 0])


def test_a_broken_graph_is_named(tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"nothing")
    with pytest.raises(PackError, match=r"broken\.onnx"):
        FeatureDistance(tmp_path / "broken.onnx")
