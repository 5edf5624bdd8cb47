"""``encode_picture()``: a picture and a pack in, the bytes of a payload out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exporter.edges import canny_map
from exporter.gain import DEFAULT_AHEAD, MAX_AHEAD
from exporter.latents import encode_to_budget
from exporter.plain import room_for, unsaid_share
from exporter.profiles import PROFILES, SECTIONS, needs_text
from plic_web.engine import Pack
from plic_web.payload import Payload, Section, SectionKind
from plic_web.payload.base import encode_base
from plic_web.payload.edges import encode_edges
from plic_web.payload.keep import Rect, encode_keep
from plic_web.payload.seed import encode_seed
from plic_web.payload.text import encode_text
from plic_web.payload.varint import write_varint

DEFAULT_BPP = 0.03

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
    favour: Sequence[Rect] = (),
    favour_levels: int = DEFAULT_AHEAD,
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
            A picture with large plain areas takes less, a plain one its base alone.
            ``None``: 0.03 for ``spr``; the other profiles are as large as their sections are.
        text: a prompt to send along, at most 240 characters; ``pic`` and ``pics`` need one.
        seed: of the noise; ``None`` sends none, which means 0.
        keep: rectangles whose pixels are sent; they count towards ``bpp``.
        keep_quality: of those pixels, 1 to 100.
        favour: rectangles whose latents get a higher quality than the rest at the same
            ``bpp``, in pixels; they may reach past the border. Only ``spr`` heeds them.
        favour_levels: how much higher, 0 to 15 levels of quality.

    Raises:
        PayloadError: the picture is outside the format's limits, the text too long, or a
            rectangle outside the picture.
        ValueError: an unknown profile, bpp not above 0, favour_levels out of range, or a
            profile without its text.
    """
    if profile not in PROFILES:
        raise ValueError(f"profile: expected one of {', '.join(PROFILES)}, got {profile!r}")
    if bpp is not None and not bpp > 0:
        raise ValueError(f"bpp: expected a number above 0, got {bpp}")
    if not 0 <= favour_levels <= MAX_AHEAD:
        raise ValueError(f"favour_levels: expected 0 to {MAX_AHEAD}, got {favour_levels}")
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
        base = sections[SectionKind.BASE]
        share = unsaid_share(rgb, base)
        if share > 0:
            room = _room(rgb, sections, bpp or DEFAULT_BPP, share)
            latents = encode_to_budget(rgb, base, pack, room, favour, favour_levels)
            sections[SectionKind.LATENTS] = latents
    return _file(width, height, sections)


def _room(rgb: Picture, sections: dict[SectionKind, bytes], bpp: float, share_unsaid: float) -> int:
    """Bytes that the latents may take beside the other sections."""
    height, width = rgb.shape[:2]
    budget = int(bpp * width * height / 8)
    room = budget - len(_file(width, height, {**sections, SectionKind.LATENTS: b""}))
    # An empty section's length takes one byte in the directory, this one's two or three.
    room -= len(write_varint(max(0, room) << 4)) - 1
    return min(room, room_for(share_unsaid, budget))


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
