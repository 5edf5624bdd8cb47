"""The report: every picture beside what became of it, and the bytes of each hop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from exporter.convert import Converted, Picture
from exporter.figures import Hops, SiteFigures
from exporter.folder import PLIC
from exporter.plan import Plan
from plic_web.payload import Payload

_TEMPLATES = Path(__file__).parent / "templates"


def render_report(
    plan: Plan, converted: Converted, figures: SiteFigures, pack: str
) -> dict[str, bytes]:
    """The report's files, by name below `_plic/`; its pictures are there already."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"bytes": readable_bytes, "share": share}
    page = environment.get_template("report.html").render(
        pack=pack,
        total=figures.total,
        pages=[
            (path, _page_address(path), hops)
            for path, hops in sorted(figures.pages.items())
            if hops.to_edge != hops.before
        ],
        pictures=[
            _picture_row(plan, converted, picture)
            for picture in sorted(converted.pictures.values(), key=lambda found: found.original)
        ],
        conventional=[
            _conventional_row(plan, converted, path)
            for path in sorted(plan.facts)
            if path not in converted.replaced.payloads
        ],
        left_alone=sorted(plan.left_alone),
        refused=sorted(plan.site.refused.items()),
    )
    return {
        "report.html": page.encode("utf-8", "replace"),
        "report/report.css": (_TEMPLATES / "report.css").read_bytes(),
    }


def _picture_row(plan: Plan, converted: Converted, picture: Picture) -> dict[str, Any]:
    payload = Payload.parse(picture.payload)
    base = f"report/{picture.digest}-base.webp"
    widest = max(picture.sizes)
    return {
        "original": picture.original,
        "original_address": _page_address(picture.original),
        "edge_address": f"{picture.digest}/{widest}.webp",
        "base": base if base in converted.files else "",
        "reconstruction": f"report/{picture.digest}.webp",
        "width": payload.width,
        "height": payload.height,
        "widths": sorted(picture.sizes),
        "profile": picture.profile,
        "hops": Hops(
            plan.facts[picture.original].size, len(picture.payload), picture.reader_bytes[widest]
        ),
        "bpp": 8 * len(picture.payload) / (payload.width * payload.height),
    }


def _conventional_row(plan: Plan, converted: Converted, path: str) -> dict[str, Any]:
    replacement = converted.replaced.paths.get(path, "").removeprefix(f"{PLIC}/")
    before = plan.facts[path].size
    return {
        "path": path,
        "address": _page_address(path),
        "reason": converted.decisions[path].reason,
        "recompressed": bool(replacement),
        "before": before,
        "after": len(converted.files[replacement]) if replacement else before,
    }


def _page_address(path: str) -> str:
    """The address of a file of the site from the report."""
    return "../" + quote(os.fsencode(path))


def readable_bytes(count: int) -> str:
    """A number of bytes as people read it, in powers of ten: "812 B", "18.4 kB"."""
    if count < 1000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{count / 1000:.1f} kB"
    return f"{count / 1_000_000:.2f} MB"


def share(part: int, whole: int) -> str:
    """A part as a percentage of the whole, or a dash where there is nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "–"
