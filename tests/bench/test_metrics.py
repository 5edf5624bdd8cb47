"""The metrics of `plic eval`: what each says of distortions, and what it says when it cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bench.errors import MissingPartError
from bench.metrics import DEFAULT_METRICS, METRICS
from bench.metrics.deep import VGG16_PIXELS, reduced
from bench.metrics.fidelity import ms_ssim, psnr
from bench.metrics.last import OfLast

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "tests" / "pictures"
WITHOUT_MODELS = ("lpips-alex", "ms-ssim", "psnr", "base-colour", "faces", "cpbd")


@pytest.fixture(autouse=True)
def no_models(monkeypatch, tmp_path):
    monkeypatch.setenv("PLIC_MODELS", str(tmp_path))


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    picture = Image.open(PICTURES / "kodim04.webp").convert("RGB")
    return np.asarray(picture.crop((40, 150, 400, 650)).resize((240, 333)))


def blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), sigma)


@pytest.mark.parametrize("name", ["lpips-alex", "ms-ssim", "psnr", "base-colour", "cpbd"])
def test_more_blur_is_worse(name, portrait):
    metric = METRICS[name]
    measure = metric.load()
    values = [measure(portrait, blurred(portrait, sigma)) for sigma in (0.7, 2, 8)]
    assert values == sorted(values, reverse=metric.better == "higher")
    assert len(set(values)) == 3
    assert all(metric.span[0] <= value <= metric.span[1] for value in values)


def test_equal_pictures_reach_the_good_end(portrait):
    same = portrait.copy()
    values = {name: METRICS[name].load()(portrait, same) for name in WITHOUT_MODELS[:5]}
    assert values["lpips-alex"] == values["base-colour"] == 0
    assert values["ms-ssim"] == pytest.approx(1)
    assert values["psnr"] == 100
    assert values["faces"] == 1


def test_psnr_is_that_of_a_known_error():
    grey = np.full((40, 40, 3), 100, np.uint8)
    assert psnr(grey, grey + 1) == pytest.approx(48.1308, abs=1e-4)  # 10 log10(255²)
    assert psnr(np.zeros_like(grey), np.full_like(grey, 255)) == 0


def test_ms_ssim_says_nothing_of_pictures_without_five_scales(portrait):
    assert ms_ssim(portrait[:161, :161], portrait[:161, :161]) == pytest.approx(1)
    assert ms_ssim(portrait[:160], portrait[:160]) is None


def test_ms_ssim_of_a_constant_shift_is_its_luminance_term():
    """Without structure only the coarsest scale's luminance differs, in a closed form."""
    dark, light = (np.full((192, 192, 3), value, np.uint8) for value in (90, 120))
    c1 = (0.01 * 255) ** 2
    luminance = (2 * 90 * 120 + c1) / (90**2 + 120**2 + c1)
    assert ms_ssim(dark, light) == pytest.approx(luminance**0.1333, abs=1e-9)


def test_base_colour_sees_a_tint_and_no_detail(portrait):
    measure = METRICS["base-colour"].load()
    flipped = portrait.copy()
    rows = flipped[:320].reshape(20, 16, 240, 3)
    flipped[:320] = rows[:, ::-1].reshape(320, 240, 3)  # mirrors detail inside narrow bands
    tinted = np.clip(portrait + np.array([25, 0, -25]), 0, 255).astype(np.uint8)
    assert METRICS["psnr"].load()(portrait, tinted) > METRICS["psnr"].load()(portrait, flipped)
    assert measure(portrait, tinted) > 2 * measure(portrait, flipped)


def test_base_colour_is_ciede2000():
    """Of two greys only lightness differs, and there the formula is short."""
    from skimage.color import rgb2lab

    a, b = (np.full((48, 48, 3), value, np.uint8) for value in (100, 140))
    first, second = (float(rgb2lab(p[:1, :1])[0, 0, 0]) for p in (a, b))
    middle = ((first + second) / 2 - 50) ** 2
    weight = 1 + 0.015 * middle / np.sqrt(20 + middle)
    wanted = (second - first) / weight
    assert METRICS["base-colour"].load()(a, b) == pytest.approx(wanted, abs=0.01)


