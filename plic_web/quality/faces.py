"""Faces in a picture, found by YuNet: the exporter's gate and ``plic eval`` ask whether they stay.

Source: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector" (Machine
Intelligence Research 2023); the network of May 2026 from the OpenCV Zoo, run by
``cv2.FaceDetectorYN``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent / "face_detection_yunet_2026may.onnx"

# YuNet sees faces of about 10 to 450 pixels. Enlarging small pictures lets it see small faces
# well; a second look at a small copy sees those that fill the picture.
FINE_SIDES = (640, 2048)
COARSE_SIDE = 320
SAME_FACE = 0.3
"""Boxes that overlap by more (intersection over union) are one face seen twice."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Face:
    """A face: its box in pixels, which may reach past the picture's border, and landmarks."""

    left: float
    top: float
    width: float
    height: float
    score: float  # 0..1
    landmarks: tuple[tuple[float, float], ...]  # eyes, nose, mouth's corners: right before left

    def overlap(self, other: Face) -> float:
        """Intersection over union of the boxes, 0..1."""
        across = _shared(self.left, self.width, other.left, other.width)
        down = _shared(self.top, self.height, other.top, other.height)
        union = self.width * self.height + other.width * other.height - across * down
        return across * down / union if union > 0 else 0.0


class FaceDetector:
    """YuNet at two scales; finds faces from about 16 pixels to the whole picture."""

    def __init__(self, *, threshold: float = 0.6) -> None:
        """Load the network. Faces scored below ``threshold`` (0..1) are not reported."""
        with _quiet():
            self._detector = cv2.FaceDetectorYN.create(str(WEIGHTS), "", (320, 320), threshold)

    def detect(self, picture: Picture) -> list[Face]:
        """The faces in an RGB picture, uint8 [H, W, 3], the surest first."""
        found = [f for side in _sides(picture) for f in self._detect_at(picture, side)]
        faces: list[Face] = []
        for face in sorted(found, key=lambda f: -f.score):
            if all(face.overlap(other) <= SAME_FACE for other in faces):
                faces.append(face)
        return faces

    def _detect_at(self, picture: Picture, side: int) -> Iterator[Face]:
        """Faces seen in a copy whose longer side has ``side`` pixels, in the picture's pixels."""
        height, width = picture.shape[:2]
        scale = side / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        copy = cv2.resize(picture[..., ::-1], size, interpolation=method)
        self._detector.setInputSize(size)
        rows = self._detector.detect(copy)[1]
        back = np.array([width / size[0], height / size[1]] * 7)
        for row in () if rows is None else rows:
            left, top, wide, high, *points = (float(v) for v in row[:14] * back)
            landmarks = tuple(zip(points[::2], points[1::2], strict=True))
            yield Face(left, top, wide, high, float(row[14]), landmarks)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without a warning of OpenCV 5's of a setting that nobody here made; 4 has none."""
    log = getattr(cv2.utils, "logging", None)
    if log is None:
        yield
        return
    level = log.getLogLevel()
    log.setLogLevel(log.LOG_LEVEL_ERROR)
    try:
        yield
    finally:
        log.setLogLevel(level)


def _sides(picture: Picture) -> tuple[int, int]:
    least, most = FINE_SIDES
    return min(max(max(picture.shape[:2]), least), most), COARSE_SIDE


def _shared(start: float, length: float, other: float, other_length: float) -> float:
    return max(0.0, min(start + length, other + other_length) - max(start, other))
