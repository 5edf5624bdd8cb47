"""What the ablation's last step keeps: the faces, or else the busiest part of the picture."""

from __future__ import annotations

import cv2
import numpy as np

from bench.codecs.codec import Picture
from exporter.edges import canny_map
from exporter.faces import face_rectangles
from plic_web.payload.keep import MAX_PIXELS, MAX_RECTANGLES, Rect, rounded_area

QUALITY = 60
# Of each side, where there are no faces: on a photograph of Kodak's size that costs about as much
# as the rest of the payload.
SHARE = 6
LONGEST = 320  # pixels a side of such a part, so that the format admits it in a large picture


def kept_rectangles(rgb: Picture) -> list[Rect]:
    """Rectangles of ``rgb`` [H, W, 3] to keep, as many as the format admits; at least one."""
    height, width = rgb.shape[:2]
    room = min(MAX_PIXELS, rounded_area(width, height))
    kept: list[Rect] = []
    for rect in face_rectangles(rgb)[:MAX_RECTANGLES]:
        size = rounded_area(rect.width, rect.height)
        if size <= room:
            kept.append(rect)
            room -= size
    return kept or [busiest(rgb)]


def busiest(rgb: Picture) -> Rect:
    """The part with the most edges, a sixth of each side; the first one where several have."""
    height, width = rgb.shape[:2]
    wide, high = (max(1, min(LONGEST, side // SHARE)) for side in (width, height))
    edges = canny_map(rgb).astype(np.uint8)
    rows, columns = edges.shape
    window = max(1, columns * wide // width), max(1, rows * high // height)
    density = cv2.boxFilter(edges, cv2.CV_32F, window, anchor=(0, 0), normalize=False)
    inside = density[: rows - window[1] + 1, : columns - window[0] + 1]
    row, column = divmod(int(np.argmax(inside)), inside.shape[1])
    left = min(column * width // columns, width - wide)
    return Rect(left, min(row * height // rows, height - high), wide, high)
