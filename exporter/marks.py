"""What stands in a picture that a reconstruction must not invent, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plic_web.payload.keep import Rect

FACE, TEXT, CODE, LOGO, SUBJECT = "face", "text", "code", "logo", "subject"


@dataclass(frozen=True)
class Mark:
    """One place that a detector found.

    Attributes:
        kind: "face", "text" (a line of it), "code" (a QR or bar code), "logo" (a flat,
            sharp-edged drawing inside a photo) or "subject" (what the eye goes to first).
        rect: in pixels of the picture, inside it.
        score: the detector's own certainty, 0 to 1.
        text: what was read, for "text" and "code".
    """

    kind: str
    rect: Rect
    score: float = 1.0
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, what `Mark.from_json` takes."""
        box = [self.rect.left, self.rect.top, self.rect.width, self.rect.height]
        return {"kind": self.kind, "rect": box, "score": self.score, "text": self.text}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Mark:
        return cls(value["kind"], Rect(*value["rect"]), value["score"], value["text"])


_ONE_AND_MORE = {
    FACE: ("face", "faces"),
    TEXT: ("line of text", "lines of text"),
    CODE: ("code", "codes"),
    LOGO: ("logo", "logos"),
    SUBJECT: ("subject", "subjects"),
}


def count_kinds(marks: Sequence[Mark]) -> str:
    """How many marks there are of each kind, such as "2 faces, 1 code"; "" for none."""
    counts = Counter(mark.kind for mark in marks)
    return ", ".join(f"{n} {_ONE_AND_MORE[kind][n > 1]}" for kind, n in counts.items())
