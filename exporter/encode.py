"""``encode_picture()``: a picture and a pack in, the bytes of a payload out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exporter.edges import canny_map
from exporter.profiles import PROFILES, SECTIONS, needs_text
from plic_web.engine import Pack
from plic_web.engine.conditions import MAX_CODED_SIDE, MULTIPLE, pad, to_signed
from plic_web.engine.quantiser import LEVELS, quality_map
from plic_web.payload import Payload, Section, SectionKind
from plic_web.payload.base import decode_base, encode_base
from plic_web.payload.edges import encode_edges
from plic_web.payload.keep import Rect, encode_keep
from plic_web.payload.latents import Latents, coded_size, encode_latents
from plic_web.payload.resample import upsample
from plic_web.payload.seed import encode_seed
from plic_web.payload.text import encode_text
from plic_web.payload.varint import write_varint

DEFAULT_BPP = 0.03
# Above a half, so that a value that costs more than it tells becomes zero.
ROUNDING_THRESHOLD = 0.55
# When even the coarsest level is over budget: up to this threshold more of it is silenced, and
# after that smaller coded sizes are tried, in sixteenths (docs/packs.md tells what each costs).
HIGHEST_THRESHOLD = 1.6
THRESHOLD_HALVINGS = 5
SCALES = (16, 12, 8, 6, 4)

Picture = NDArray[np.uint8]


def encode_picture(
    rgb: Picture,
    *,
    pack: Pack,
    profile: str = "auto",
    bpp: float | None = None,
    text: str | None = None,
    seed: int | None = None,
    keep: Sequence[Rect] = (),
    keep_quality: int = 80,
) -> bytes:
    """Encode one picture.

    Args:
        rgb: uint8 [H, W, 3], at most 4096 a side and 16 megapixels.
        pack: the pack that will reconstruct it.
        profile: ``spr`` (base and latents), ``plic`` (base and edges), ``pics`` (edges and
            text), ``pic`` (text alone), or ``auto``, which is ``spr`` where the pack has latents
            and ``plic`` otherwise.
        bpp: bits per pixel of the whole file, header and checksum included. The result is
            the best quality that fits, or the smallest that can be made where nothing does.
            ``None``: 0.03 for ``spr``; the other profiles are as large as their sections are.
        text: a prompt to send along, at most 240 characters; ``pic`` and ``pics`` need one.
        seed: of the noise; ``None`` sends none, which means 0.
        keep: rectangles whose pixels are sent; they count towards ``bpp``.
        keep_quality: of those pixels, 1 to 100.

    Raises:
        PayloadError: the picture is outside the format's limits, the text too long, or a
            rectangle outside the picture.
        ValueError: an unknown profile, bpp not above 0, or a profile without its text.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile: expected one of {', '.join(PROFILES)}, got {profile!r}")
    if bpp is not None and not bpp > 0:
        raise ValueError(f"bpp: expected a number above 0, got {bpp}")
    if needs_text(profile) and not text:
        raise ValueError(f"profile {profile}: needs a text")
    if profile == "auto":
        profile = "spr" if "latents" in pack.conditions else "plic"
    height, width = rgb.shape[:2]
    wanted = SECTIONS[profile]
    sections = _extras(text, seed)
    if keep:
        sections[SectionKind.KEEP] = encode_keep(rgb, keep, quality=keep_quality)
    if SectionKind.BASE in wanted:
        sections[SectionKind.BASE] = encode_base(rgb)
    if SectionKind.EDGES in wanted:
        sections[SectionKind.EDGES] = encode_edges(canny_map(rgb))
    if SectionKind.LATENTS in wanted:
        budget = int((bpp or DEFAULT_BPP) * width * height / 8)
        room = budget - len(_file(width, height, {**sections, SectionKind.LATENTS: b""}))
        # An empty section's length takes one byte in the directory, this one's two or three.
        room -= len(write_varint(max(0, room) << 4)) - 1
        latents = encode_to_budget(rgb, sections[SectionKind.BASE], pack, room)
        sections[SectionKind.LATENTS] = latents
    return _file(width, height, sections)


def _extras(text: str | None, seed: int | None) -> dict[SectionKind, bytes]:
    extras = {}
    if text:
        extras[SectionKind.TEXT] = encode_text(text)
    if seed is not None:
        extras[SectionKind.SEED] = encode_seed(seed)
    return extras


def _file(width: int, height: int, sections: dict[SectionKind, bytes]) -> bytes:
    ascending = tuple(Section(kind, sections[kind]) for kind in sorted(sections))
    return Payload(width, height, ascending).to_bytes()


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


def encode_at_level(
    analysis: Analysis, pack: Pack, q: int, threshold: float = ROUNDING_THRESHOLD
) -> bytes:
    """The latents section of an analysed picture at quality level 0..63."""
    u16 = quality_map(q, None, *analysis.y16.shape[1:])
    k32, k16 = pack.quantiser.quantise(analysis.y32, analysis.y16, u16, threshold)
    latents = Latents(scale=analysis.scale, q=q, gain_map=None, y32=k32, y16=k16)
    return encode_latents(latents, pack.tables)


def encode_to_budget(rgb: Picture, base: bytes, pack: Pack, budget: int) -> bytes:
    """The finest latents section of at most ``budget`` bytes, or the smallest there is.

    The largest coded size whose coarsest level fits is taken, with a higher threshold where it
    must be; else the level is found by bisection (bytes grow with the level, but for a few).
    """
    largest = 16 * MAX_CODED_SIDE // max(rgb.shape[:2])
    section = b""
    for scale in (s for s in SCALES if s <= max(largest, SCALES[-1])):
        analysis = analyse_latents(rgb, base, pack, scale)
        section = encode_at_level(analysis, pack, 0)
        if len(section) <= budget:
            return _finest(analysis, pack, budget, section)
        section = encode_at_level(analysis, pack, 0, HIGHEST_THRESHOLD)
        if len(section) <= budget:
            return _least_silenced(analysis, pack, budget, section)
    return section


def _least_silenced(analysis: Analysis, pack: Pack, budget: int, emptiest: bytes) -> bytes:
    best, low, high = emptiest, ROUNDING_THRESHOLD, HIGHEST_THRESHOLD
    for _ in range(THRESHOLD_HALVINGS):
        middle = (low + high) / 2
        section = encode_at_level(analysis, pack, 0, middle)
        if len(section) <= budget:
            best, high = section, middle
        else:
            low = middle
    return best


def _finest(analysis: Analysis, pack: Pack, budget: int, coarsest: bytes) -> bytes:
    best, low, high = coarsest, 0, LEVELS
    while high - low > 1:
        middle = (low + high) // 2
        section = encode_at_level(analysis, pack, middle)
        if len(section) <= budget:
            best, low = section, middle
        else:
            high = middle
    return best
