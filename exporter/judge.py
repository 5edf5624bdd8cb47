"""What the gate compares: the original and what an edge will show in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from exporter.detect import read_lines
from exporter.edge_view import as_reader_sees
from exporter.likeness import SAME_FEATURES, SAME_PERSON, likeness
from exporter.marks import CODE, FACE, LOGO, TEXT, Mark
from plic_web.engine.conditions import MAX_CODED_SIDE
from plic_web.payload.keep import Rect
from plic_web.quality.codes import find_codes
from plic_web.quality.faces import Face, FaceDetector
from plic_web.quality.lpips import MIN_SIDE, Lpips
from plic_web.quality.text import Line, available, misread, text_in_place, words_read

SAME_PLACE = 0.5
"""Boxes that overlap by more (intersection over union) hold the same face."""
SURE_FACE, LEAST_FACE = 0.7, 20
"""Faces scored lower, or narrower in pixels, are not asked for: nobody could tell who it is."""
INVENTED = 0.8
"""A face that is scored so high where the original has none was invented."""
SURE_TEXT = 0.8
"""Lines that were read so surely have to be read again word by word, letter by letter."""
MISREAD = 0.2
"""The share of another line's letters that may be read differently."""
SAME_LOGO = 6.0
"""The mean difference in grey levels that a logo may have; drawn by a pack it has 20 and more."""
COLOUR_CELLS = 12  # along the longer side: more would compare detail, not colour

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Verdict:
    """How far a reconstruction is from its original.

    Attributes:
        lpips: AlexNet; of copies of at most 1536 pixels a side.
        colour: mean CIELAB distance between the means of up to 12x12 cells.
        lost: the marks that are not there again.
        invented: faces where the original has none.
        asked: the marks that were looked for.
    """

    lpips: float
    colour: float
    asked: tuple[Mark, ...]
    lost: tuple[Mark, ...]
    invented: int

    def found(self, kind: str) -> tuple[int, int]:
        """The marks of a kind that are there again, of so many."""
        asked = sum(mark.kind == kind for mark in self.asked)
        return asked - sum(mark.kind == kind for mark in self.lost), asked


def is_face_to_know(mark: Mark) -> bool:
    """True for a face that somebody could recognise."""
    return mark.kind == FACE and mark.score >= SURE_FACE and mark.rect.width >= LEAST_FACE


class Judge:
    """Compares many reconstructions with one original."""

    def __init__(self, original: Picture, marks: Sequence[Mark]) -> None:
        """``original`` uint8 [H, W, 3], and what was found in it."""
        self._original = original
        self._faces = [mark for mark in marks if mark.kind == FACE]
        self._asked_faces = [mark for mark in self._faces if is_face_to_know(mark)]
        self._texts = _legible(original, [mark for mark in marks if mark.kind == TEXT])
        # what could not be read is kept, but cannot be asked for
        self._codes = [mark for mark in marks if mark.kind == CODE and mark.text]
        self._logos = [mark for mark in marks if mark.kind == LOGO]
        self._asked = (*self._asked_faces, *self._texts, *self._codes, *self._logos)

    def compare(self, shown: Picture) -> Verdict:
        """Judge a reconstruction of the original's size.

        Marks have to be there once an edge has coded it, too; LPIPS and colour are the
        payload's own, as the edge's coding is its operator's choice.
        """
        seen = as_reader_sees(shown)
        faces = _detector().detect(seen)
        return Verdict(
            lpips=_lpips(self._original, shown),
            colour=_colour(self._original, shown),
            asked=self._asked,
            lost=tuple(self._lost(seen, faces)),
            invented=sum(self._is_invented(face) for face in faces),
        )

    def loses(self, shown: Picture) -> bool:
        """True if any of the marks is not there again in what a reader gets."""
        return bool(self._lost(shown, _detector().detect(shown)))

    def _lost(self, shown: Picture, faces: list[Face]) -> list[Mark]:
        lost = [m for m in self._asked_faces if not self._is_same_face(m, shown, faces)]
        if self._texts:
            lines = read_lines(shown)
            lost += [mark for mark in self._texts if not _is_read(mark, lines)]
        if self._codes:
            contents = {code.text for code in find_codes(shown)}
            lost += [mark for mark in self._codes if mark.text not in contents]
        return lost + [mark for mark in self._logos if not self._is_same_logo(mark, shown)]

    def _is_same_face(self, mark: Mark, shown: Picture, faces: list[Face]) -> bool:
        alike = likeness(self._original, shown, mark.rect)
        seen = any(_overlap(mark.rect, face) >= SAME_PLACE for face in faces)
        # faces of twenty pixels come and go for the detector with the pixels around them
        return alike >= SAME_FEATURES or (seen and alike >= SAME_PERSON)

    def _is_same_logo(self, mark: Mark, shown: Picture) -> bool:
        rect = mark.rect
        part = np.s_[rect.top : rect.top + rect.height, rect.left : rect.left + rect.width]
        difference = cv2.absdiff(self._original[part], shown[part])
        return float(difference.mean()) <= SAME_LOGO

    def _is_invented(self, face: Face) -> bool:
        wide = min(face.width, face.height) >= LEAST_FACE
        known = any(_overlap(mark.rect, face) > 0 for mark in self._faces)
        return wide and face.score >= INVENTED and not known


def _lpips(original: Picture, shown: Picture) -> float:
    height, width = original.shape[:2]
    # the sizes at which LPIPS has a value and costs no more than the reconstruction
    scale = min(1.0, MAX_CODED_SIDE / max(height, width))
    size = max(MIN_SIDE, round(width * scale)), max(MIN_SIDE, round(height * scale))
    return _network().distance(_scaled(original, size), _scaled(shown, size))


def _colour(original: Picture, shown: Picture) -> float:
    height, width = original.shape[:2]
    scale = COLOUR_CELLS / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    one, other = (
        cv2.cvtColor(_scaled(picture, size).astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
        for picture in (original, shown)
    )
    return float(np.linalg.norm(one - other, axis=2).mean())


def _scaled(picture: Picture, size: tuple[int, int]) -> Picture:
    if picture.shape[1::-1] == size:
        return picture
    shrinks = picture.shape[1] * picture.shape[0] > size[0] * size[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8)


def _overlap(rect: Rect, face: Face) -> float:
    return Face(rect.left, rect.top, rect.width, rect.height, 1.0, ()).overlap(face)


def _legible(original: Picture, texts: list[Mark]) -> list[Mark]:
    """The lines that hold a word and can be read when an edge has coded the original itself.

    Other text is kept too, but it is small print, or no text at all, and comes and goes with the
    noise around it.
    """
    wordy = [mark for mark in texts if _line(mark).words]
    if not wordy or not available():
        return []
    lines = read_lines(as_reader_sees(original))
    return [mark for mark in wordy if _is_read(mark, lines)]


def _is_read(mark: Mark, lines: list[Line]) -> bool:
    line = _line(mark)
    if mark.score >= SURE_TEXT:
        kept, asked = words_read([line], lines)
        return kept == asked
    return misread(line.letters, text_in_place(line, lines)) <= MISREAD * len(line.letters)


def _line(mark: Mark) -> Line:
    rect = mark.rect
    right, bottom = rect.left + rect.width, rect.top + rect.height
    return Line(mark.text, mark.score, rect.left, rect.top, right, bottom)


@cache
def _network() -> Lpips:
    # one thread, as several pictures are worked on at a time
    return Lpips(threads=1)


@cache
def _detector() -> FaceDetector:
    return FaceDetector(threshold=0.5)
