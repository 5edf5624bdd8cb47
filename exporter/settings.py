"""What an export is asked for: the reader's quality, and how hard to look for it."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_TEXT = 240
"""Characters of a prompt."""

LEVELS = {"low": 0.45, "medium": 0.35, "high": 0.25}
"""The named qualities: the largest LPIPS (AlexNet) that a reconstruction may have."""


@dataclass(frozen=True)
class Settings:
    """Asked for on the command line, in `plic.toml` or on an element.

    Attributes:
        quality: the largest LPIPS (AlexNet, whole picture) that may ship, above 0.
        gate: reconstruct and compare before a payload ships.
        tries: how many seeds of the noise are compared, from 1; only the winner's is sent.
        bpp: bits per pixel of a payload to start from; None leaves it to the quality.
        captioner: folder of a model that writes the prompts, for packs that take text.
    """

    quality: float = LEVELS["medium"]
    gate: bool = True
    tries: int = 1
    bpp: float | None = None
    captioner: str | None = None


@dataclass(frozen=True)
class Wish:
    """What the site's owner says of one picture; None says nothing.

    Attributes:
        action: "payload" (whatever it looks like; the gate still looks), "webp" or "leave".
        quality: as in `Settings`.
        text: a prompt.
        said: what the page says of the picture, from which a prompt is made without `text`.
    """

    action: str | None = None
    quality: float | None = None
    text: str | None = None
    said: str | None = None
