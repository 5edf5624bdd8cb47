"""The report: one HTML file that needs nothing else, neither network nor script."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import jinja2
from markupsafe import Markup

from exporter.convert import Converted
from exporter.figures import HOPS, PARTS, Hops, SiteFigures, Visit
from exporter.plan import Plan
from exporter.report_pictures import (
    Locate,
    cards,
    conventional,
    in_site,
    page_address,
    thumbnails,
)
from exporter.transfer import HEADER_BYTES, SPEEDS, seconds, wire_bytes

_TEMPLATES = Path(__file__).parent / "templates"

# About 25 kB each: more make a file that a phone does not like to open.
_LARGEST_GALLERY = 200

_GIGABYTE = 1_000_000_000


def templates() -> jinja2.Environment:
    """The exporter's page templates, strict and escaping, with the filters `bytes` and `share`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"bytes": readable_bytes, "share": share}
    return environment


def render_report(
    plan: Plan,
    converted: Converted,
    figures: SiteFigures,
    pack: str,
    *,
    locate: Locate = in_site,
    price: float | None = None,
    currency: str = "",
) -> dict[str, bytes]:
    """The report's one file, by its name below `_plic/`.

    Args:
        pack: name of the pack that made the payloads.
        locate: where originals are, if not at their places in the output.
        price: of a gigabyte on either hop; not shown without it.
        currency: what stands behind sums of money, such as "EUR".
    """
    environment = templates()
    environment.filters |= {
        "change": change,
        "seconds": readable_seconds,
        "money": money,
        "times": transfer_times,
        "wire": lambda visit: [
            wire_bytes(getattr(visit.all_bytes, hop), getattr(visit.all_requests, hop))
            for hop in HOPS
        ],
        "cost": lambda size: size * (price or 0) * 1000 / _GIGABYTE,
        "bars": bars,
        "address": page_address,
    }
    found = cards(plan, converted, locate)
    style = _inline("report.css")
    script = _inline("report.js")
    page = environment.get_template("report.html").render(
        pack=pack,
        style=style,
        style_hash=_csp_hash(style),
        script=script,
        script_hash=_csp_hash(script),
        price=price,
        currency=currency,
        header_bytes=HEADER_BYTES,
        parts=PARTS,
        total=figures.total,
        pages=[
            (path, visit)
            for path, visit in sorted(figures.pages.items())
            if len({visit.before, visit.to_edge, visit.to_reader}) > 1
        ],
        gallery=[(card, thumbnails(card, converted.files)) for card in found[:_LARGEST_GALLERY]],
        rest=found[_LARGEST_GALLERY:],
        conventional=conventional(plan, converted, locate),
        left_alone=sorted(
            [*plan.left_alone, *((path, "", why) for path, why in plan.site.refused.items())]
        ),
    )
    return {"report.html": page.encode("utf-8", "replace")}


def _inline(name: str) -> Markup:
    """A style or script of ours, to stand between its tags as it is."""
    return Markup((_TEMPLATES / name).read_text("utf-8"))


def _csp_hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def transfer_times(visit: Visit) -> dict[str, list[float]]:
    """Seconds of a visit on each hop, by the link's speed in words."""
    pages = visit.requests.get("pages", Hops())
    return {
        name: [
            seconds(
                getattr(visit.all_bytes, hop),
                getattr(visit.all_requests, hop),
                speed,
                pages=getattr(pages, hop),
            )
            for hop in HOPS
        ]
        for name, speed in SPEEDS.items()
    }


def bars(visit: Visit) -> dict[str, list[tuple[int, float, float]]]:
    """By hop, (number of the part, start, width) of each part, in percent of the largest hop."""
    whole = max(visit.before, visit.to_edge, visit.to_reader)
    drawn: dict[str, list[tuple[int, float, float]]] = {}
    for hop in HOPS:
        start = 0.0
        drawn[hop] = []
        for number, part in enumerate(PARTS):
            width = 100 * getattr(visit.bytes.get(part), hop, 0) / whole if whole else 0.0
            if width:
                drawn[hop].append((number, start, width))
                start += width
    return drawn


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


def change(part: int, whole: int) -> str:
    """How much less or more a part is than the whole: "94.9 % less"."""
    if part == whole:
        return "no change"
    return f"{share(abs(whole - part), whole)} {'less' if part < whole else 'more'}"


def readable_seconds(count: float) -> str:
    """Seconds as people read them: "4.2 s", "58 s", "3 min 20 s"."""
    if count < 9.95:
        return f"{count:.1f} s"
    minutes, rest = divmod(round(count), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def money(amount: float) -> str:
    """An amount to a tenth of a cent."""
    return f"{amount:.3f}"
