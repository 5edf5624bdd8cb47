"""The `srcset` attribute: its candidates and where their addresses stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPACE = " \t\n\r\f"
_ADDRESS = re.compile(r"[^ \t\n\r\f]+")


@dataclass(frozen=True)
class Candidate:
    """One candidate: its address is `srcset[start:end]`; descriptor such as "400w", or ""."""

    start: int
    end: int
    descriptor: str


def parse_srcset(srcset: str) -> list[Candidate]:
    """Split a srcset as browsers do (HTML standard, "parse a srcset attribute")."""
    candidates: list[Candidate] = []
    position = 0
    while True:
        while position < len(srcset) and srcset[position] in _SPACE + ",":
            position += 1
        match = _ADDRESS.match(srcset, position)
        if not match:
            return candidates
        address = match[0].rstrip(",")
        start, end, position = position, position + len(address), match.end()
        descriptor = ""
        if len(address) == len(match[0]):
            after = _descriptor_end(srcset, position)
            descriptor = srcset[position:after].strip(_SPACE)
            position = after
        candidates.append(Candidate(start, end, descriptor))


def _descriptor_end(srcset: str, at: int) -> int:
    """The comma that ends a candidate; commas in parentheses do not."""
    inside = False
    for position in range(at, len(srcset)):
        character = srcset[position]
        if character == "," and not inside:
            return position
        inside = character == "(" or (inside and character != ")")
    return len(srcset)


def width_descriptor(descriptor: str) -> float:
    """A number that orders candidates by size: pixels of "400w", ratio of "2x", else 1."""
    match = re.fullmatch(r"([0-9.]+)[wx]", descriptor)
    try:
        return float(match[1]) if match else 1.0
    except ValueError:
        return 1.0
