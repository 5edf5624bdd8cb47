"""How much of a picture its colour base leaves unsaid: plain pictures need few bytes more.

A budget in bits per pixel is meant for pictures with something in every place. A banner in one
colour would spend it on describing nothing, so blocks that the base already shows do not count.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from plic_web.payload.base import decode_base
from plic_web.payload.resample import upsample

CELL = 4  # blocks of 16 pixels, compared at a quarter of the picture's size
# Mean difference of a block, in 8-bit levels, from which on it is worth drawing. Gradients lie
# below; a quarter to all of the blocks of each photo measured lie above (docs/packs.md).
UNSAID = 8.0
# From this share of unsaid blocks on, a picture has its whole budget.
FULL_SHARE = 0.25
LEAST = 64  # bytes, for what little there is


def unsaid_share(rgb: NDArray[np.uint8], base: bytes) -> float:
    """The share, 0 to 1, of 16-pixel blocks of ``rgb`` [H, W, 3] that its base does not show.

    ``base`` is the payload's base section of that picture.
    """
    height, width = rgb.shape[:2]
    columns, rows = -(-width // 4), -(-height // 4)
    shown = upsample(decode_base(base, width, height), columns, rows)
    wanted = cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_AREA)
    difference = cv2.absdiff(wanted, shown).max(axis=2).astype(np.float32)
    missing = ((0, -rows % CELL), (0, -columns % CELL))
    blocks = np.pad(difference, missing, mode="edge")
    means = blocks.reshape(blocks.shape[0] // CELL, CELL, -1, CELL).mean(axis=(1, 3))
    return float((means > UNSAID).mean())


def room_for(share: float, budget: int) -> int:
    """Bytes that latents may take in a picture with such an unsaid share and such a budget."""
    return max(LEAST, int(budget * min(1.0, share / FULL_SHARE)))
