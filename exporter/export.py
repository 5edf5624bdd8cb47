"""`export`: a site's folder in, the same site with payloads out."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from exporter.bundle import BundlePicture, encode_bundle
from exporter.cache import CACHE, Cache
from exporter.codec import Codec
from exporter.convert import Converted, Picture, convert
from exporter.convert import Progress as ConvertProgress
from exporter.figures import SiteFigures, measure_site
from exporter.folder import PLIC, check_output, copy_site, replacing, scan
from exporter.gradients import Placeholder, page_stylesheet
from exporter.plan import Plan, make_plan
from exporter.plan import Progress as PlanProgress
from exporter.report import render_report
from exporter.rewrite import edits_of, head_edit, payloads_in
from exporter.shim import Shim, collect_shim, static_folder
from exporter.splice import Edit, Record, apply_edits, records
from plic_web.payload import Payload, SectionKind
from plic_web.payload.base import decode_base


@dataclass
class PageEntry:
    """Attributes: digests that a page shows, and its files' names in `_plic/`."""

    pictures: list[str]
    bundle: str = ""
    stylesheet: str = ""


@dataclass
class Output:
    """All that an export writes besides the copied files.

    Attributes:
        documents: rewritten pages and stylesheets, by path.
        files: by name below `_plic/`.
        edits: how to undo each rewritten document.
    """

    documents: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    edits: dict[str, list[Record]] = field(default_factory=dict)
    pages: dict[str, PageEntry] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What an export did; `pages` is the number of those that show reconstructions."""

    pages: int
    plan: Plan
    converted: Converted
    figures: SiteFigures


def export(
    site: Path,
    out: Path,
    codec: Codec,
    *,
    jobs: int,
    looking: PlanProgress,
    encoding: ConvertProgress,
    url: str | None = None,
) -> Result:
    """Export the site in folder `site` to the folder `out`.

    Nothing is written to `out` before everything has succeeded; what was there is then
    replaced as a whole.

    Args:
        jobs: processes that look at and encode pictures.
        looking, encoding: told of the progress.
        url: the address at which the site is published; looked for in the site without it.

    Raises:
        FolderError: `site` is no site, or writing to `out` could lose something.
        HomeError: `url` is no address of a site.
        ShimError: the page's script is missing from the installation.
    """
    check_output(out, site)
    found = scan(site)
    shim = collect_shim(static_folder())
    cache = Cache.of(out)
    plan = make_plan(found, cache, jobs, looking, url)
    converted = convert(plan, codec, cache, jobs, encoding)
    output = Output(files=dict(converted.files))
    _make_pages(plan, converted, shim, output)
    figures = measure_site(plan, converted, output.documents, _page_files(output, shim))
    output.files |= shim.files if output.pages else {}
    output.files |= render_report(plan, converted, figures, codec.pack)
    output.files[CACHE] = cache.to_bytes()
    output.files["edits.json"] = _json(output.edits)
    output.files["manifest.json"] = _json(_manifest(plan, converted, output, shim, codec))
    with replacing(out) as folder:
        copy_site(found, folder, skip=set(output.documents))
        _write(plan, output, folder)
    return Result(len(output.pages), plan, converted, figures)


def _make_pages(plan: Plan, converted: Converted, shim: Shim, output: Output) -> None:
    """Rewrite every document and make the pages' own files."""
    uncovered = _uncovered(plan, converted)
    for path, document in plan.documents.items():
        edits = edits_of(document, plan, converted.replaced)
        if shown := _shown_by(path, plan, converted):
            page = output.pages[path] = PageEntry(shown)
            edits.append(_add_page(plan, converted, shim, output, page, uncovered, path))
        if edits:
            text = document.text
            output.documents[path] = apply_edits(text.text, edits).encode(text.codec)
            output.edits[path] = records(text.text, edits, text.codec)


