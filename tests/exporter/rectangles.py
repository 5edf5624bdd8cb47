"""Relations of rectangles that several tests ask for."""

from __future__ import annotations

from plic_web.payload.keep import Rect


def inside(inner: Rect, outer: Rect) -> bool:
    """Whether one rectangle lies in another."""
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and outer.left + outer.width >= inner.left + inner.width
        and outer.top + outer.height >= inner.top + inner.height
    )
