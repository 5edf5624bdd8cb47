"""QR codes and bar codes in a picture, found by OpenCV: phones must still read them.

Source: ``cv2.QRCodeDetector`` and ``cv2.barcode.BarcodeDetector``, parts of OpenCV.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

QR, BAR = "qr", "bar"
MIN_SIDE = 24
"""A QR code has 21 modules a side at least, and a border."""
SCALES = (1.5, 2.0)
"""OpenCV reads some codes of three or four pixels a module at one of these and not at the other."""
MAX_ENLARGED = 2_400_000
"""Pixels of an enlarged copy, at most: codes in large pictures are large, or nobody reads them."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Code:
    """A code: its upright box in pixels, which may reach past the picture's border.

    Attributes:
        text: what it says; "" where it was located and could not be read.
        kind: "qr" or "bar".
    """

    left: float
    top: float
    right: float
    bottom: float
    text: str
    kind: str

    def covers(self, other: Code) -> bool:
        """Whether the middle of the other's box lies in this one's."""
        across, down = (other.left + other.right) / 2, (other.top + other.bottom) / 2
        return self.left <= across <= self.right and self.top <= down <= self.bottom


def find_codes(rgb: Picture, *, closely: bool = True) -> list[Code]:
    """The codes of an RGB picture, uint8 [H, W, 3]; those that can be read stand first.

    Args:
        closely: look at enlarged copies, too.
    """
    height, width = rgb.shape[:2]
    if min(height, width) < MIN_SIDE:
        return []
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), np.uint8)
    found = list(_codes_at(grey, 1))
    for scale in SCALES if closely else ():
        if scale * scale * height * width <= MAX_ENLARGED:
            found += _codes_at(grey, scale)
    codes: list[Code] = []
    for code in sorted(found, key=lambda code: not code.text):
        if not any(other.covers(code) or code.covers(other) for other in codes):
            codes.append(code)
    return codes


def _codes_at(grey: NDArray[np.uint8], scale: float) -> Iterator[Code]:
    """Codes seen in a copy enlarged by `scale`, in the picture's pixels."""
    if scale > 1:
        enlarged = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        grey = np.asarray(enlarged, np.uint8)
    for kind, texts, quads in (_qr_codes(grey), _bar_codes(grey)):
        for text, quad in zip(texts, quads, strict=True):
            corners = np.asarray(quad, np.float64).reshape(-1, 2) / scale
            if np.isfinite(corners).all():
                left, top, right, bottom = map(float, (*corners.min(0), *corners.max(0)))
                yield Code(left, top, right, bottom, text, kind)


def _qr_codes(grey: NDArray[np.uint8]) -> tuple[str, Any, Any]:
    try:
        found, texts, quads, _ = cv2.QRCodeDetector().detectAndDecodeMulti(grey)
    except (cv2.error, UnicodeDecodeError):  # of what only resembles a code, or holds bytes
        return QR, (), ()
    return (QR, texts, quads) if found else (QR, (), ())


def _bar_codes(grey: NDArray[np.uint8]) -> tuple[str, Any, Any]:
    try:
        found, texts, _, quads = cv2.barcode.BarcodeDetector().detectAndDecodeWithType(grey)
    except (cv2.error, UnicodeDecodeError):
        return BAR, (), ()
    # Shutters and fences are located too; only bars that say something are a code.
    return (BAR, texts, quads) if found else (BAR, (), ())
