"""Profiles: which sections of a payload say what a picture shows."""

from __future__ import annotations

from plic_web.payload import SectionKind

SECTIONS: dict[str, tuple[SectionKind, ...]] = {
    "spr": (SectionKind.BASE, SectionKind.LATENTS),
    "plic": (SectionKind.BASE, SectionKind.EDGES),
    # What PLIC's study takes away: no colour, and no edges either. Both rest on a prompt.
    "pics": (SectionKind.EDGES, SectionKind.TEXT),
    "pic": (SectionKind.TEXT,),
}
"""Sections that a profile always writes; kept pixels, a text and a seed may join any of them."""

PROFILES = ("auto", *SECTIONS)


def needs_text(profile: str) -> bool:
    """Whether nothing can be encoded without a prompt."""
    return SectionKind.TEXT in SECTIONS.get(profile, ())
