"""The gate: a payload ships only after its reconstruction was compared with the original.

Each attempt is encoded, reconstructed with the pack that the edges use, and judged. What a
failed attempt lost decides the next one: too far from the original, and it gets more bits; a
face or a line of text that did not survive, and its own pixels are kept. After a few attempts,
or when the kept pixels would be too many, the picture goes to a conventional codec.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from exporter.attempts import Attempt
from exporter.encode import PictureEncoder
from exporter.judge import LEAST_FACE, Judge, Verdict, is_face_to_know
from exporter.keeping import Keeping, KeepingError
from exporter.marks import CODE, FACE, LOGO, TEXT, Mark, count_kinds
from exporter.settings import Settings
from plic_web.payload.keep import Rect

Picture = NDArray[np.uint8]

Seen = Callable[[Attempt, Picture], None]
"""Is told of an attempt and its reconstruction."""


def unseen(attempt: Attempt, shown: Picture) -> None:
    """The `Seen` of whoever does not watch."""


MAX_COLOUR = 5.0
"""The largest mean CIELAB distance of cells: beyond it a picture has another colour."""
MAX_ATTEMPTS = 4
# The pack's mean LPIPS falls by about so much for e times the bits (docs/results.md).
_LPIPS_PER_E = 0.11
_START_QUALITY, _START_BPP = 0.35, 0.03
MAX_BPP = 0.15
"""Beyond it more bits change little, and a conventional codec is the truer choice."""
_LEAST_BPP, _LEAST_RAISE = 0.01, 1.3
LARGE_FACE, LARGE_TEXT = 150, 48
"""Pixels from which on faces and letters may survive in the latents; smaller ones never did."""


@dataclass(frozen=True)
class Choice:
    """What the gate chose.

    Attributes:
        payload: the bytes to ship; empty where nothing passed.
        shown: the reconstruction, uint8 [H, W, 3]; None where there is none (gate off).
        attempts: in the order made; the last is the one that ships, if any does.
        problem: why nothing passed, or "".
    """

    payload: bytes
    shown: Picture | None = None
    attempts: tuple[Attempt, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class _Plan:
    """What the next attempt sends."""

    bpp: float
    favoured: tuple[Mark, ...]
    keeping: Keeping

    def describe(self) -> str:
        parts = [f"{self.bpp:.3f} bits per pixel"]
        if self.favoured:
            parts.append(f"{count_kinds(self.favoured)} favoured")
        if self.keeping.marks:
            kept = count_kinds(self.keeping.marks)
            parts.append(f"{kept} kept at quality {self.keeping.quality}")
        return ", ".join(parts)


def choose(
    rgb: Picture,
    marks: Sequence[Mark],
    encoder: PictureEncoder,
    reconstruct: Callable[[bytes], Picture],
    settings: Settings,
    seen: Seen = unseen,
) -> Choice:
    """The cheapest payload found that passes, or why none does.

    Args:
        rgb: the original, uint8 [H, W, 3].
        marks: what must not be invented in it.
        reconstruct: what an edge shows of a payload at the picture's own size.
        settings: of this picture.
        seen: told of each attempt and its reconstruction.
    """
    try:
        plan = _first_plan(rgb, marks, settings)
    except KeepingError as error:
        return Choice(b"", problem=str(error))
    if not settings.gate:
        return Choice(_encode(encoder, rgb, plan, None))
    trial = _Trial(rgb, encoder, reconstruct, Judge(rgb, marks), settings, seen)
    for _ in range(MAX_ATTEMPTS):
        verdict = trial.make(plan)
        if verdict is None:
            break
        if not trial.attempts[-1].problem:
            return trial.best_seed(plan)
        try:
            following = _next_plan(plan, verdict, settings, rgb)
        except KeepingError as error:
            return trial.refused(str(error))
        if following is None:
            break
        plan = following
    return trial.refused()


@dataclass
class _Trial:
    """The attempts at one picture."""

    rgb: Picture
    encoder: PictureEncoder
    reconstruct: Callable[[bytes], Picture]
    judge: Judge
    settings: Settings
    seen: Seen
    attempts: list[Attempt] = field(default_factory=list)
    payload: bytes = b""
    shown: Picture | None = None

    def make(self, plan: _Plan, seed: int | None = None) -> Verdict | None:
        """Encode, reconstruct and judge one payload, which becomes the last attempt.

        None where it is the last one's again, as of a plain picture at any rate.
        """
        data = _encode(self.encoder, self.rgb, plan, seed)
        if data == self.payload:
            return None
        self.payload = data
        self.shown = self.reconstruct(self.payload)
        verdict = self.judge.compare(self.shown)
        attempt = Attempt(
            how=plan.describe() + ("" if seed is None else f", seed {seed}"),
            bytes=len(self.payload),
            lpips=verdict.lpips,
            colour=verdict.colour,
            faces=verdict.found(FACE),
            words=verdict.found(TEXT),
            codes=verdict.found(CODE),
            problem=problem_of(verdict, self.settings.quality),
        )
        self.attempts.append(attempt)
        self.seen(attempt, self.shown)
        return verdict

    def best_seed(self, plan: _Plan) -> Choice:
        """The last attempt, or a better one with another seed; seed 0 needs no bytes."""
        best = Choice(self.payload, self.shown)
        lead = self.attempts.pop()
        for seed in range(1, self.settings.tries):
            self.make(plan, seed)
            other = self.attempts.pop()
            if not other.problem and other.lpips < lead.lpips:
                best, lead, other = Choice(self.payload, self.shown), other, lead
            self.attempts.append(replace(other, problem=other.problem or "another seed is closer"))
        return replace(best, attempts=(*self.attempts, lead))

    def refused(self, reason: str = "") -> Choice:
        """No payload, because of the last attempt's problem and perhaps a further reason."""
        problems = filter(None, (self.attempts[-1].problem, reason))
        return Choice(b"", None, tuple(self.attempts), "; ".join(problems))


