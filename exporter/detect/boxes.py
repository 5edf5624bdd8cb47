"""Boxes as detectors give them become rectangles inside the picture."""

from __future__ import annotations

from math import ceil, floor

from plic_web.payload.keep import Rect


def clipped(
    left: float, top: float, right: float, bottom: float, shape: tuple[int, ...]
) -> Rect | None:
    """The pixels of a picture of `shape` [H, W, …] that a box touches; None if it has none."""
    height, width = shape[:2]
    first, above = max(0, floor(left)), max(0, floor(top))
    last, below = min(width, ceil(right)), min(height, ceil(bottom))
    if last <= first or below <= above:
        return None
    return Rect(first, above, last - first, below - above)
