"""``plic inspect``: what a payload holds, for people and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from plic_web.commands.decode import read_payload
from plic_web.commands.files import BadInput
from plic_web.payload import Payload, PayloadError, SectionKind
from plic_web.payload.base import base_grid
from plic_web.payload.edges import edge_grid
from plic_web.payload.keep import decode_keep
from plic_web.payload.seed import decode_seed
from plic_web.payload.text import decode_text


@click.command()
@click.argument("payload", metavar="X.plic", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def inspect(payload: Path, as_json: bool) -> None:
    """Show the sections of a payload and their bytes."""
    try:
        described = describe(read_payload(payload), payload.stat().st_size)
    except OSError as error:
        raise BadInput(f"{payload}: {error.strerror}") from error
    except PayloadError as error:
        raise BadInput(f"{payload}: {error}") from error
    if as_json:
        click.echo(json.dumps(described, indent=2))
    else:
        click.echo(_table(payload, described))


def describe(payload: Payload, size: int) -> dict[str, Any]:
    """A payload of ``size`` bytes as plain values: see ``plic inspect --json``."""
    sections = [
        {"name": _name(s.kind), "kind": s.kind, "bytes": len(s.data), **_details(payload, s.kind)}
        for s in payload.sections
    ]
    return {
        "width": payload.width,
        "height": payload.height,
        "bytes": size,
        "bits_per_pixel": round(8 * size / (payload.width * payload.height), 5),
        "truncated": payload.truncated,
        "overhead": size - sum(len(s.data) for s in payload.sections),
        "sections": sections,
    }


def _name(kind: int) -> str:
    try:
        return SectionKind(kind).name.lower()
    except ValueError:
        return "unknown"


def _details(payload: Payload, kind: int) -> dict[str, Any]:
    data = payload.get(SectionKind(kind)) if _name(kind) != "unknown" else None
    if data is None:
        return {}
    width, height = payload.width, payload.height
    if kind == SectionKind.BASE:
        return {"grid": list(base_grid(width, height))}
    if kind == SectionKind.EDGES:
        return {"grid": list(edge_grid(width, height))}
    if kind == SectionKind.LATENTS:
        pack, tables, scale_and_flags, q = data[:4]
        scale, flags = (scale_and_flags >> 4) + 1, scale_and_flags & 15
        return {
            "pack": pack,
            "tables": tables,
            "quality": q,
            "scale": f"{scale}/16",
            "gain_map": bool(flags & 1),
        }
    if kind == SectionKind.TEXT:
        return {"text": decode_text(data)}
    if kind == SectionKind.SEED:
        return {"seed": decode_seed(data)}
    rectangles = [rect for rect, _ in decode_keep(data, width, height)]
    return {"rectangles": [[r.left, r.top, r.width, r.height] for r in rectangles]}


def _table(path: Path, described: dict[str, Any]) -> str:
    lines = [
        f"{path}: {described['width']}x{described['height']}, {described['bytes']} bytes, "
        f"{described['bits_per_pixel']:.4f} bits per pixel"
        + (", cut short: a poorer picture" if described["truncated"] else "")
    ]
    for section in described["sections"]:
        shown = {k: v for k, v in section.items() if k not in ("name", "kind", "bytes")}
        details = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in shown.items())
        lines.append(f"  {section['name']:<8} {section['bytes']:>6} bytes  {details}".rstrip())
    lines.append(f"  {'other':<8} {described['overhead']:>6} bytes  header, directory, checksum")
    return "\n".join(lines)
