"""Is it still that person, are these still the same letters? Compared by their detail.

A detector finds a face in a caricature too, and LPIPS forgives molten eyes. What does separate
them is whether eyes, nose and mouth have the same detail in the same places: the correlation of
the two faces' inner parts after their shading is taken away (docs/gate.md tells how the limits
were set). A reader of text, too, is a fickle judge: the same small letters are read or not with
the noise around them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from plic_web.payload.keep import Rect

SAME_PERSON = 0.85
"""From this likeness on it is the same person, if a little softer; below, a caricature."""
SAME_FEATURES = 0.9
"""From here on the features are the original's, whatever a detector says."""
SAME_LETTERS = 0.96
"""From here on letters are as WebP of quality 50 to 80 leaves them, whatever a reader says."""

_SIDE = 128
_WIDER = 1.1  # the square around a face's box
_INNER = np.s_[16:112, 24:104]  # of the square: without hair and background
_SHADING = 6.0  # sigma in pixels of the square

Picture = NDArray[np.uint8]


def likeness(original: Picture, shown: Picture, box: Rect) -> float:
    """How alike the features in ``box`` are in two pictures [H, W, 3] of one size: -1 to 1."""
    return _correlation(*(_inner_face(picture, box) for picture in (original, shown)))


def letters_likeness(original: Picture, shown: Picture, box: Rect) -> float:
    """How alike the letters in ``box`` are in two pictures [H, W, 3] of one size: -1 to 1."""
    strokes = max(2.0, min(box.width, box.height) / 4)
    part = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
    return _correlation(*(_detail(picture[part], strokes) for picture in (original, shown)))


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    energy = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / energy if energy > 0 else 1.0


def _detail(picture: Picture, sigma: float) -> NDArray[np.float32]:
    """Grey levels without what is smoother than ``sigma`` pixels."""
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), sigma), np.float32)


def _inner_face(picture: Picture, box: Rect) -> NDArray[np.float32]:
    """The detail of the inner face, of a square around it."""
    side = max(1, round(_WIDER * max(box.width, box.height)))
    top = box.top + (box.height - side) // 2
    left = box.left + (box.width - side) // 2
    height, width = picture.shape[:2]
    # Past the border its pixels are repeated, so that features stay in place.
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    method = cv2.INTER_AREA if side > _SIDE else cv2.INTER_CUBIC
    face = cv2.resize(picture[rows][:, columns], (_SIDE, _SIDE), interpolation=method)
    return _detail(np.asarray(face, np.uint8)[_INNER], _SHADING)