def test_faces_are_lost_by_blur_and_by_moving(portrait):
    measure = METRICS["faces"].load()
    assert measure(portrait, blurred(portrait, 2)) == 1
    assert measure(portrait, blurred(portrait, 40)) == 0
    assert measure(portrait, np.roll(portrait, 120, axis=0)) == 0
    parrots = np.asarray(Image.open(PICTURES / "kodim23.webp").convert("RGB"))
    assert measure(parrots, portrait) is None


def test_cpbd_rewards_sharp_noise_and_has_nothing_to_say_of_flat_pictures(portrait):
    """Why it is not optimised: noise counts as sharp, sharper than the original."""
    metric = METRICS["cpbd"]
    measure = metric.load()
    noise = np.random.default_rng(0).normal(0, 30, portrait.shape)
    noisy = np.clip(portrait + noise, 0, 255).astype(np.uint8)
    assert measure(portrait, noisy) > measure(portrait, portrait)
    assert measure(portrait, np.full((128, 128, 3), 90, np.uint8)) is None
    assert not metric.optimise


def test_a_small_picture_gives_blanks_and_no_errors():
    tiny = np.random.default_rng(0).integers(0, 256, (20, 300, 3), np.uint8)
    values = {name: METRICS[name].load()(tiny, tiny) for name in WITHOUT_MODELS}
    assert values["lpips-alex"] is values["ms-ssim"] is values["cpbd"] is None
    assert values["base-colour"] == 0


def test_large_pictures_are_reduced_for_vgg16():
    large = np.zeros((900, 1600, 3), np.uint8)
    large[:, 800:] = 200
    small = reduced(large, VGG16_PIXELS)
    assert small.shape[0] * small.shape[1] == pytest.approx(VGG16_PIXELS, rel=0.01)
    assert small.shape[1] / small.shape[0] == pytest.approx(16 / 9, rel=0.01)
    assert small.mean() == pytest.approx(large.mean(), rel=0.01)
    assert reduced(large[:600], VGG16_PIXELS).shape == (600, 1600, 3)
    assert reduced(np.zeros((32, 200_000, 3), np.uint8), VGG16_PIXELS).shape[0] == 32


@pytest.mark.parametrize("name", ["lpips-vgg", "dists", "brisque", "clip", "dinov2"])
def test_a_metric_without_its_model_names_the_command(name):
    model = {"lpips-vgg": "vgg16", "dists": "vgg16"}.get(name, name)
    with pytest.raises(MissingPartError, match=f"^{name}: .*plic models fetch {model}$"):
        METRICS[name].load()


def test_of_the_default_dists_alone_needs_a_model():
    assert "lpips-vgg" not in DEFAULT_METRICS
    lacking = []
    for name in DEFAULT_METRICS:
        try:
            METRICS[name].load()
        except MissingPartError:
            lacking.append(name)
    assert lacking == ["dists"]


def test_every_metric_is_described():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert len(metric.source) > 20
        assert metric.span[0] < metric.span[1]
    assert [m.name for m in METRICS.values() if not m.optimise] == ["brisque", "cpbd"]


def test_missing_packages_are_named_and_nothing_else_breaks():
    """With the core alone: the module loads, and each metric says in a line what it lacks."""
    code = """
import sys
for name in ("onnx", "skimage", "scipy", "rapidocr", "torch", "transformers"):
    sys.modules[name] = None  # what Python does for a package that is not there
from bench.errors import MissingPartError
from bench.metrics import METRICS
for name, metric in METRICS.items():
    try:
        metric.load()
    except MissingPartError as error:
        print(error)
    else:
        print(name, "loads")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(METRICS)
    eval_extra = "pip install 'plic-web[eval]'"
    assert f"ocr: needs rapidocr; {eval_extra}" in lines
    assert f"cpbd: needs scikit-image; {eval_extra}" in lines
    assert {line.split()[0] for line in lines if line.endswith("loads")} == {
        "lpips-alex", "ms-ssim", "psnr", "faces",
    }  # fmt: skip


def test_an_originals_result_is_kept_until_the_next_original():
    seen = []
    remembered = OfLast(lambda picture: seen.append(picture.mean()) or len(seen))
    first, second = (np.full((2, 2, 3), value, np.uint8) for value in (1, 2))
    assert [remembered(p) for p in (first, first, second, second, first)] == [1, 1, 2, 2, 3]
    assert remembered(first.copy()) == 4
