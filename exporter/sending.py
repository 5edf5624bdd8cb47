"""What an attempt at a picture sends: its rate, what is favoured in it, what is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exporter.encode import PictureEncoder
from exporter.gain import DEFAULT_AHEAD
from exporter.judge import Verdict, is_face_to_know
from exporter.keeping import Keeping, KeepingError
from exporter.marks import CODE, FACE, LOGO, SUBJECT, TEXT, Mark, count_kinds
from exporter.settings import Settings
from plic_web.payload.keep import Rect

MAX_COLOUR = 5.0
"""The largest mean CIELAB distance of cells: beyond it a picture has another colour."""
MAX_BPP = 0.15
"""Beyond it more bits change little, and a conventional codec is the truer choice."""
LARGE_FACE = 150
"""Pixels from which on a face may survive in the latents; smaller ones, and text, never did."""
SUBJECT_AHEAD = 3
"""Levels of quality by which the subject is ahead; more would cost the rest of the picture."""
# The pack's mean LPIPS falls by about so much for e times the bits (docs/results.md).
_LPIPS_PER_E = 0.11
_START_QUALITY, _START_BPP = 0.35, 0.03
_LEAST_BPP, _LEAST_RAISE = 0.01, 1.3

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Sending:
    """Attributes: `bpp` without what is kept; `favoured` are faces, or else the subject."""

    bpp: float
    favoured: tuple[Mark, ...]
    keeping: Keeping

    def describe(self) -> str:
        """In words, for reports."""
        parts = [f"{self.bpp:.3f} bits per pixel"]
        if self.favoured:
            parts.append(f"{count_kinds(self.favoured)} favoured")
        if self.keeping.marks:
            kept = count_kinds(self.keeping.marks)
            low, high = min(self.keeping.qualities), max(self.keeping.qualities)
            quality = f"{low}" if low == high else f"{low} to {high}"
            parts.append(f"{kept} kept at quality {quality}")
        return ", ".join(parts)

    def encode(self, encoder: PictureEncoder, rgb: Picture, seed: int | None) -> bytes:
        """The payload of ``rgb`` uint8 [H, W, 3], whose encoder is given."""
        # kept pixels come on top of the rate: they must not starve the rest of the picture
        bpp = self.bpp + 8 * len(self.keeping.section) / (rgb.shape[0] * rgb.shape[1])
        is_subject = any(mark.kind == SUBJECT for mark in self.favoured)
        return encoder.encode(
            bpp,
            seed=seed,
            keep=self.keeping.section,
            favour=[_with_margin(mark.rect) for mark in self.favoured],
            favour_levels=SUBJECT_AHEAD if is_subject else DEFAULT_AHEAD,
        )

    @classmethod
    def first(cls, rgb: Picture, marks: Sequence[Mark], settings: Settings) -> Sending:
        """Keep what no rate saves, favour what more rate may save.

        Raises KeepingError where too much would have to be kept.
        """
        bpp = settings.bpp or _first_bpp(settings.quality)
        faces = [mark for mark in marks if mark.kind == FACE]
        large = tuple(mark for mark in faces if mark.rect.width >= LARGE_FACE)
        favoured = large or tuple(mark for mark in marks if mark.kind == SUBJECT)
        exact = [mark for mark in marks if mark.kind in (TEXT, CODE, LOGO)]
        small = [mark for mark in faces if mark not in large]
        try:
            return cls(bpp, favoured, Keeping.of(rgb, exact + small))
        except KeepingError:
            # faces that nobody could recognise are kept only where there is room for them
            known = [mark for mark in small if is_face_to_know(mark)]
            return cls(bpp, favoured, Keeping.of(rgb, exact + known))

    def following(self, verdict: Verdict, settings: Settings, rgb: Picture) -> Sending | None:
        """What to send after a verdict with a problem; None where nothing more can help.

        Raises KeepingError where too much would have to be kept, or nothing finer can be.
        """
        bpp, keeping = self.bpp, self.keeping
        if verdict.lost:
            keeping = keeping.finer(rgb, verdict.lost)
        excess = verdict.lpips - settings.quality
        if excess > 0 or verdict.colour > MAX_COLOUR or verdict.invented:
            bpp *= max(_LEAST_RAISE, math.exp(excess / _LPIPS_PER_E))
            bpp = min(bpp, max(MAX_BPP, self.bpp))
        favoured = tuple(mark for mark in self.favoured if mark not in keeping.marks)
        next_one = Sending(bpp, favoured, keeping)
        return next_one if next_one != self else None


def _first_bpp(quality: float) -> float:
    bpp = _START_BPP * math.exp((_START_QUALITY - quality) / _LPIPS_PER_E)
    return min(max(bpp, _LEAST_BPP), MAX_BPP)


def _with_margin(rect: Rect) -> Rect:
    """A box ends at the chin, and a face is seen with what is just around it."""
    across, down = rect.width // 10, rect.height // 10
    return Rect(
        rect.left - across, rect.top - down, rect.width + 2 * across, rect.height + 2 * down
    )
