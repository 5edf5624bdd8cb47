"""BRISQUE's parts: the fits find known distributions, the regression is the one in the file."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.metrics import METRICS
from bench.metrics.brisque import brisque_features, fit_asymmetric
from bench.models.brisque import FEATURES, build

PICTURES = Path(__file__).parents[1] / "pictures"


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.asarray(Image.open(PICTURES / "kodim23.webp").convert("RGB"))[100:260, 300:500]


def wheel_with(path: Path, svm: str, scaling: object) -> Path:
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("brisque/models/svm.txt", svm)
        wheel.writestr("brisque/models/normalize.pickle", pickle.dumps(scaling))
    return path


@pytest.mark.parametrize(("shape", "draw"), [(2, "normal"), (1, "laplace")])
def test_the_fit_finds_the_shape_of_a_sample(shape, draw):
    sample = getattr(np.random.default_rng(0), draw)(0, 3, 200_000)
    found, mean, left, right = fit_asymmetric(sample)
    assert found == pytest.approx(shape, rel=0.03)
    assert mean == pytest.approx(0, abs=0.03)
    assert left == pytest.approx(right, rel=0.03) == pytest.approx(np.var(sample), rel=0.03)


def test_the_fit_tells_both_sides_apart():
    sample = np.random.default_rng(0).normal(0, 1, 200_000)
    sample[sample > 0] *= 2
    half = np.random.default_rng(1).random(sample.size) < 0.5
    sample = sample[(sample > 0) | half]  # twice as wide a side holds twice as many
    found, mean, left, right = fit_asymmetric(sample)
    assert found == pytest.approx(2, rel=0.05)
    assert right == pytest.approx(4 * left, rel=0.05)
    assert mean == pytest.approx(sample.mean(), rel=0.05)
    assert fit_asymmetric(np.zeros(9)) is None


def test_blur_moves_the_features_and_flat_pictures_have_none(picture):
    soft = np.asarray(Image.fromarray(picture).resize((50, 40)).resize((200, 160)))
    assert brisque_features(soft)[1] < brisque_features(picture)[1]
    assert brisque_features(np.full((64, 64, 3), 255, np.uint8)) is None


def test_the_score_is_the_regression_of_the_packages_file(picture, tmp_path, monkeypatch):
    """One support vector at the picture's own features: the kernel is 1, a far one's is 0."""
    features = brisque_features(picture)
    scaling = {"min_": (features - 1).tolist(), "max_": (features + 1).tolist()}  # scaled: all 0
    far = " ".join(f"{i + 1}:9" for i in range(FEATURES))
    svm = f"svm_type epsilon_svr\ngamma 0.05\nrho -150.5\nSV\n-40.25 \n7 {far}\n"
    (tmp_path / "brisque").mkdir()
    build(wheel_with(tmp_path / "a.whl", svm, scaling), tmp_path / "brisque")
    monkeypatch.setenv("PLIC_MODELS", str(tmp_path))
    measure = METRICS["brisque"].load()
    assert measure(picture, picture) == pytest.approx(-40.25 + 150.5)
    assert measure(picture, np.full_like(picture, 9)) is None
    assert measure(picture, picture[:10]) is None


def test_a_pickle_that_calls_something_is_refused(tmp_path):
    wheel = wheel_with(tmp_path / "a.whl", "gamma 1\nrho 1\nSV\n", Path("anything"))
    with pytest.raises(pickle.UnpicklingError, match="does not belong"):
        build(wheel, tmp_path)
