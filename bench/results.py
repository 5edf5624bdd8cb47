"""One result: one picture through one codec at one asked rate."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Result:
    """What one file costs and what came out of it.

    ``metrics`` holds a number for each metric that was measured, or None where it has nothing
    to say (no faces in the original, no words). A metric that could not be measured at all
    (a missing package) is absent.
    """

    picture: str  # name within the set, "kodim03"
    digest: str  # sha256 of the picture's pixels and size, hex
    kind: str  # of picture: photo, illustration, graphic or text (exporter.analyse)
    site: str  # kind of site or the site's name; "" where the set says nothing
    width: int
    height: int
    codec: str  # the codec's name as given to --codecs
    version: str  # codec, library and pack versions, part of the result's key
    asked_bpp: float | None  # None for a codec with one size of its own
    bytes: int  # the whole file
    encode_seconds: float
    decode_seconds: float
    metrics: dict[str, float | None] = field(default_factory=dict)

    @property
    def bpp(self) -> float:
        """Bits per pixel of the whole file."""
        return 8 * self.bytes / (self.width * self.height)
