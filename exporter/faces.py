"""Where the faces are: rectangles of a picture that deserve more than the rest of it."""

from __future__ import annotations

from functools import cache
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from plic_web.payload.keep import Rect
from plic_web.quality.faces import Face, FaceDetector

MARGIN = 0.1
"""For favoured faces: a box ends at the chin, and a face is seen with what is just around it."""


def find_faces(rgb: NDArray[np.uint8]) -> list[Face]:
    """The faces of ``rgb`` [H, W, 3], the surest first; one detector serves the whole process."""
    return _detector().detect(rgb)


def face_rectangles(rgb: NDArray[np.uint8], *, margin: float = 0.0) -> list[Rect]:
    """The pixels of ``rgb`` [H, W, 3] that faces' boxes touch, the surest face first.

    A box reaches from the forehead to the chin; ``margin`` widens it at each of its four sides
    by that share of its length.
    """
    height, width = rgb.shape[:2]
    rectangles = []
    for face in find_faces(rgb):
        beside, above = margin * face.width, margin * face.height
        left, top = max(0, floor(face.left - beside)), max(0, floor(face.top - above))
        right = min(width, ceil(face.left + face.width + beside))
        bottom = min(height, ceil(face.top + face.height + above))
        rectangles.append(Rect(left, top, right - left, bottom - top))
    return rectangles


@cache
def _detector() -> FaceDetector:
    return FaceDetector()
