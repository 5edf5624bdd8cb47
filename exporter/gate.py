"""The gate: a payload ships only after its reconstruction was compared with the original.

Each attempt is encoded, reconstructed with the pack that the edges use, and judged. What a
failed attempt lost decides the next one: too far from the original, and it gets more bits; a
face or a line of text that did not survive, and its own pixels are kept. After a few attempts,
or when the kept pixels would be too many, the picture goes to a conventional codec.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from exporter.attempts import Attempt
from exporter.encode import PictureEncoder
from exporter.judge import Judge, Verdict
from exporter.keeping import KeepingError
from exporter.marks import CODE, FACE, LOGO, TEXT, Mark
from exporter.sending import MAX_COLOUR, Sending
from exporter.settings import Settings

Picture = NDArray[np.uint8]

MAX_ATTEMPTS = 6

Seen = Callable[[Attempt, Picture], None]
"""Is told of an attempt and its reconstruction."""


def unseen(attempt: Attempt, shown: Picture) -> None:
    """The `Seen` of whoever does not watch."""


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
        sending = Sending.first(rgb, marks, settings)
    except KeepingError as error:
        return Choice(b"", problem=str(error))
    if not settings.gate:
        return Choice(sending.encode(encoder, rgb, None))
    trial = _Trial(rgb, encoder, reconstruct, Judge(rgb, marks), settings, seen)
    for _ in range(MAX_ATTEMPTS):
        verdict = trial.make(sending)
        if verdict is None:
            break
        if not trial.attempts[-1].problem:
            return trial.best_seed(sending)
        try:
            following = sending.following(verdict, settings, rgb)
        except KeepingError as error:
            return trial.refused(str(error))
        if following is None:
            break
        sending = following
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

    def make(self, sending: Sending, seed: int | None = None) -> Verdict | None:
        """Encode, reconstruct and judge one payload, which becomes the last attempt.

        None where it is the last one's again, as of a plain picture at any rate.
        """
        data = sending.encode(self.encoder, self.rgb, seed)
        if data == self.payload:
            return None
        self.payload = data
        self.shown = self.reconstruct(self.payload)
        verdict = self.judge.compare(self.shown)
        attempt = Attempt(
            how=sending.describe() + ("" if seed is None else f", seed {seed}"),
            bytes=len(self.payload),
            lpips=verdict.lpips,
            colour=verdict.colour,
            faces=verdict.found(FACE),
            words=verdict.found(TEXT),
            codes=verdict.found(CODE),
            logos=verdict.found(LOGO),
            problem=problem_of(verdict, self.settings.quality),
        )
        self.attempts.append(attempt)
        self.seen(attempt, self.shown)
        return verdict

    def best_seed(self, sending: Sending) -> Choice:
        """The last attempt, or a better one with another seed; seed 0 needs no bytes."""
        best = Choice(self.payload, self.shown)
        lead = self.attempts.pop()
        for seed in range(1, self.settings.tries):
            self.make(sending, seed)
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
    """Why a reconstruction may not ship, or "".

    Args:
        quality: the largest LPIPS.
    """
    problems = []
    for kind, name in ((FACE, "faces"), (TEXT, "lines of text"), (CODE, "codes"), (LOGO, "logos")):
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
