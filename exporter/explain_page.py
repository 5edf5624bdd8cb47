"""The page of ``plic explain --html``: the picture, what was found in it, and every attempt."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exporter.explain import Explanation
from exporter.marks import Mark
from exporter.pictures import to_webp
from exporter.report import templates

_WIDTH, _QUALITY = 960, 85
_COLOURS = {
    "face": (240, 170, 0),
    "text": (0, 150, 255),
    "code": (220, 0, 120),
    "logo": (0, 180, 90),
    "subject": (150, 150, 150),
}

Picture = NDArray[np.uint8]


def explanation_page(found: Explanation) -> bytes:
    """One self-contained HTML file, UTF-8."""
    original = found.original
    page = (
        templates()
        .get_template("explain.html")
        .render(
            name=found.path.name,
            facts=found.facts,
            decision=found.decision,
            bytes=found.bytes,
            colours=_COLOURS,
            analysed="" if original is None else _address(with_boxes(original, found.facts.marks)),
            attempts=[(attempt, _address(shown)) for attempt, shown in found.attempts],
        )
    )
    return page.encode("utf-8", "replace")


def with_boxes(rgb: Picture, marks: tuple[Mark, ...]) -> Picture:
    """A copy of a picture with a frame around each mark."""
    framed = rgb.copy()
    thickness = max(2, max(rgb.shape[:2]) // 400)
    for mark in marks:
        rect = mark.rect
        corner = rect.left + rect.width - 1, rect.top + rect.height - 1
        cv2.rectangle(framed, (rect.left, rect.top), corner, _COLOURS[mark.kind], thickness)
    return framed


def _address(rgb: Picture) -> str:
    """The picture as a data: URI."""
    image = Image.fromarray(rgb)
    image.thumbnail((_WIDTH, 2 * _WIDTH))
    data = to_webp(image, quality=_QUALITY)
    return "data:image/webp;base64," + base64.b64encode(data).decode()
