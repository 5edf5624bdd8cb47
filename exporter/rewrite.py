"""The edits of one document: addresses, declared types, lazy loading, a page's own links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from exporter.addresses import address_of
from exporter.documents import Document, Use
from exporter.folder import PLIC
from exporter.pages import written_from_root
from exporter.plan import Plan
from exporter.splice import Edit

# The pictures that a reader sees first are not put off.
_EAGER = 2
_WEBP = "image/webp"


@dataclass
class Replacements:
    """What takes the place of the site's pictures.

    Attributes:
        paths: by path of a picture file, the path of the file or edge address that replaces
            it, both relative to the site's folder.
        payloads: the digest of the payload, for those that become one.
    """

    paths: dict[str, str] = field(default_factory=dict)
    payloads: dict[str, str] = field(default_factory=dict)


def edits_of(document: Document, plan: Plan, replaced: Replacements) -> list[Edit]:
    """The edits that make a document show what replaces its pictures."""
    edits: list[Edit] = []
    types: set[Edit] = set()  # what an element has now and what it shows later share one
    shown = 0
    for use, found in _edited(document, plan, replaced):
        edits += found
        if use.type and use.type.address.strip().lower() != _WEBP:
            types.add(Edit(use.type.start, use.type.end, _WEBP))
        if use.is_src and plan.target(document, use.slots[0]) in replaced.payloads:
            shown += 1
            if shown > _EAGER and use.loading_at is not None:
                edits.append(Edit(use.loading_at, use.loading_at, 'loading="lazy" '))
    return [*edits, *types]


def payloads_in(document: Document, plan: Plan, replaced: Replacements) -> list[str]:
    """Digests of the payloads that a document shows, each once, in order."""
    found = (
        replaced.payloads.get(plan.target(document, slot) or "")
        for use, _ in _edited(document, plan, replaced)
        for slot in use.slots
    )
    return list(dict.fromkeys(digest for digest in found if digest))


def _edited(
    document: Document, plan: Plan, replaced: Replacements
) -> Iterator[tuple[Use, list[Edit]]]:
    """The uses that show something new, with the edits of their addresses."""
    # A declared type must stay true for every candidate of its element.
    fixed = {
        use.type.start
        for use in document.uses
        for slot in use.slots
        if use.type and not _is_webp(plan.target(document, slot), plan, replaced)
    }
    for use in document.uses:
        if use.type and use.type.start in fixed:
            continue
        if found := list(_replaced_slots(use, document, plan, replaced)):
            yield use, found


def _replaced_slots(
    use: Use, document: Document, plan: Plan, replaced: Replacements
) -> Iterator[Edit]:
    for slot in use.slots:
        target = plan.target(document, slot)
        if target in replaced.paths:
            place = document.place
            if place.starts_at_root(slot.address):
                place = replace(place, from_root=True)
            yield Edit(slot.start, slot.end, address_of(replaced.paths[target], place))


def _is_webp(target: str | None, plan: Plan, replaced: Replacements) -> bool:
    return target is not None and (target in replaced.paths or plan.facts[target].media == _WEBP)


def head_edit(page: Document, stylesheet: str, bundle: str, shim: str) -> Edit:
    """The one splice that adds a page's stylesheet, bundle and script.

    Args:
        stylesheet, bundle, shim: file names in `_plic/`.
    """
    place = page.place
    place = replace(place, from_root=place.from_root or written_from_root(page))
    sheet, bases, script = (
        address_of(f"{PLIC}/{name}", place) for name in (stylesheet, bundle, shim)
    )
    assert page.head_at is not None  # only stylesheets and fragments have none
    end, start = ">", f'<script type="module" src="{script}"></script>'
    if page.is_xml:  # Chromium runs no module that an XML document's own markup names
        end, start = "/>", f'<script>import(new URL("{script}",document.baseURI))</script>'
    return Edit(
        page.head_at,
        page.head_at,
        f'<link rel="stylesheet" href="{sheet}"{end}<link rel="plic" href="{bases}"{end}{start}',
    )
