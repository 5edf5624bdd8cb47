"""Which pictures travel as payloads, which are recompressed and which are left alone."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from exporter.analyse import Statistics, drawing_name, exact_colours, kind_of, measure
from exporter.detect import find_marks
from exporter.marks import CODE, FACE, LOGO, SUBJECT, TEXT, Mark, count_kinds
from exporter.pictures import MEDIA_TYPES, PictureError, open_picture
from exporter.settings import Wish
from plic_web.payload.container import MAX_PIXELS, MAX_SIDE

# Below these a payload would save nothing worth a reader's attention.
MIN_SIDE = 96
MIN_BYTES = 3000

# A file name that says what the picture is for is believed.
_EXACT_BY_NAME = re.compile(
    r"(?<![a-z])(logos?|logotype|icons?|favicon|sprites?|badges?|charts?|graphs?|diagrams?|"
    r"infographics?|screen-?shots?|maps?|floor-?plans?|qr|qr-?code|barcode|signature|captcha)"
    r"(?![a-z])"
)
_SIGNATURE_SIDE = 12

DRAWABLE = ("photo", "illustration")
"""The kinds of picture of which a harmless reconstruction can be made."""
# Shares of the picture from which on the rest is not worth a reconstruction.
MOSTLY_TEXT, MOSTLY_EXACT = 0.2, 0.25
MANY_LINES = 24
MOSTLY_FACES = 0.15

_NO_WISH = Wish()


@dataclass(frozen=True)
class Facts:
    """What was found in a picture file; `problem` is "" where it could be decoded.

    Attributes:
        width, height: in pixels, upright.
        size: of the file in bytes.
        signature: a 12x12 RGB thumbnail in hexadecimal, to tell the same picture in
            another size.
        marks: what must not be invented in it.
        drawing: what a picture of kind "graphic" or "text" probably is.
    """

    problem: str
    size: int
    width: int = 0
    height: int = 0
    media: str = ""
    lossless: bool = False
    transparent: bool = False
    kind: str = ""
    signature: str = ""
    marks: tuple[Mark, ...] = ()
    drawing: str = ""

    def to_json(self) -> dict[str, Any]:
        """The facts as plain JSON values, what `Facts.from_json` takes."""
        return {**asdict(self), "marks": [mark.to_json() for mark in self.marks]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Facts:
        return cls(**{**value, "marks": tuple(map(Mark.from_json, value["marks"]))})

    def share(self, kind: str) -> float:
        """The share of the picture, 0 to 1, that marks of a kind cover; overlaps count twice."""
        covered = sum(m.rect.width * m.rect.height for m in self.marks if m.kind == kind)
        return min(1.0, covered / max(1, self.width * self.height))


@dataclass(frozen=True)
class Decision:
    """What becomes of a picture.

    Attributes:
        action: "payload", "webp" (recompress if that saves) or "leave".
        exact: its exact look carries meaning; recompress it without loss where it has none.
    """

    action: str
    reason: str
    exact: bool = False


def inspect(path: Path, *, closely: bool = True) -> Facts:
    """Decode a picture file and note what the policy needs; never raises for a bad file.

    Args:
        closely: also read it and look for logos and the subject, which takes longest.
    """
    try:
        size = path.stat().st_size
        picture = open_picture(path)
        rgb = picture.rgb()
    except PictureError as error:
        return Facts(str(error), size)
    height, width = rgb.shape[:2]
    media = MEDIA_TYPES[picture.format]
    if min(width, height) < MIN_SIDE:
        return Facts("", size, width, height, media, picture.lossless)
    statistics = measure(rgb)
    kind = kind_of(statistics, exact_colours(rgb) if picture.lossless else None)
    transparent = picture.is_transparent()
    may_be_drawn = kind in DRAWABLE and not transparent
    thumbnail = cv2.resize(rgb, (_SIGNATURE_SIDE, _SIGNATURE_SIDE), interpolation=cv2.INTER_AREA)
    return Facts(
        problem="",
        size=size,
        width=width,
        height=height,
        media=media,
        lossless=picture.lossless,
        transparent=transparent,
        kind=kind,
        signature=thumbnail.tobytes().hex(),
        marks=tuple(find_marks(rgb, closely=closely)) if may_be_drawn else (),
        drawing="" if kind in DRAWABLE else _drawing(kind, statistics, width, height),
    )


def _drawing(kind: str, statistics: Statistics, width: int, height: int) -> str:
    return "text" if kind == "text" else drawing_name(statistics, width, height)


def decide(path: str, facts: Facts, wish: Wish = _NO_WISH) -> Decision:
    """Choose for the picture file `path`, relative to the site's folder.

    The owner's wish counts before what the picture looks like, but not before what is possible.
    """
    if facts.problem:
        return Decision("leave", facts.problem)
    if wish.action == "leave":
        return Decision("leave", "its owner said so")
    if min(facts.width, facts.height) < MIN_SIDE:
        return Decision("leave", f"tiny: {facts.width}x{facts.height} pixels")
    if facts.size < MIN_BYTES:
        return Decision("leave", f"tiny: {facts.size} bytes")
    if facts.transparent:
        return Decision("webp", "transparent", exact=facts.kind != "photo")
    drawn = facts.kind not in DRAWABLE
    if wish.action == "webp":
        return Decision("webp", "its owner said so", exact=drawn)
    if max(facts.width, facts.height) > MAX_SIDE or facts.width * facts.height > MAX_PIXELS:
        return Decision("webp", f"{facts.width}x{facts.height} is more than a payload may have")
    if wish.action == "payload":
        return Decision("payload", f"its owner said so; {facts.kind}")
    if drawn:
        return Decision("webp", f"looks like a drawing ({facts.drawing}), not a photo", exact=True)
    if name := _EXACT_BY_NAME.search(PurePosixPath(path).stem.lower()):
        return Decision("webp", f"its name says {name[1]}", exact=True)
    return _by_marks(facts)


def _by_marks(facts: Facts) -> Decision:
    """Choose for what looks like a photo, by what was found in it."""
    lines = sum(mark.kind == TEXT for mark in facts.marks)
    if facts.share(TEXT) >= MOSTLY_TEXT or lines > MANY_LINES:  # too much to keep
        share = round(100 * facts.share(TEXT))
        return Decision("webp", f"text-heavy: {lines} lines on {share} % of it")
    for kind, name in ((CODE, "a QR or bar code"), (LOGO, "a logo or drawing")):
        if facts.share(kind) >= MOSTLY_EXACT:
            return Decision("webp", f"mostly {name}", exact=True)
    if facts.share(FACE) >= MOSTLY_FACES:
        return Decision("payload", f"{facts.kind}, mostly faces")
    found = count_kinds([mark for mark in facts.marks if mark.kind != SUBJECT])
    return Decision("payload", f"{facts.kind} with {found}" if found else facts.kind)


def same_picture(one: Facts, other: Facts) -> bool:
    """True if two files show the same picture in two sizes or formats.

    Their shapes must agree within a pixel's rounding and their thumbnails within what
    compression changes; a crop made by an art director differs in more.
    """
    if not one.signature or not other.signature:
        return False
    small, large = sorted((one, other), key=lambda facts: facts.width)
    expected = small.width * large.height / large.width
    if abs(expected - small.height) > 1:
        return False
    first, second = (
        np.frombuffer(bytes.fromhex(facts.signature), np.uint8).astype(np.float64)
        for facts in (one, other)
    )
    difference = np.abs(first - second)
    return bool(difference.mean() <= 4 and difference.max() <= 32)
