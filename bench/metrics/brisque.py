"""BRISQUE, a guess at quality without the original, as the PLIC paper reports it.

Source: A. Mittal, A. Moorthy, A. Bovik, "No-Reference Image Quality Assessment in the Spatial
Domain" (IEEE TIP 2012); features, scaling and support vectors of the package ``brisque`` 0.2.0.
It judges the statistics of local contrast and knows nothing of the original: a sharp wrong
picture scores well, so it is reported and never optimised.
"""

from __future__ import annotations

import math
from importlib.util import find_spec

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.errors import MissingPartError, needed_by
from bench.metrics.metric import Measure, Metric, Picture
from bench.models import model_path

Floats = NDArray[np.float64]

WINDOW, SIGMA = 7, 7 / 6
CONTRAST_FLOOR = 1 / 255
MIN_SIDE = 2 * WINDOW
# Neighbours whose products the features describe: right, below, and both diagonals.
SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))


def _ratio(shape: Floats) -> Floats:
    """Γ(2/a)² / (Γ(1/a) Γ(3/a)): grows with a generalised Gaussian's shape a."""
    gamma = np.vectorize(math.lgamma)
    return np.exp(2 * gamma(2 / shape) - gamma(1 / shape) - gamma(3 / shape))


_SHAPES = np.geomspace(0.1, 50, 20_000)
_RATIOS = _ratio(_SHAPES)


def brisque_features(picture: Picture) -> Floats | None:
    """The 36 features, or None where the picture has no contrast to describe."""
    from skimage.color import rgb2gray

    grey = rgb2gray(picture)
    half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_CUBIC)
    features = [_features(scale) for scale in (grey, half)]
    if any(f is None for f in features):
        return None
    return np.concatenate([f for f in features if f is not None])


def _features(grey: Floats) -> Floats | None:
    normal = _normalise(grey)
    fit = fit_asymmetric(normal)
    if fit is None:
        return None
    shape, _, left, right = fit
    values = [shape, (left + right) / 2]
    for down, across in SHIFTS:
        fit = fit_asymmetric(_times_neighbour(normal, down, across))
        if fit is None:
            return None
        values += fit
    return np.array(values)


def _normalise(grey: Floats) -> Floats:
    """Each pixel less its neighbourhood's mean, over its deviation.

    Where a picture is flat the result is rounding noise, whose signs the fits below count: to
    agree with the package (by 1.5 points on a coarse JPEG) the sums must be its own.
    """
    from scipy.signal import convolve2d

    down, across = np.indices((WINDOW, WINDOW)) - WINDOW // 2
    kernel = 1 / (2 * np.pi * SIGMA**2) * np.exp(-(across**2 + down**2) / (2 * SIGMA**2))
    kernel /= kernel.sum()

    def blur(x: Floats) -> Floats:
        return np.asarray(convolve2d(x, kernel, "same"), np.float64)

    mean = blur(grey)
    deviation = np.sqrt(np.abs(mean**2 - blur(grey**2)))
    return (grey - mean) / (deviation + CONTRAST_FLOOR)


def _times_neighbour(x: Floats, down: int, across: int) -> Floats:
    rows, columns = x.shape
    here = x[: rows - down, max(0, -across) : columns - max(0, across)]
    there = x[down:, max(0, across) : columns - max(0, -across)]
    return here * there


def fit_asymmetric(x: Floats) -> list[float] | None:
    """Shape, mean and the two variances of an asymmetric generalised Gaussian, by moments."""
    below, above = x[x < 0], x[x >= 0]
    if not below.size or not np.any(above):
        return None
    left, right = float(np.mean(below**2)), float(np.mean(above**2))
    skew = math.sqrt(left / right)
    moments = float(np.mean(np.abs(x)) ** 2 / np.mean(x**2))
    ratio = moments * (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    shape = float(np.interp(ratio, _RATIOS, _SHAPES))
    scale = math.exp((math.lgamma(1 / shape) - math.lgamma(3 / shape)) / 2)
    spread = math.exp(math.lgamma(2 / shape) - math.lgamma(1 / shape))
    mean = (math.sqrt(right) - math.sqrt(left)) * scale * spread
    return [shape, mean, left, right]


def load() -> Measure:
    """The measure. Raises MissingPartError where scikit-image or the model is not there."""
    if find_spec("skimage") is None:
        raise MissingPartError("brisque: needs scikit-image; pip install 'plic-web[eval]'")
    with needed_by("brisque"):
        path = model_path("brisque") / "brisque.npz"
    with np.load(path) as file:
        model = {name: np.asarray(file[name], np.float64) for name in file.files}

    def measure(original: Picture, decoded: Picture) -> float | None:
        """The decoded picture's score; the original's is ``measure(x, original)``."""
        if min(decoded.shape[:2]) < MIN_SIDE:
            return None
        features = brisque_features(decoded)
        if features is None:
            return None
        low, high = model["low"], model["high"]
        scaled = 2 * (features - low) / (high - low) - 1
        distances = ((model["vectors"] - scaled) ** 2).sum(1)
        kernel = np.exp(-model["gamma"] * distances)
        return float(model["coefficients"] @ kernel - model["rho"])

    return measure


BRISQUE = Metric(
    name="brisque",
    label="BRISQUE",
    unit="",
    better="lower",
    source="Mittal et al. 2012, package brisque 0.2.0; statistics of local contrast, no original",
    span=(0, 100),
    load=load,
    optimise=False,
)
