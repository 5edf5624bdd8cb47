"""After decoding: the base's low frequencies re-imposed, kept pixels composited."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from plic_web.payload.keep import Rect
from plic_web.payload.resample import area_average, upsample

FEATHER = 6
"""Width in pixels over which a kept rectangle fades into its surroundings."""

Picture = NDArray[np.uint8]


def reimpose_base(picture: Picture, base_grid: Picture, cells: int) -> Picture:
    """Shift the picture's low frequencies onto the base's, so that colours never drift.

    Both are averaged over a grid whose longer side has at most ``cells`` cells; the
    difference, enlarged smoothly, is added. ``cells=0`` leaves the picture as it is.
    """
    if cells == 0:
        return picture
    rows, columns, _ = base_grid.shape
    shrink = min(1.0, cells / max(rows, columns))
    columns, rows = max(1, round(columns * shrink)), max(1, round(rows * shrink))
    wanted = area_average(base_grid, columns, rows)
    difference = wanted - area_average(picture, columns, rows)
    # upsample works on bytes: half levels around 128 hold every difference that occurs
    coded = np.clip(np.rint(128 + difference), 0, 255).astype(np.uint8)
    shift = upsample(coded, picture.shape[1], picture.shape[0]).astype(np.int16) - 128
    return np.asarray(np.clip(picture + shift, 0, 255), np.uint8)


def composite(
    picture: Picture, kept: tuple[tuple[Rect, Picture], ...], scale_x: float, scale_y: float
) -> Picture:
    """Put kept pixels over the picture, feathered at their borders.

    Rectangles are in the payload's pixels; ``scale_x`` and ``scale_y`` lead to this picture's.
    A border that lies on the picture's own border is not feathered.
    """
    if not kept:
        return picture
    out = picture.astype(np.float32)
    height, width = picture.shape[:2]
    for rect, pixels in kept:
        left, top = round(rect.left * scale_x), round(rect.top * scale_y)
        right = min(width, max(left + 1, round((rect.left + rect.width) * scale_x)))
        bottom = min(height, max(top + 1, round((rect.top + rect.height) * scale_y)))
        if right <= left or bottom <= top:
            continue
        enlarging = right - left > rect.width
        method = cv2.INTER_CUBIC if enlarging else cv2.INTER_AREA
        patch = cv2.resize(pixels, (right - left, bottom - top), interpolation=method)
        alpha = np.outer(
            _feather(bottom - top, top > 0, bottom < height),
            _feather(right - left, left > 0, right < width),
        )[..., None]
        region = out[top:bottom, left:right]
        region += alpha * (patch - region)
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def _feather(length: int, fade_in: bool, fade_out: bool) -> NDArray[np.float32]:
    """Opacity along one side of a rectangle: 1 inside, falling off over FEATHER pixels."""
    position = np.arange(length, dtype=np.float32) + 0.5
    width = min(FEATHER, length / 4) or 1
    alpha = np.ones(length, np.float32)
    if fade_in:
        alpha = np.minimum(alpha, position / width)
    if fade_out:
        alpha = np.minimum(alpha, (length - position) / width)
    return alpha
