"""``encode_picture()``: a picture and a pack in, the bytes of a payload out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exporter.edges import canny_map
from exporter.gain import DEFAULT_AHEAD, MAX_AHEAD
from exporter.latents import LatentsEncoder
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
    encoder = PictureEncoder(rgb, pack, profile=profile, text=text)
    return encoder.encode(
        bpp,
        seed=seed,
        keep=encode_keep(rgb, keep, quality=keep_quality) if keep else b"",
        favour=favour,
        favour_levels=favour_levels,
    )


class PictureEncoder:
    """Encodes one picture as often as asked; what does not change is worked out once."""

    def __init__(
        self, rgb: Picture, pack: Pack, *, profile: str = "auto", text: str | None = None
    ) -> None:
        """Arguments and errors are ``encode_picture``'s."""
        if profile not in PROFILES:
            raise ValueError(f"profile: expected one of {', '.join(PROFILES)}, got {profile!r}")
        if needs_text(profile) and not text:
            raise ValueError(f"profile {profile}: needs a text")
        if profile == "auto":
            profile = "spr" if "latents" in pack.conditions else "plic"
        self._height, self._width = rgb.shape[:2]
        self._sections: dict[SectionKind, bytes] = {}
        if text:
            self._sections[SectionKind.TEXT] = encode_text(text)
        wanted = SECTIONS[profile]
        if SectionKind.BASE in wanted:
            self._sections[SectionKind.BASE] = encode_base(rgb)
        if SectionKind.EDGES in wanted:
            self._sections[SectionKind.EDGES] = encode_edges(canny_map(rgb))
        self._unsaid = 0.0
        if SectionKind.LATENTS in wanted:
            base = self._sections[SectionKind.BASE]
            self._unsaid = unsaid_share(rgb, base)
            self._latents = LatentsEncoder(rgb, base, pack)

    @property
    def is_plain(self) -> bool:
        """True if no rate says more than the base does."""
        return self._unsaid == 0

    def encode(
        self,
        bpp: float | None = None,
        *,
        seed: int | None = None,
        keep: bytes = b"",
        favour: Sequence[Rect] = (),
        favour_levels: int = DEFAULT_AHEAD,
    ) -> bytes:
        """The payload at a rate; as in ``encode_picture``, but ``keep`` is a whole section."""
        if bpp is not None and not bpp > 0:
            raise ValueError(f"bpp: expected a number above 0, got {bpp}")
        if not 0 <= favour_levels <= MAX_AHEAD:
            raise ValueError(f"favour_levels: expected 0 to {MAX_AHEAD}, got {favour_levels}")
        sections = dict(self._sections)
        if keep:
            sections[SectionKind.KEEP] = keep
        if seed is not None:
            sections[SectionKind.SEED] = encode_seed(seed)
        if not self.is_plain:
            room = self._room(sections, bpp or DEFAULT_BPP)
            sections[SectionKind.LATENTS] = self._latents.encode(room, favour, favour_levels)
        return self._file(sections)

    def _room(self, sections: dict[SectionKind, bytes], bpp: float) -> int:
        """Bytes that the latents may take beside the other sections."""
        budget = int(bpp * self._width * self._height / 8)
        room = budget - len(self._file({**sections, SectionKind.LATENTS: b""}))
        # An empty section's length takes one byte in the directory, this one's two or three.
        room -= len(write_varint(max(0, room) << 4)) - 1
        return min(room, room_for(self._unsaid, budget))

    def _file(self, sections: dict[SectionKind, bytes]) -> bytes:
        ascending = tuple(Section(kind, sections[kind]) for kind in sorted(sections))
        return Payload(self._width, self._height, ascending).to_bytes()
