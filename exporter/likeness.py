"""Is it still that person? Faces compared by the detail of their features.

A detector finds a face in a caricature too, and LPIPS forgives molten eyes. What does separate
them is whether eyes, nose and mouth have the same detail in the same places: the correlation of
the two faces' inner parts after their shading is taken away (docs/gate.md tells how the limits
were set).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from plic_web.payload.keep import Rect

SAME_PERSON = 0.88
"""From 0.85 on it is the same person, if a little softer, below a caricature; and a face's box is
known to a pixel or two only, which changes the likeness by 0.02."""
SAME_FEATURES = 0.9
"""From here on the features are the original's, whatever a detector says."""

_SIDE = 128
_WIDER = 1.1  # the square around a face's box
_INNER = np.s_[16:112, 24:104]  # of the square: without hair and background
_SHADING = 6.0  # sigma in pixels of the square

Picture = NDArray[np.uint8]


def features_box(box: Rect) -> Rect:
    """The part of a face that is compared; of a narrow box, more than the box. May reach out."""
    side = max(1, round(_WIDER * max(box.width, box.height)))
    rows, columns = _INNER
    left = box.left + (box.width - side) // 2 + columns.start * side // _SIDE
    top = box.top + (box.height - side) // 2 + rows.start * side // _SIDE
    width = -(-(columns.stop - columns.start) * side // _SIDE)
    height = -(-(rows.stop - rows.start) * side // _SIDE)
    return Rect(left, top, width, height)


def likeness(original: Picture, shown: Picture, box: Rect) -> float:
    """How alike the features in ``box`` are in two pictures [H, W, 3] of one size: -1 to 1."""
    one, other = (_detail(picture, box) for picture in (original, shown))
    energy = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum()) / energy if energy > 0 else 1.0


def _detail(picture: Picture, box: Rect) -> NDArray[np.float32]:
    """Grey levels of the inner face without its shading."""
    side = max(1, round(_WIDER * max(box.width, box.height)))
    top = box.top + (box.height - side) // 2
    left = box.left + (box.width - side) // 2
    height, width = picture.shape[:2]
    # Past the border its pixels are repeated, so that features stay in place.
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    method = cv2.INTER_AREA if side > _SIDE else cv2.INTER_CUBIC
    face = cv2.resize(picture[rows][:, columns], (_SIDE, _SIDE), interpolation=method)
    inner = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)[_INNER].astype(np.float32)
    return np.asarray(inner - cv2.GaussianBlur(inner, (0, 0), _SHADING), np.float32)
