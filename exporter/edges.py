"""The edge map that the `plic` profile sends: Canny on a slightly blurred quarter-size picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from plic_web.payload.edges import edge_grid

BLUR_SIGMA = 0.7  # samples of the map; removes the texture that would cost bytes and say little
LOW_THRESHOLD, HIGH_THRESHOLD = 150, 300


def canny_map(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Edges of `rgb` [h, w, 3] at the size of its edge map: bool [rows, columns], True on edges.

    Canny (1986) as OpenCV has it, Sobel 3x3 and L1 gradient.
    """
    height, width, _ = rgb.shape
    small = cv2.resize(rgb, edge_grid(width, height), interpolation=cv2.INTER_AREA)
    return thin_edges(np.asarray(small, np.uint8))


def thin_edges(small: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Edges of a picture u8 [h, w, 3] that has the map's size already."""
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    blurred = cv2.GaussianBlur(grey, (0, 0), BLUR_SIGMA)
    return np.asarray(cv2.Canny(blurred, LOW_THRESHOLD, HIGH_THRESHOLD) > 0)
