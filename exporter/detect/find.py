"""All detectors on one picture, and which of them work here."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from exporter.detect.boxes import clipped
from exporter.detect.logos import find_logos
from exporter.detect.subject import WEIGHTS, find_subject
from exporter.faces import find_faces
from exporter.marks import CODE, FACE, LOGO, SUBJECT, TEXT, Mark
from plic_web.quality import text as reading
from plic_web.quality.codes import find_codes

MIN_SIDE = 32
"""Smaller pictures hold nothing that the detectors could tell; nothing is looked for in them."""
TEXT_SIDE = 960
"""The longer side of the copy in which lines are looked for: letters 14 pixels high in a
picture of 1200x800 are all found with it, one line in eighteen is not with 736."""
MOST_ENLARGED = 3.0
TEXT_SCORE, TEXT_LETTERS = 0.6, 2
"""Read less surely, or fewer, and it was a window or a branch."""
SHORT_SCORE, SHORT_LETTERS = 0.8, 3
"""So few letters must be read more surely: headphones can look like "OYT"."""


def available() -> dict[str, bool]:
    """Whether each kind of mark can be looked for in this installation."""
    return {
        FACE: True,
        TEXT: reading.available(),
        CODE: True,
        LOGO: True,
        SUBJECT: WEIGHTS.is_file(),
    }


def find_marks(rgb: NDArray[np.uint8], *, closely: bool = True) -> list[Mark]:
    """Faces, lines of text, codes, logos and the subject of an RGB picture.

    Args:
        rgb: uint8 [H, W, 3].
        closely: look for more than faces and codes: for lines of text, where `available()` says
            that it can be done, for logos and the subject, which take four times as long.

    Returns:
        Marks of each kind in that order, all rectangles inside the picture. Marks may overlap:
        a logo's letters are text too.
    """
    if min(rgb.shape[:2]) < MIN_SIDE:
        return []
    if not closely:
        return [*_faces(rgb), *_codes(rgb, closely)]
    lines = _lines(rgb) if reading.available() else []
    return [*_faces(rgb), *lines, *_codes(rgb, closely), *find_logos(rgb), *find_subject(rgb)]


def _faces(rgb: NDArray[np.uint8]) -> list[Mark]:
    boxes = (
        (f.score, clipped(f.left, f.top, f.left + f.width, f.top + f.height, rgb.shape))
        for f in find_faces(rgb)
    )
    return [Mark(FACE, rect, round(score, 3)) for score, rect in boxes if rect]


def _lines(rgb: NDArray[np.uint8]) -> list[Mark]:
    marks = []
    for line in read_lines(rgb):
        rect = clipped(line.left, line.top, line.right, line.bottom, rgb.shape)
        letters = len(line.letters)
        least = SHORT_SCORE if letters <= SHORT_LETTERS else TEXT_SCORE
        if rect and line.score >= least and letters >= TEXT_LETTERS:
            marks.append(Mark(TEXT, rect, round(line.score, 3), line.text))
    return marks


def _codes(rgb: NDArray[np.uint8], closely: bool) -> list[Mark]:
    marks = []
    for code in find_codes(rgb, closely=closely):
        rect = clipped(code.left, code.top, code.right, code.bottom, rgb.shape)
        if rect:
            # One that cannot be read is known by its shape only.
            marks.append(Mark(CODE, rect, 1.0 if code.text else 0.5, code.text))
    return marks


def read_lines(rgb: NDArray[np.uint8]) -> list[reading.Line]:
    """The lines of text in an RGB picture, in its pixels; small pictures are enlarged for it.

    Raises TextUnavailableError where text cannot be read.
    """
    height, width = rgb.shape[:2]
    scale = min(MOST_ENLARGED, TEXT_SIDE / max(height, width))
    if scale <= 1:
        return _reader().read(rgb)
    size = round(width * scale), round(height * scale)
    large = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    lines = _reader().read(large)
    return [
        replace(
            line,
            left=line.left / scale,
            top=line.top / scale,
            right=line.right / scale,
            bottom=line.bottom / scale,
        )
        for line in lines
    ]


@cache
def _reader() -> reading.Reader:
    return reading.Reader(side=TEXT_SIDE)
