"""Edge maps for the payload's `edges` section: a pre-blurred Canny at quarter size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def canny_map(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Edges [H/4, W/4] (rounded up) of an RGB picture uint8 [H, W, 3]."""
    height, width = rgb.shape[:2]
    grey = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (-(-width // 4), -(-height // 4)), interpolation=cv2.INTER_AREA)
    return cv2.Canny(cv2.GaussianBlur(small, (0, 0), 0.7), 150, 300) > 0
