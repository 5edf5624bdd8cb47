"""Why a picture becomes what it becomes: its analysis, each attempt of the gate, the decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exporter.attempts import Attempt
from exporter.conventional import RecompressTask, recompress
from exporter.pack_codec import PackCodec
from exporter.payloads import hindrance
from exporter.pictures import PictureError, open_picture
from exporter.policy import Decision, Facts, decide, inspect
from exporter.settings import Settings, Wish

Picture = NDArray[np.uint8]


@dataclass
class Explanation:
    """What an export does with one picture file.

    Attributes:
        original: its pixels; None where it cannot be decoded.
        decision: after the gate.
        bytes: of the file that would travel.
        attempts: of the gate, with what an edge would have shown.
    """

    path: Path
    facts: Facts
    original: Picture | None
    decision: Decision
    bytes: int
    attempts: list[tuple[Attempt, Picture]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """All but the pictures, as plain JSON values."""
        facts = self.facts.to_json()
        del facts["signature"]
        return {
            "picture": str(self.path),
            "facts": facts,
            "attempts": [attempt.to_json() for attempt, _ in self.attempts],
            "decision": self.decision.action,
            "reason": self.decision.reason,
            "bytes": self.bytes,
        }


def explain(path: Path, settings: Settings, wish: Wish) -> Explanation:
    """Analyse, decide and encode as an export would, and keep all that was seen on the way.

    Args:
        settings, wish: what an export would be asked for.

    Raises:
        OSError: the file cannot be read.
        EngineError: the lite pack is damaged.
    """
    facts = inspect(path)
    decision = decide(path.name, facts, wish)
    try:
        rgb = open_picture(path).rgb()
    except PictureError:
        return Explanation(path, facts, None, decision, facts.size)
    found = Explanation(path, facts, rgb, decision, facts.size)
    if decision.action == "payload":
        codec = PackCodec(asked=settings)
        watch = found.attempts.append
        choice = codec.choose(rgb, facts.marks, wish, lambda *attempt: watch(attempt))
        found.bytes = len(choice.payload)
        if problem := hindrance(choice, facts.size):
            found.decision = Decision("webp", problem)
    if found.decision.action == "webp":
        task = RecompressTask(path, facts.size, found.decision.exact, facts.marks)
        data = recompress(task)
        found.bytes = len(data) if data else facts.size
        if data is None:
            reason = f"{found.decision.reason}; a WebP would save too little or lose what must stay"
            found.decision = Decision("leave", reason)
    return found
