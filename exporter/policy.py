"""Which pictures travel as payloads, which are recompressed and which are left alone."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np

from exporter.analyse import exact_colours, kind_of, measure
from exporter.pictures import MEDIA_TYPES, PictureError, open_picture
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


@dataclass(frozen=True)
class Facts:
    """What was found in a picture file; `problem` is "" where it could be decoded.

    Attributes:
        width, height: in pixels, upright.
        size: of the file in bytes.
        signature: a 12x12 RGB thumbnail in hexadecimal, to tell the same picture in
            another size.
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

    def to_json(self) -> dict[str, Any]:
        """The facts as plain JSON values, what `Facts(**values)` takes."""
        return asdict(self)


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


def inspect(path: Path) -> Facts:
    """Decode a picture file and note what the policy needs; never raises for a bad file."""
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
    thumbnail = cv2.resize(rgb, (_SIGNATURE_SIDE, _SIGNATURE_SIDE), interpolation=cv2.INTER_AREA)
    return Facts(
        problem="",
        size=size,
        width=width,
        height=height,
        media=media,
        lossless=picture.lossless,
        transparent=picture.is_transparent(),
        kind=kind_of(measure(rgb), exact_colours(rgb) if picture.lossless else None),
        signature=thumbnail.tobytes().hex(),
    )


def decide(path: str, facts: Facts) -> Decision:
    """Choose for the picture file `path`, relative to the site's folder."""
    if facts.problem:
        return Decision("leave", facts.problem)
    if min(facts.width, facts.height) < MIN_SIDE:
        return Decision("leave", f"tiny: {facts.width}x{facts.height} pixels")
    if facts.size < MIN_BYTES:
        return Decision("leave", f"tiny: {facts.size} bytes")
    if facts.transparent:
        return Decision("webp", "transparent", exact=facts.kind != "photo")
    if facts.kind in ("graphic", "text"):
        reason = f"looks like a drawing ({facts.kind}), not a photo"
        return Decision("webp", reason, exact=True)
    if name := _EXACT_BY_NAME.search(PurePosixPath(path).stem.lower()):
        return Decision("webp", f"its name says {name[1]}", exact=True)
    if max(facts.width, facts.height) > MAX_SIDE or facts.width * facts.height > MAX_PIXELS:
        return Decision("webp", f"{facts.width}x{facts.height} is more than a payload may have")
    return Decision("payload", facts.kind)


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
