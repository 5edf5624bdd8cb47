"""A picture's latents section: analysed once at a coded size, then coded to fit a budget."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exporter.budget import finest
from exporter.gain import Ladder, Quality, favoured_cells
from plic_web.engine import Pack
from plic_web.engine.conditions import MAX_CODED_SIDE, MULTIPLE, pad, to_signed
from plic_web.engine.quantiser import quality_map, spread
from plic_web.payload.base import decode_base
from plic_web.payload.keep import Rect
from plic_web.payload.latents import Latents, coded_size, encode_latents
from plic_web.payload.resample import upsample

# Where even the ladder's lowest rung is over budget, smaller coded sizes are tried, in
# sixteenths (docs/packs.md tells what each costs).
SCALES = (16, 12, 8, 6, 4)

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Analysis:
    """Real-valued latents of one picture at one coded size, ready to be quantised at any rate."""

    scale: int
    y32: NDArray[np.float32]
    y16: NDArray[np.float32]


def analyse_latents(rgb: Picture, base: bytes, pack: Pack, scale: int) -> Analysis:
    """Run the pack's encoder on the picture at ``scale`` sixteenths of its size."""
    height, width = rgb.shape[:2]
    coded_width, coded_height = coded_size(width, height, scale)
    if (coded_width, coded_height) != (width, height):
        size = (coded_width, coded_height)
        rgb = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))
    columns, rows = -(-coded_width // MULTIPLE), -(-coded_height // MULTIPLE)
    picture = pad(rgb, MULTIPLE * columns, MULTIPLE * rows)
    quarter = upsample(
        decode_base(base, width, height), -(-coded_width // 4), -(-coded_height // 4)
    )
    inputs = {"picture": picture, "base": pad(quarter, 8 * columns, 8 * rows)}
    latents = pack.encoder.run(**{name: to_signed(a)[None] for name, a in inputs.items()})
    return Analysis(scale, latents["y32"][0], latents["y16"][0])


def encode_at(analysis: Analysis, pack: Pack, quality: Quality) -> bytes:
    """The latents section of an analysed picture."""
    shape = analysis.y16.shape[1:]
    k32, k16 = pack.quantiser.quantise(
        analysis.y32,
        analysis.y16,
        quality_map(quality.q, quality.gain_map, *shape),
        spread(quality.thresholds, *shape),
    )
    latents = Latents(analysis.scale, quality.q, quality.gain_map, k32, k16)
    return encode_latents(latents, pack.tables)


class LatentsEncoder:
    """Codes one picture at many rates: the pack's encoder runs once for each coded size."""

    def __init__(self, rgb: Picture, base: bytes, pack: Pack) -> None:
        """``base`` is the base section of ``rgb`` uint8 [H, W, 3]."""
        self._rgb, self._base, self._pack = rgb, base, pack
        self._analyses: dict[int, Analysis] = {}

    def encode(self, budget: int, favour: Sequence[Rect] = (), favour_levels: int = 0) -> bytes:
        """The finest latents section of at most ``budget`` bytes, or the smallest there is.

        The largest coded size whose lowest rung fits is taken, and of its rungs the highest that
        fits, or one below it that leaves at most a twenty-fifth of the budget. ``favour`` and
        ``favour_levels`` are ``encode_picture``'s.
        """
        height, width = self._rgb.shape[:2]
        largest = 16 * MAX_CODED_SIDE // max(width, height)
        section = b""
        for scale in (s for s in SCALES if s <= max(largest, SCALES[-1])):
            ladder = Ladder(favoured_cells(favour, width, height, scale), favour_levels)
            encode = functools.partial(self._encode_rung, self._analysis(scale), ladder)
            coded_width, coded_height = coded_size(width, height, scale)
            section = finest(encode, budget, ladder, coded_width * coded_height)
            if len(section) <= budget:
                break
        return section

    def _analysis(self, scale: int) -> Analysis:
        if scale not in self._analyses:
            self._analyses[scale] = analyse_latents(self._rgb, self._base, self._pack, scale)
        return self._analyses[scale]

    def _encode_rung(self, analysis: Analysis, ladder: Ladder, rung: float) -> bytes:
        return encode_at(analysis, self._pack, ladder.quality(rung))
