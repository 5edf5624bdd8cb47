"""Quality by place: favoured rectangles, faces above all, stand higher on the ladder of rates.

The idea is PLIC's, whose saliency masks say where fidelity matters most; the means is the gain
map of the latents: a learned gain for each quality, at each place (G-VAE, arXiv 2003.02012).

A **rung** of the ladder is one quality. Rungs 0 to 63 are the format's levels q. Below 0 the
level stays 0 and more and more small latents are silenced, down to -32. Favoured cells stand
some rungs above all others, so where bytes are few the background gives way first; once it is
on the lowest rung, the favoured cells come down to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plic_web.payload.keep import Rect
from plic_web.payload.latent_tables import Q_LEVELS
from plic_web.payload.latent_walk import MAX_GAIN, MIN_GAIN
from plic_web.payload.latents import coded_size, latent_shape

CELL = 64  # pixels of the coded picture
MAX_AHEAD = MAX_GAIN - MIN_GAIN
"""So many levels a gain map can tell apart."""
DEFAULT_AHEAD = 8
"""Measured in docs/codecs.md: more costs the background more than it gives a face."""

SILENCINGS = 32  # rungs below level 0
FINE_STEP = 1 / 8
# Above a half, so that a value that costs more than it tells becomes zero.
ROUNDING_THRESHOLD = 0.55
HIGHEST_THRESHOLD = 1.6

Cells = NDArray[np.bool_]


@dataclass(frozen=True)
class Quality:
    """``q`` 0..63, and for each cell an offset of it (int8, -8..7) and a rounding threshold."""

    q: int
    gain_map: NDArray[np.int8]
    thresholds: NDArray[np.float64]


@dataclass(frozen=True)
class Ladder:
    """The qualities that a section can choose from.

    ``favoured`` bool [rows, columns]: cells of the gain map that stand ``ahead`` rungs, 0 to 15,
    above the others. Where all of them are favoured, or none, none is ahead.
    """

    favoured: Cells
    ahead: int

    @property
    def lowest(self) -> int:
        """The rung of the background where the favoured cells too stand on the lowest, -32."""
        return -SILENCINGS - self._ahead

    @property
    def highest(self) -> int:
        """The rung of the finest level."""
        return Q_LEVELS - 1

    def at_most(self, rung: float) -> float:
        """The nearest rung to take at or below ``rung``, within the ladder."""
        step = self._step(rung)
        return min(max(math.floor(rung / step) * step, self.lowest), self.highest)

    def above(self, rung: float) -> float:
        """The next rung after one to take, past the end after the highest."""
        return rung + self._step(rung)

    def below(self, rung: float) -> float:
        """The rung before one to take, past the end before the lowest."""
        return rung - self._step(rung - FINE_STEP)

    def _step(self, rung: float) -> float:
        """The parts of a rung that a search tells apart.

        Below level 0 one rung is a tenth of the bytes, too much to give away once a map has been
        paid for.
        """
        return FINE_STEP if self._ahead and rung < 0 else 1

    @property
    def _ahead(self) -> int:
        return self.ahead if self.favoured.any() and not self.favoured.all() else 0

    def quality(self, rung: float) -> Quality:
        """The quality whose background stands on ``rung``, ``lowest`` to 63."""
        low, high = max(rung, -SILENCINGS), min(rung + self._ahead, Q_LEVELS - 1)
        background, level = max(0, int(low)), max(0, int(high))
        # The nearest to the background's level from which a gain reaches the favoured one's.
        q = max(background, level - MAX_GAIN)
        return Quality(
            q,
            np.where(self.favoured, level - q, background - q).astype(np.int8),
            np.where(self.favoured, _threshold(high), _threshold(low)),
        )


def _threshold(rung: float) -> float:
    silenced = max(0.0, -rung) / SILENCINGS
    return ROUNDING_THRESHOLD + silenced * (HIGHEST_THRESHOLD - ROUNDING_THRESHOLD)


def favoured_cells(rectangles: Iterable[Rect], width: int, height: int, scale: int) -> Cells:
    """The cells of a gain map that rectangles touch: bool [rows, columns].

    Args:
        rectangles: in pixels of the picture; what lies outside it counts for nothing.
        width, height: of the picture in pixels.
        scale: sixteenths of its size that are coded, 1..16.
    """
    coded_width, coded_height = coded_size(width, height, scale)
    cells = np.zeros(latent_shape(width, height, scale).gains, np.bool_)
    for rect in rectangles:
        rows = _touched(rect.top, rect.height, height, coded_height)
        columns = _touched(rect.left, rect.width, width, coded_width)
        cells[rows, columns] = True
    return cells


def _touched(start: int, length: int, side: int, coded_side: int) -> slice:
    """The cells along one axis in which start..start + length, cut to 0..side, has a part."""
    first, end = max(0, start), min(side, start + length)
    if first >= end:
        return slice(0)
    return slice(first * coded_side // (side * CELL), -(-end * coded_side // (side * CELL)))
