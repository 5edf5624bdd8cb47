"""A picture's latents section: analysed once at a coded size, then coded to fit a budget."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exporter.gain import Ladder, Quality, favoured_cells
from plic_web.engine import Pack
from plic_web.engine.conditions import MAX_CODED_SIDE, MULTIPLE, pad, to_signed
from plic_web.engine.quantiser import LEVELS, quality_map, spread
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


def encode_to_budget(
    rgb: Picture,
    base: bytes,
    pack: Pack,
    budget: int,
    favour: Sequence[Rect] = (),
    favour_levels: int = 0,
) -> bytes:
    """The finest latents section of at most ``budget`` bytes, or the smallest there is.

    The largest coded size whose lowest rung fits is taken; bisection finds the highest rung
    that does (bytes grow with the rung, but for a few). ``favour`` and ``favour_levels`` are
    ``encode_picture``'s.
    """
    height, width = rgb.shape[:2]
    largest = 16 * MAX_CODED_SIDE // max(width, height)
    section = b""
    for scale in (s for s in SCALES if s <= max(largest, SCALES[-1])):
        analysis = analyse_latents(rgb, base, pack, scale)
        ladder = Ladder(favoured_cells(favour, width, height, scale), favour_levels)
        encode = functools.partial(_encode_rung, analysis, pack, ladder)
        # Rungs below level 0 are for where no level fits.
        for low, beyond, step in ((0, LEVELS, 1), (ladder.lowest, 0, ladder.step)):
            section = encode(low)
            if len(section) <= budget:
                return _finest(encode, budget, section, low, beyond, step)
    return section


def _encode_rung(analysis: Analysis, pack: Pack, ladder: Ladder, rung: float) -> bytes:
    return encode_at(analysis, pack, ladder.quality(rung))


def _finest(
    encode: Callable[[float], bytes],
    budget: int,
    best: bytes,
    low: float,
    beyond: float,
    step: float,
) -> bytes:
    """The section of the highest rung that fits: ``best`` is that of ``low``, which does."""
    while beyond - low > step:
        middle = (low + beyond) / 2
        section = encode(middle)
        if len(section) <= budget:
            best, low = section, middle
        else:
            beyond = middle
    return best