def _shown_by(path: str, plan: Plan, converted: Converted) -> list[str]:
    """Digests of the payloads that a page and its stylesheets show; none for a stylesheet."""
    if plan.documents[path].head_at is None:
        return []
    sources = [plan.documents.get(source) for source in (path, *plan.stylesheets_of(path))]
    shown = (payloads_in(source, plan, converted.replaced) for source in sources if source)
    return list(dict.fromkeys(digest for digests in shown for digest in digests))


def _add_page(
    plan: Plan,
    converted: Converted,
    shim: Shim,
    output: Output,
    page: PageEntry,
    uncovered: set[str],
    path: str,
) -> Edit:
    """Make a page's bundle and stylesheet; the edit that links them."""
    pictures = [converted.pictures[digest] for digest in page.pictures]
    bundle = encode_bundle(_bundle_picture(plan, picture) for picture in pictures)
    style = page_stylesheet(
        (_placeholder(picture, picture.digest in uncovered) for picture in pictures), shim.style
    ).encode()
    page.bundle, page.stylesheet = f"{_digest(bundle)}.bases", f"{_digest(style)}.css"
    output.files[page.bundle], output.files[page.stylesheet] = bundle, style
    return head_edit(plan.documents[path], page.stylesheet, page.bundle, shim.entry)


def _bundle_picture(plan: Plan, picture: Picture) -> BundlePicture:
    payload = Payload.parse(picture.payload)
    return BundlePicture(
        picture.digest,
        payload.width,
        payload.height,
        plan.facts[picture.original].size,
        len(picture.payload),
        quote(os.fsencode(picture.original)),
        payload.get(SectionKind.BASE) or b"",
    )


def _placeholder(picture: Picture, uncovered: bool) -> Placeholder:
    payload = Payload.parse(picture.payload)
    base = payload.get(SectionKind.BASE)
    grid = None
    if base is not None and not uncovered:
        grid = decode_base(base, payload.width, payload.height)
    return Placeholder(picture.digest, payload.width, payload.height, grid)


def _uncovered(plan: Plan, converted: Converted) -> set[str]:
    """Digests of pictures whose box may show around them, on any page."""
    found: set[str] = set()
    for path, document in plan.documents.items():
        sheets = (plan.documents.get(sheet) for sheet in plan.stylesheets_of(path))
        fitted = document.fitted.union(*(sheet.fitted for sheet in sheets if sheet))
        for use in document.uses:
            if use.is_src and ("*" in fitted | use.names or fitted & use.names):
                target = plan.target(document, use.slots[0])
                found.add(converted.replaced.payloads.get(target or "", ""))
    return found


def _page_files(output: Output, shim: Shim) -> dict[str, dict[str, int]]:
    """Bytes of the files that an export adds to each page, by name."""
    script = {name: len(data) for name, data in shim.files.items()}
    return {
        path: {name: len(output.files[name]) for name in (page.bundle, page.stylesheet)} | script
        for path, page in output.pages.items()
    }


def _manifest(
    plan: Plan, converted: Converted, output: Output, shim: Shim, codec: Codec
) -> dict[str, Any]:
    """What the edge and other tools need, as plain JSON values."""
    return {
        "plic": 1,
        "pack": codec.pack,
        "shim": shim.entry if output.pages else "",
        "pictures": {
            digest: {
                "width": Payload.parse(picture.payload).width,
                "height": Payload.parse(picture.payload).height,
                "sizes": {str(width): list(size) for width, size in picture.sizes.items()},
                "bytes": len(picture.payload),
                "profile": picture.profile,
                "original": picture.original,
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
            for path, page in output.pages.items()
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


def _write(plan: Plan, output: Output, folder: Path) -> None:
    """Write what is not a plain copy, in an order that cannot matter."""
    for path, data in output.documents.items():
        (folder / path).write_bytes(data)
        status = (plan.site.root / path).stat()
        (folder / path).chmod(status.st_mode & 0o777)
    for name, data in output.files.items():
        destination = folder / PLIC / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes(data)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1).encode() + b"\n"
