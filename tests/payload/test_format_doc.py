"""The normative text names the numbers that the code uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plic_web.payload import SectionKind, base, container, edges, keep, keep_blocks, text
from plic_web.payload import coder as range_coder
from plic_web.payload import latent_walk as latents

FORMAT = (Path(__file__).parents[2] / "docs" / "format.md").read_text()
LIMITS = dict(re.findall(r"^\| ([a-z ,]+?) \| ([^|]+?) \|$", FORMAT.split("## 9.")[1], re.M))


def numbers(limit: str) -> list[int]:
    plain = re.sub(r"(?<=\d) (?=\d{3})", "", LIMITS[limit])
    return [2 ** int(p) if p else int(n) for p, n in re.findall(r"2\^(\d+)|(\d+)", plain)]


@pytest.mark.parametrize(
    ("limit", "values"),
    [
        ("payload", [container.MAX_PAYLOAD]),
        ("side, area", [container.MAX_SIDE, container.MAX_PIXELS]),
        ("sections", [container.MAX_SECTIONS]),
        ("base grid", [base.GRID_CELLS, base.MAX_GRID_SIDE]),
        ("edge map", [edges.MAX_SAMPLES]),
        ("latents", [latents.MAX_WORK, latents.WORK_PER_BYTE, latents.MAX_MAGNITUDE]),
        (
            "keep",
            [keep.MAX_RECTANGLES, keep.MAX_PIXELS, keep.MAX_COVERS, keep_blocks.MAX_WORK],
        ),
        ("text", [text.MAX_CHARACTERS]),
        ("zero bytes read beyond a section", [range_coder.MAX_OVERRUN]),
    ],
)
def test_limits(limit, values):
    assert numbers(limit) == values


def test_every_limit_of_the_text_is_checked_above():
    assert len(LIMITS) == 9 + 1  # and the table's heading


@pytest.mark.parametrize("kind", SectionKind)
def test_section_numbers(kind):
    assert re.search(rf"\| {kind.value} \| {kind.name.lower()} \|", FORMAT)
    assert f"(kind {kind.value})" in FORMAT
