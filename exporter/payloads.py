"""One picture turned into everything that is written for it; runs in worker processes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exporter.attempts import Attempt
from exporter.cache import digests_of
from exporter.codec import Codec, profile_of
from exporter.edge_view import as_edge_sends
from exporter.gate import Choice
from exporter.marks import Mark
from exporter.pictures import PictureError, open_picture, to_webp
from exporter.settings import Wish
from plic_web.payload import Payload, PayloadError, SectionKind
from plic_web.payload.base import decode_base
from plic_web.payload.resample import upsample

# The stand-in for hosts without an edge: about a kilobyte, more for large pictures, as the
# smallest WebP of a given size in pixels grows with its area.
_STAND_IN_BYTES = 1000
_STAND_IN_PIXELS_PER_BYTE = 400
_STAND_IN_SIDES = (48, 28, 16)

_REPORT_WIDTH = 360
_REPORT_QUALITY = 70

# A payload must be far below the file it replaces, or the reader gives up truth for nothing.
_LARGEST_SHARE = 0.5
Rgb = NDArray[np.uint8]


@dataclass(frozen=True)
class EncodeTask:
    """One picture to encode.

    Attributes:
        path, size: the file and its bytes.
        sizes: in pixels, those in which pages use the picture.
        marks: what must not be invented in it.
        wish: what the site's owner says of it.
    """

    path: Path
    size: int
    sizes: tuple[tuple[int, int], ...]
    marks: tuple[Mark, ...]
    wish: Wish
    codec: Codec

    def to_json(self) -> list[Any]:
        """What changes the result besides the picture and the codec, as plain JSON values."""
        return [self.size, self.sizes, [mark.to_json() for mark in self.marks], asdict(self.wish)]


@dataclass(frozen=True)
class Encoded:
    """What came of one picture.

    Attributes:
        problem: why it stays conventional, or "".
        files: by name below `_plic/`; those in `report/` are for the report alone.
        reader_bytes: by width, what an edge sends to a reader; without a reconstruction, as
            many bytes as the original has for so many pixels.
        attempts: what the gate compared, the one that ships last.
    """

    problem: str
    digest: str = ""
    profile: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    reader_bytes: dict[int, int] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """All but the files' contents as plain JSON values."""
        return {
            "problem": self.problem,
            "digest": self.digest,
            "profile": self.profile,
            "files": digests_of(self.files),
            "reader": {str(width): size for width, size in self.reader_bytes.items()},
            "attempts": [attempt.to_json() for attempt in self.attempts],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any], files: dict[str, bytes]) -> Encoded:
        reader = {int(width): size for width, size in value["reader"].items()}
        attempts = tuple(map(Attempt.from_json, value["attempts"]))
        return cls(value["problem"], value["digest"], value["profile"], files, reader, attempts)


def encode(task: EncodeTask) -> Encoded:
    """Encode one picture and make its stand-ins and its pictures for the report."""
    try:
        rgb = open_picture(task.path).rgb()
        choice = task.codec.choose(rgb, task.marks, task.wish)
        problem = hindrance(choice, task.size)
        payload = None if problem else Payload.parse(choice.payload)
    except (PictureError, PayloadError) as error:
        return Encoded(f"could not be encoded: {error}")
    if payload is None:
        return Encoded(problem, attempts=choice.attempts)
    data = choice.payload
    digest = hashlib.sha256(data).hexdigest()[:16]
    files = {f"{digest}.plic": data}
    for width, height in task.sizes:
        files[f"{digest}/{width}.webp"] = stand_in(rgb, width, height)
    kept = payload.get(SectionKind.KEEP) is not None
    shown = choice.shown
    if shown is None:
        pixels = rgb.shape[0] * rgb.shape[1]
        reader = {w: task.size * w * h // pixels for w, h in task.sizes}
    else:
        reader = {w: len(as_edge_sends(shown, (w, h), kept)) for w, h in task.sizes}
    files |= _for_report(digest, payload, rgb, choice.shown)
    return Encoded("", digest, profile_of(payload), files, reader, choice.attempts)


def hindrance(choice: Choice, size: int) -> str:
    """Why a picture whose file has ``size`` bytes stays conventional after all, or ""."""
    if choice.problem:
        return f"did not pass the gate: {choice.problem}"
    if len(choice.payload) > size * _LARGEST_SHARE:
        return f"a payload of {len(choice.payload)} bytes would save too little"
    return ""


def stand_in(rgb: Rgb, width: int, height: int) -> bytes:
    """A tiny WebP of exactly that size, blurred until it is small.

    It is made from the original, not from the reconstruction: what shows without an edge is
    blurred and true.
    """
    budget = _STAND_IN_BYTES + width * height // _STAND_IN_PIXELS_PER_BYTE
    data = b""
    for side in _STAND_IN_SIDES:
        scale = min(1.0, side / max(width, height))
        small = (max(1, round(width * scale)), max(1, round(height * scale)))
        blurred = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
        whole = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_CUBIC)
        # method 2 is smaller here than 6, and twice as fast
        data = to_webp(Image.fromarray(np.asarray(whole, np.uint8)), quality=1, method=2)
        if len(data) <= budget:
            break
    return data


def _for_report(digest: str, payload: Payload, rgb: Rgb, shown: Rgb | None) -> dict[str, bytes]:
    """Small copies of the original, of the blur where there is one, and of the reconstruction."""
    pictures = {f"report/{digest}-original.webp": rgb}
    if (base := payload.get(SectionKind.BASE)) is not None:
        height = round(_REPORT_WIDTH * payload.height / payload.width)
        blur = upsample(decode_base(base, payload.width, payload.height), _REPORT_WIDTH, height)
        pictures[f"report/{digest}-base.webp"] = blur
    if shown is not None:
        pictures[f"report/{digest}.webp"] = shown
    return {name: _thumbnail(picture) for name, picture in pictures.items()}


def _thumbnail(picture: Rgb) -> bytes:
    image = Image.fromarray(picture)
    image.thumbnail((_REPORT_WIDTH, _REPORT_WIDTH * 2))
    return to_webp(image, quality=_REPORT_QUALITY)
