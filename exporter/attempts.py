"""What the gate saw: each payload that was tried for a picture, with its scores."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Attempt:
    """One payload that was made and reconstructed.

    Attributes:
        how: what was sent, such as "0.030 bits per pixel, faces favoured".
        bytes: of the whole payload.
        lpips: AlexNet, whole picture.
        colour: mean CIELAB distance of 16-pixel blocks.
        faces, words, codes, logos: (found again in their places, of so many in the original).
        problem: why it may not ship, or "".
    """

    how: str
    bytes: int
    lpips: float
    colour: float
    faces: tuple[int, int] = (0, 0)
    words: tuple[int, int] = (0, 0)
    codes: tuple[int, int] = (0, 0)
    logos: tuple[int, int] = (0, 0)
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, what `Attempt.from_json` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Attempt:
        pairs = {name: tuple(value[name]) for name in ("faces", "words", "codes", "logos")}
        return cls(**{**value, **pairs})
