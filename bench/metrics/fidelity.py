"""PSNR and MS-SSIM, the fidelity measures of the codec literature."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.metrics.metric import Metric, Picture

WINDOW = 11
SIGMA = 1.5
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
MIN_SIDE = (WINDOW - 1) * 2 ** (len(WEIGHTS) - 1) + 1
"""So that the window fits into the coarsest of the five scales."""
EQUAL_PSNR = 100.0
"""What is said of equal pictures, whose PSNR is infinite."""

Floats = NDArray[np.float64]


def psnr(original: Picture, decoded: Picture) -> float:
    """Peak signal-to-noise ratio in dB over all three channels, RGB, peak 255; at most 100."""
    error = np.mean((original.astype(np.float64) - decoded) ** 2)
    if error == 0:
        return EQUAL_PSNR
    return min(EQUAL_PSNR, float(10 * np.log10(255**2 / error)))


def ms_ssim(original: Picture, decoded: Picture) -> float | None:
    """Multi-scale structural similarity in 0..1, or None for a side under 161 pixels.

    Source: Z. Wang, E. Simoncelli, A. Bovik, "Multi-scale structural similarity for image
    quality assessment" (Asilomar 2003): Gaussian window of 11 pixels and sigma 1.5, five
    scales; a value for each of R, G and B, and their mean, as pytorch-msssim does it.
    """
    if min(original.shape[:2]) < MIN_SIDE:
        return None
    x, y = original.astype(np.float64), decoded.astype(np.float64)
    product = np.ones(3)
    for scale, weight in enumerate(WEIGHTS):
        similarity, structure = _ssim(x, y)
        last = scale == len(WEIGHTS) - 1
        # Negative correlation would have no root; the literature counts it as none.
        product *= np.maximum(similarity if last else structure, 0) ** weight
        x, y = _halve(x), _halve(y)
    return float(product.mean())


def _ssim(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """SSIM and its contrast-structure part, averaged over the picture, a value a channel."""
    mean_x, mean_y = _blur(x), _blur(y)
    variances = _blur(x * x) - mean_x**2 + _blur(y * y) - mean_y**2
    covariance = _blur(x * y) - mean_x * mean_y
    structure = (2 * covariance + C2) / (variances + C2)
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    return (luminance * structure).mean((0, 1)), structure.mean((0, 1))


def _blur(x: Floats) -> Floats:
    """Gaussian means where the whole window lies inside the picture."""
    margin = WINDOW // 2
    blurred = cv2.GaussianBlur(x, (WINDOW, WINDOW), SIGMA)
    return np.asarray(blurred[margin:-margin, margin:-margin], np.float64)


def _halve(x: Floats) -> Floats:
    """Means of 2x2 pixels; odd sides get a line of zeros first, as in pytorch-msssim."""
    rows, columns = x.shape[:2]
    x = np.pad(x, ((rows % 2, 0), (columns % 2, 0), (0, 0)))
    return x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2, 3).mean((1, 3))


PSNR = Metric(
    name="psnr",
    label="PSNR",
    unit="dB",
    better="higher",
    source="10 log10(255² / mean squared error) over R, G and B; no backbone",
    span=(0, 50),
    load=lambda: psnr,
)
MS_SSIM = Metric(
    name="ms-ssim",
    label="MS-SSIM",
    unit="",
    better="higher",
    source="Wang, Simoncelli and Bovik 2003, on R, G and B; no backbone",
    span=(0, 1),
    load=lambda: ms_ssim,
)
