"""Faces: found at every size, where they are, and only there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plic_web.quality.faces import Face, FaceDetector

PICTURES = Path(__file__).parents[1] / "pictures"


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector()


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    return Image.open(PICTURES / "kodim04.webp").convert("RGB")


def test_a_portraits_face_lies_between_hat_and_chin(detector, portrait):
    (face,) = detector.detect(np.asarray(portrait))
    assert face.score > 0.8
    assert 90 < face.left < 130
    assert 170 < face.top < 230
    assert 380 < face.left + face.width < 420
    assert 540 < face.top + face.height < 580
    right_eye, left_eye, nose, *mouth = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert all(y > nose[1] for _, y in mouth)


@pytest.mark.parametrize("width", [29, 128, 1400])
def test_the_same_face_is_found_at_every_size(detector, portrait, width):
    """16 pixels of face, and one that fills most of a large picture."""
    scale = width / portrait.width
    picture = portrait.resize((width, round(portrait.height * scale)), Image.Resampling.LANCZOS)
    (whole,) = detector.detect(np.asarray(portrait))
    (face,) = detector.detect(np.asarray(picture))
    grown = Face(*(v / scale for v in (face.left, face.top, face.width, face.height)), 1, ())
    assert whole.overlap(grown) > 0.7


def test_several_faces_are_several(detector, portrait):
    page = Image.new("RGB", (700, 300), "white")
    for left, width in ((10, 60), (150, 100), (400, 180)):
        page.paste(portrait.resize((width, width * 3 // 2)), (left, 10))
    faces = sorted(detector.detect(np.asarray(page)), key=lambda f: f.left)
    assert len(faces) == 3
    for face, width in zip(faces, (60, 100, 180), strict=True):
        assert face.width == pytest.approx(0.56 * width, rel=0.2)


def test_hats_and_parrots_are_no_faces(detector):
    for name in ("kodim03", "kodim23"):
        picture = np.asarray(Image.open(PICTURES / f"{name}.webp").convert("RGB"))
        assert detector.detect(picture) == []
    assert detector.detect(np.full((1, 300, 3), 200, np.uint8)) == []


def test_overlap_is_intersection_over_union():
    square = Face(0, 0, 2, 2, 1, ())
    assert square.overlap(square) == 1
    assert square.overlap(Face(1, 0, 2, 2, 1, ())) == pytest.approx(1 / 3)
    assert square.overlap(Face(5, 0, 2, 2, 1, ())) == 0
    assert square.overlap(Face(0, 0, 0, 0, 1, ())) == 0
