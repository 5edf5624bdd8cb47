"""Base colour: whether each part of the picture still has its colour."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.errors import MissingPartError
from bench.metrics.metric import Measure, Metric, Picture

CELLS = 24
"""Along the longer side; of a 3:2 picture 24x16, the cells of plic's base."""


def load() -> Measure:
    """The measure. Raises MissingPartError where scikit-image is not installed."""
    try:
        from skimage.color import deltaE_ciede2000, rgb2lab
    except ImportError as error:
        raise MissingPartError(
            "base-colour: needs scikit-image; pip install 'plic-web[eval]'"
        ) from error

    def measure(original: Picture, decoded: Picture) -> float:
        """Mean CIEDE2000 (Sharma, Wu and Dalal 2005) between the cells' mean colours."""
        a, b = (rgb2lab(_cells(picture)) for picture in (original, decoded))
        return float(deltaE_ciede2000(a, b).mean())

    return measure


def _cells(picture: Picture) -> NDArray[np.float64]:
    """Mean sRGB values of up to 24x24 cells, float [rows, columns, 3] in 0..1."""
    height, width = picture.shape[:2]
    longer = max(height, width)
    size = (max(1, round(CELLS * width / longer)), max(1, round(CELLS * height / longer)))
    means = cv2.resize(picture.astype(np.float64), size, interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float64) / 255


BASE_COLOUR = Metric(
    name="base-colour",
    label="Base colour",
    unit="ΔE",
    better="lower",
    source="mean CIEDE2000 (scikit-image) between cells of a 24th of the longer side; no backbone",
    span=(0, 30),
    load=load,
)