def problem_of(verdict: Verdict, quality: float) -> str:
    """Why a reconstruction may not ship, or ""."""
    problems = []
    for kind, name in ((FACE, "faces"), (TEXT, "lines of text"), (CODE, "codes")):
        found, asked = verdict.found(kind)
        if found < asked:
            problems.append(f"{asked - found} of {asked} {name} lost")
    if verdict.invented:
        problems.append(f"{verdict.invented} faces where none was")
    if verdict.lpips > quality:
        problems.append(f"LPIPS {verdict.lpips:.3f} above {quality:.2f}")
    if verdict.colour > MAX_COLOUR:
        problems.append(f"colours off by {verdict.colour:.1f}")
    return ", ".join(problems)


def _first_plan(rgb: Picture, marks: Sequence[Mark], settings: Settings) -> _Plan:
    """Keep what no rate saves, favour what more rate may save."""
    bpp = settings.bpp or _first_bpp(settings.quality)
    kept = [mark for mark in marks if _must_be_kept(mark)]
    # faces too small to be known are kept where there is room for them
    small = [m for m in marks if m.kind == FACE and m not in kept and m.rect.width < LEAST_FACE]
    favoured = tuple(m for m in marks if m.kind in (FACE, TEXT) and m not in kept + small)
    try:
        return _Plan(bpp, favoured, Keeping.of(rgb, kept + small))
    except KeepingError:
        return _Plan(bpp, favoured, Keeping.of(rgb, kept))


def _must_be_kept(mark: Mark) -> bool:
    if mark.kind == FACE:
        return is_face_to_know(mark) and mark.rect.width < LARGE_FACE
    if mark.kind == TEXT:
        return min(mark.rect.height, mark.rect.width) < LARGE_TEXT
    return mark.kind in (CODE, LOGO)


def _first_bpp(quality: float) -> float:
    bpp = _START_BPP * math.exp((_START_QUALITY - quality) / _LPIPS_PER_E)
    return min(max(bpp, _LEAST_BPP), MAX_BPP)


def _next_plan(plan: _Plan, verdict: Verdict, settings: Settings, rgb: Picture) -> _Plan | None:
    """What to send after a verdict with a problem; None where nothing more can help."""
    bpp, keeping = plan.bpp, plan.keeping
    lost = [mark for mark in verdict.lost if mark not in keeping.marks]
    if lost:
        keeping = keeping.with_more(rgb, lost)
    elif verdict.lost:
        keeping = keeping.finer(rgb)
    excess = verdict.lpips - settings.quality
    if excess > 0 or verdict.colour > MAX_COLOUR or verdict.invented:
        bpp *= max(_LEAST_RAISE, math.exp(excess / _LPIPS_PER_E))
        bpp = min(bpp, max(MAX_BPP, plan.bpp))
    favoured = tuple(mark for mark in plan.favoured if mark not in keeping.marks)
    following = _Plan(bpp, favoured, keeping)
    return following if following != plan else None


def _encode(encoder: PictureEncoder, rgb: Picture, plan: _Plan, seed: int | None) -> bytes:
    # kept pixels come on top of the rate: they must not starve the rest of the picture
    bpp = plan.bpp + 8 * len(plan.keeping.section) / (rgb.shape[0] * rgb.shape[1])
    favour = [_with_margin(mark.rect) for mark in plan.favoured]
    return encoder.encode(bpp, seed=seed, keep=plan.keeping.section, favour=favour)


def _with_margin(rect: Rect) -> Rect:
    """A box ends at the chin, and a face is seen with what is just around it."""
    across, down = rect.width // 10, rect.height // 10
    return Rect(
        rect.left - across, rect.top - down, rect.width + 2 * across, rect.height + 2 * down
    )
