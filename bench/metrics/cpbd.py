"""CPBD, a measure of sharpness without the original, as the PLIC paper reports it.

Source: N. Narvekar, L. Karam, "A No-Reference Image Blur Metric Based on the Cumulative
Probability of Blur Detection" (IEEE TIP 2011), as in the package ``cpbd`` 1.0.7, which no
longer loads beside a current scipy. It rewards any sharp edge, also one that the original does
not have, so it is reported and never optimised.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.errors import MissingPartError
from bench.metrics.metric import Measure, Metric, Picture

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

BLOCK = 64
EDGE_SHARE = 0.002  # of a block's pixels, above which it counts
STEEPNESS = 3.6
LOW_CONTRAST = 50  # up to here a blur of 5 pixels is just noticed, above it one of 3
LONGEST = 101  # pixels to each side that an edge is followed


def load() -> Measure:
    """The measure. Raises MissingPartError where scikit-image is not installed."""
    try:
        from skimage.feature import canny
    except ImportError as error:
        raise MissingPartError("cpbd: needs scikit-image; pip install 'plic-web[eval]'") from error

    def measure(original: Picture, decoded: Picture) -> float | None:
        """The decoded picture's sharpness 0..1; the original's is ``measure(x, original)``.

        None where no block of 64 pixels holds an edge.
        """
        grey = np.asarray(Image.fromarray(decoded).convert("L"), np.float64)
        return _share_of_sharp_edges(grey, canny(grey), edge_widths(grey))

    return measure


def edge_widths(grey: Floats) -> Floats:
    """Widths in pixels of the upright edges of a picture 0..255, and 0 where there is none."""
    falling = _run_lengths(np.diff(grey, axis=1) < 0)
    rising = _run_lengths(np.diff(grey, axis=1) > 0)
    gradient_y, gradient_x = np.gradient(grey)
    # The package leaves the angle at 0 where nothing changes along the row.
    angle = np.where(gradient_x == 0, 0, np.degrees(np.arctan2(gradient_y, gradient_x)))
    if not angle.any():
        return np.zeros_like(grey)
    quarter = np.abs(np.round(angle / 45))
    widths = np.where(quarter == 4, falling, np.where(quarter == 0, rising, 0.0))
    widths[~_thin_edges(grey)] = 0
    widths[[0, -1]] = 0
    widths[:, [0, -1]] = 0
    return widths


def _run_lengths(steps: Mask) -> Floats:
    """How far an edge at a pixel goes on in the same direction, to the left and to the right.

    ``steps`` [H, W-1] tells whether column x+1 continues column x. Counting starts one pixel
    beside the edge, and each side counts at least 1, as in the package.
    """
    height, gaps = steps.shape
    before = np.zeros((height, gaps + 1))  # steps in a row that end at this column
    after = np.zeros((height, gaps + 1))  # ... that start at this column
    for x in range(gaps):
        before[:, x + 1] = np.where(steps[:, x], before[:, x] + 1, 0)
        after[:, gaps - 1 - x] = np.where(steps[:, gaps - 1 - x], after[:, gaps - x] + 1, 0)
    width = np.zeros((height, gaps + 1))
    width[:, 1:-1] = np.minimum(before[:, :-2] + 1, LONGEST)
    width[:, 1:-1] += np.minimum(after[:, 2:] + 1, LONGEST)
    return width


def _thin_edges(grey: Floats) -> Mask:
    """Ridges of the upright Sobel gradient where it is strong."""
    kernel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]) / 8
    strength = cv2.filter2D(grey, -1, kernel, borderType=cv2.BORDER_REFLECT) ** 2
    strength[strength <= 2 * np.sqrt(strength.mean())] = 0
    framed = np.pad(strength, 1)
    across = (strength > framed[1:-1, :-2]) & (strength > framed[1:-1, 2:])
    down = (strength > framed[:-2, 1:-1]) & (strength > framed[2:, 1:-1])
    return np.asarray(across | down)


def _share_of_sharp_edges(grey: Floats, edges: Mask, widths: Floats) -> float | None:
    found = []
    for top in range(0, grey.shape[0] - BLOCK + 1, BLOCK):
        for left in range(0, grey.shape[1] - BLOCK + 1, BLOCK):
            block = np.s_[top : top + BLOCK, left : left + BLOCK]
            if np.count_nonzero(edges[block]) <= BLOCK * BLOCK * EDGE_SHARE:
                continue
            noticed = 5 if int(np.ptp(grey[block])) <= LOW_CONTRAST else 3
            there = widths[block][widths[block] > 0]
            found.append(1 - np.exp(-((there / noticed) ** STEEPNESS)))
    probabilities = np.concatenate(found) if found else np.array([])
    if not probabilities.size:
        return None
    return float(np.mean(np.round(100 * probabilities) < 64))


CPBD = Metric(
    name="cpbd",
    label="CPBD",
    unit="",
    better="higher",
    source="Narvekar and Karam 2011, as in cpbd 1.0.7; widths of edges, no original",
    span=(0, 1),
    load=load,
    optimise=False,
)
