"""`manifest.json`: what the edge and other tools need of an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exporter.convert import Converted
from exporter.folder import PLIC
from exporter.originals import Originals
from exporter.plan import Plan
from plic_web.payload import Payload


@dataclass
class PageEntry:
    """Attributes: digests that a page shows, and its files' names in `_plic/`."""

    pictures: list[str]
    bundle: str = ""
    stylesheet: str = ""


def manifest_of(
    plan: Plan,
    converted: Converted,
    pages: Mapping[str, PageEntry],
    originals: Originals,
    *,
    pack: str,
    shim: str,
) -> dict[str, Any]:
    """The manifest as plain JSON values.

    Args:
        pages: by path, those that show reconstructions.
        pack: the id of the pack that made the payloads.
        shim: the name of the script that pages load.
    """
    return {
        "plic": 1,
        "pack": pack,
        "shim": shim if pages else "",
        "originals": originals.kept_at,
        "pictures": {
            digest: {
                "width": Payload.parse(picture.payload).width,
                "height": Payload.parse(picture.payload).height,
                "sizes": {str(width): list(size) for width, size in picture.sizes.items()},
                "bytes": len(picture.payload),
                "profile": picture.profile,
                "reason": converted.decisions[picture.original].reason,
                "lpips": picture.attempts[-1].lpips if picture.attempts else None,
                "source": picture.original,
                "original": originals.named(picture.original),
                "original_bytes": plan.facts[picture.original].size,
                "media": plan.facts[picture.original].media,
            }
            for digest, picture in converted.pictures.items()
        },
        "conventional": {
            path: _conventional(path, plan, converted)
            for path in plan.facts
            if path not in converted.replaced.payloads
        },
        "pages": {
            path: {
                "bundle": page.bundle,
                "stylesheet": page.stylesheet,
                "pictures": page.pictures,
            }
            for path, page in pages.items()
        },
        "left_alone": [
            {"file": file, "address": address, "reason": reason}
            for file, address, reason in sorted(plan.left_alone)
        ],
        "refused": plan.site.refused,
    }


def _conventional(path: str, plan: Plan, converted: Converted) -> dict[str, Any]:
    decision = converted.decisions[path]
    entry: dict[str, Any] = {
        "decision": decision.action,
        "reason": decision.reason,
        "bytes": plan.facts[path].size,
    }
    if path in converted.replaced.paths:
        name = converted.replaced.paths[path].removeprefix(f"{PLIC}/")
        entry |= {"file": name, "file_bytes": len(converted.files[name])}
    return entry
