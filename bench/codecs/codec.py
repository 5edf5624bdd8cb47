"""What a codec is: bytes for a budget out of a picture, and a picture out of bytes."""

from __future__ import annotations

from typing import Protocol

from bench.fit import Picture


class Codec(Protocol):
    """One codec under test. Pictures are RGB uint8 [H, W, 3]."""

    name: str  # the word on the command line: "avif", "plic", "plic:spr", "avif+span"
    label: str  # for people: "AVIF", "plic (lite-1, spr)"
    version: str  # of the codec, its library and settings; a change makes new results
    scalable: bool  # False: has one size of its own, and the budget is not used

    def encode(self, image: Picture, budget: int) -> bytes:
        """The best whole file of at most ``budget`` bytes, or the smallest that can be made."""

    def decode(self, data: bytes) -> Picture:
        """The picture in a file, perhaps of another size than the original.

        The caller enlarges or reduces it bicubically to the original's size (``bench.fit``).
        """
