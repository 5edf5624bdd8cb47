"""The pages of an export: their edits, and the bundle and stylesheet of each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from exporter.bundle import BundlePicture, encode_bundle
from exporter.convert import Converted, Picture
from exporter.gradients import Placeholder, page_stylesheet
from exporter.manifest import PageEntry
from exporter.originals import Originals
from exporter.plan import Plan
from exporter.rewrite import edits_of, head_edit, payloads_in
from exporter.shim import Shim
from exporter.splice import Edit, Record, apply_edits, records
from plic_web.payload import Payload, SectionKind
from plic_web.payload.base import decode_base


@dataclass
class Pages:
    """What becomes of the documents.

    Attributes:
        documents: rewritten pages and stylesheets, by path.
        edits: how to undo each rewritten document.
        entries: the pages that show reconstructions, by path.
        files: their bundles and stylesheets, by name below `_plic/`.
    """

    documents: dict[str, bytes] = field(default_factory=dict)
    edits: dict[str, list[Record]] = field(default_factory=dict)
    entries: dict[str, PageEntry] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def sizes(self, shim: Shim) -> dict[str, dict[str, int]]:
        """Bytes of the files that an export adds to each page, by name."""
        script = {name: len(data) for name, data in shim.files.items()}
        return {
            path: {name: len(self.files[name]) for name in (page.bundle, page.stylesheet)} | script
            for path, page in self.entries.items()
        }


def edited_documents(plan: Plan, converted: Converted) -> dict[str, bytes]:
    """The documents with their addresses edited, and no links of a page's own yet."""
    edited: dict[str, bytes] = {}
    for path, document in plan.documents.items():
        if edits := edits_of(document, plan, converted.replaced):
            text = document.text
            edited[path] = apply_edits(text.text, edits).encode(text.codec)
    return edited


def make_pages(plan: Plan, converted: Converted, shim: Shim, originals: Originals) -> Pages:
    """Rewrite every document and make the pages' own files."""
    pages = Pages()
    uncovered = _uncovered(plan, converted)
    for path, document in plan.documents.items():
        edits = edits_of(document, plan, converted.replaced)
        if shown := _shown_by(path, plan, converted):
            pictures = [converted.pictures[digest] for digest in shown]
            bundle = encode_bundle(_in_bundle(plan, picture, originals) for picture in pictures)
            style = page_stylesheet(
                (_placeholder(picture, picture.digest in uncovered) for picture in pictures),
                shim.style + originals.style,
            ).encode()
            page = PageEntry(shown, f"{_digest(bundle)}.bases", f"{_digest(style)}.css")
            pages.entries[path] = page
            pages.files |= {page.bundle: bundle, page.stylesheet: style}
            edits.append(_links(plan, path, page, shim))
        if edits:
            text = document.text
            pages.documents[path] = apply_edits(text.text, edits).encode(text.codec)
            pages.edits[path] = records(text.text, edits, text.codec)
    return pages


def _links(plan: Plan, path: str, page: PageEntry, shim: Shim) -> Edit:
    return head_edit(plan.documents[path], page.stylesheet, page.bundle, shim.entry)


def _shown_by(path: str, plan: Plan, converted: Converted) -> list[str]:
    """Digests of the payloads that a page and its stylesheets show; none for a stylesheet."""
    if plan.documents[path].head_at is None:
        return []
    sources = [plan.documents.get(source) for source in (path, *plan.stylesheets_of(path))]
    shown = (payloads_in(source, plan, converted.replaced) for source in sources if source)
    return list(dict.fromkeys(digest for digests in shown for digest in digests))


def _in_bundle(plan: Plan, picture: Picture, originals: Originals) -> BundlePicture:
    payload = Payload.parse(picture.payload)
    return BundlePicture(
        picture.digest,
        payload.width,
        payload.height,
        plan.facts[picture.original].size,
        len(picture.payload),
        originals.address(picture.original),
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


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
