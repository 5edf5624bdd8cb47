"""The search for the finest section that fits a budget, in as few encodings as can be."""

from __future__ import annotations

import math
from collections.abc import Callable

from exporter.gain import Ladder

# A section that leaves no more of its budget unused is taken: the next rung is 3 to 8 % larger.
ENOUGH = 0.96
# Where the search begins, measured on photos: so many bits per coded pixel on this rung, and so
# much more on each rung above it, as a natural logarithm.
_TYPICAL_RUNG, _TYPICAL_BPP, _GROWTH = 28, 0.043, 0.055
# From then on halves: a size that does not grow with the rung must not spoil the search.
_INTERPOLATIONS = 4


def finest(encode: Callable[[float], bytes], budget: int, ladder: Ladder, pixels: int) -> bytes:
    """The section of about the highest rung that fits ``budget`` bytes, else of the lowest rung.

    Sizes grow nearly exponentially with the rung, so their logarithms are interpolated between
    the nearest rungs tried on either side (regula falsi).

    Args:
        encode: the section on a rung.
        pixels: that are coded, for a first guess.
    """
    target = math.log(max(budget, 1))
    typical = math.log(_TYPICAL_BPP * pixels / 8)
    rung = ladder.at_most(_TYPICAL_RUNG + (target - typical) / _GROWTH)
    fitting: tuple[float, float] | None = None  # rung and logarithm of the size
    over: tuple[float, float] | None = None
    best = b""
    tried = 0
    while True:
        section = encode(rung)
        tried += 1
        size = math.log(max(len(section), 1))
        if len(section) <= budget:
            best, fitting = section, (rung, size)
            if len(section) >= ENOUGH * budget or rung == ladder.highest:
                return best
        elif rung == ladder.lowest:
            return section
        else:
            over = (rung, size)
        least = ladder.above(fitting[0]) if fitting else ladder.lowest
        most = ladder.below(over[0]) if over else ladder.highest
        if least > most:
            return best
        if tried > _INTERPOLATIONS:
            guess = (least + most) / 2
        else:
            guess = _interpolate(target, fitting, over)
        rung = min(max(ladder.at_most(guess), least), most)


def _interpolate(
    target: float, fitting: tuple[float, float] | None, over: tuple[float, float] | None
) -> float:
    """The rung whose logarithmic size should be ``target``; one of the two points is known."""
    if fitting and over and over[1] > fitting[1]:
        growth = (over[1] - fitting[1]) / (over[0] - fitting[0])
    else:
        growth = _GROWTH
    rung, size = fitting or over or (0.0, target)
    return rung + (target - size) / growth
