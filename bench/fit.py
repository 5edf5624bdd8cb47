"""Bring a decoded picture to the original's size, as a page would show it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]


def fit(picture: Picture, width: int, height: int) -> Picture:
    """The picture at width x height, bicubic (Pillow's, antialiased when it shrinks)."""
    if picture.shape[:2] == (height, width):
        return picture
    resized = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(resized)
