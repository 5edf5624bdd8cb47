"""Bytes on each hop, before and after: origin to edge, and edge to reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exporter.convert import Converted
from exporter.plan import Plan


@dataclass(frozen=True)
class Hops:
    """Bytes, before transport compression.

    Attributes:
        before: on either hop, without an export.
        to_edge: on the expensive link, from the origin to an edge.
        to_reader: from an edge to a browser.
    """

    before: int = 0
    to_edge: int = 0
    to_reader: int = 0

    def __add__(self, other: Hops) -> Hops:
        return Hops(
            self.before + other.before,
            self.to_edge + other.to_edge,
            self.to_reader + other.to_reader,
        )


@dataclass(frozen=True)
class SiteFigures:
    """Attributes: every page's first visit, and all pages with what they share counted once."""

    pages: dict[str, Hops]
    total: Hops


def measure_site(
    plan: Plan,
    converted: Converted,
    documents: Mapping[str, bytes],
    added: Mapping[str, Mapping[str, int]],
) -> SiteFigures:
    """Count what a first visit to each page moves.

    Of a picture's candidates the largest is counted, once a page, before and after alike.
    Scripts, fonts and films are the same on both sides and not counted.

    Args:
        documents: the rewritten documents.
        added: by page, the sizes in bytes of the files that the export gave it, by name.
    """
    pages: dict[str, Hops] = {}
    everything: dict[str, Hops] = {}
    for path, document in plan.documents.items():
        if document.head_at is None:
            continue
        items = _page_items(plan, converted, documents, path)
        items |= {name: Hops(0, size, size) for name, size in added.get(path, {}).items()}
        everything |= items
        if added.get(path) or any(name.startswith("picture ") for name in items):
            pages[path] = sum(items.values(), Hops())
    return SiteFigures(pages, sum(everything.values(), Hops()))


def _page_items(
    plan: Plan, converted: Converted, documents: Mapping[str, bytes], path: str
) -> dict[str, Hops]:
    """What a page loads, by a name that tells equal things from different ones."""
    items: dict[str, Hops] = {}
    for source in (path, *plan.stylesheets_of(path)):
        if source in plan.documents:
            after = len(documents.get(source, plan.documents[source].data))
            items[source] = Hops(len(plan.documents[source].data), after, after)
            for picture in _shown(plan, source):
                name, hops = _picture_item(plan, converted, picture)
                items[name] = hops
    return items


def _shown(plan: Plan, path: str) -> list[str]:
    """The largest file of each element of a document that shows a picture."""
    document = plan.documents[path]
    families: dict[int, list[str]] = {}
    for use in document.uses:
        for slot in use.slots:
            if target := plan.target(document, slot):
                families.setdefault(use.family, []).append(target)
    return [
        max(files, key=lambda file: (plan.facts[file].width * plan.facts[file].height, file))
        for files in families.values()
    ]


def _picture_item(plan: Plan, converted: Converted, path: str) -> tuple[str, Hops]:
    before = plan.facts[path].size
    name = f"picture {plan.digests[path]}"
    if digest := converted.replaced.payloads.get(path):
        picture = converted.pictures[digest]
        reader = picture.reader_bytes[plan.facts[path].width]
        return name, Hops(before, len(picture.payload), reader)
    if replacement := converted.replaced.paths.get(path):
        after = len(converted.files[replacement.split("/", 1)[1]])
        return name, Hops(before, after, after)
    return name, Hops(before, before, before)
