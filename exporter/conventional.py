"""Pictures that stay conventional, recompressed as WebP where that saves and loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exporter.judge import Judge
from exporter.marks import Mark
from exporter.pictures import Picture, PictureError, decoded, open_picture, to_webp

# A recompressed file must save this share, and be worth one more file on the disk.
_LEAST_SAVING = 0.1
_LEAST_SAVED_BYTES = 256

_WEBP_SIDE = 16383  # the format's limit
_PHOTO_QUALITY = 80
_DRAWING_QUALITY = 90  # lossy only where the original already was

Rgb = NDArray[np.uint8]


@dataclass(frozen=True)
class RecompressTask:
    """Attributes: the file, its size in bytes, `Decision.exact`, and what must stay in it."""

    path: Path
    size: int
    exact: bool
    marks: tuple[Mark, ...] = ()


def recompress(task: RecompressTask) -> bytes | None:
    """The picture as a conventional WebP; None where that saves too little or loses a mark.

    A file with exact pixels of a drawing stays exact. What was lossy WebP or AVIF already is
    not compressed a second time.
    """
    try:
        picture = open_picture(task.path)
    except PictureError:
        return None
    if picture.format in ("WEBP", "AVIF") or max(picture.image.size) > _WEBP_SIDE:
        return None
    judge = Judge(picture.rgb(), task.marks) if task.marks else None
    for options in _ways(picture, task.exact):
        data = _conventional(picture, options)
        saved = task.size - len(data)
        if saved < max(_LEAST_SAVED_BYTES, task.size * _LEAST_SAVING):
            return None
        if judge is None or not judge.loses(decoded(data)):
            return data
    return None


def _ways(picture: Picture, exact: bool) -> tuple[dict[str, Any], ...]:
    """Options of the WebP encoder, the smallest files first."""
    if exact and picture.lossless:
        return ({"lossless": True, "exact": True},)
    if exact:
        return ({"quality": _DRAWING_QUALITY},)
    return {"quality": _PHOTO_QUALITY}, {"quality": _DRAWING_QUALITY}


def _conventional(picture: Picture, options: dict[str, Any]) -> bytes:
    image = picture.image
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    profile = picture.image.info.get("icc_profile") or b""
    return to_webp(image, method=6, icc_profile=profile, **options)
