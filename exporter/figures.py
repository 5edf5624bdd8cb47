"""Bytes and requests on each hop, before and after: origin to edge, and edge to reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from exporter.convert import Converted
from exporter.plan import Plan

PARTS = (
    "pages",
    "stylesheets",
    "pictures",
    "payloads",
    "reconstructions",
    "bundles",
    "page stylesheets",
    "shim",
)
"""What a visit consists of. A payload goes to the edge; the edge sends its reconstruction on."""

_ADDED = {".bases": "bundles", ".css": "page stylesheets", ".js": "shim"}
_LATE_SCRIPT = "languages."
# As static/words.js chooses: the notice's words need no further file on an English page, nor
# on one that brings its own.
_ENGLISH = re.compile(r"""(?i:<html\b[^>]*\slang)\s*=\s*["']?en""")
_OWN_WORDS = re.compile(r"""<meta\b[^>]*\sname\s*=\s*["']?plic["'\s/>]""", re.IGNORECASE)


@dataclass(frozen=True)
class Hops:
    """A number on each hop: of bytes, before transport compression, or of requests.

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


HOPS = tuple(hop.name for hop in fields(Hops))
"""The names of the hops: "before", "to_edge", "to_reader"."""


@dataclass(frozen=True)
class Visit:
    """What one visit moves, nothing being cached.

    Attributes:
        bytes: by part of `PARTS`, those that occur.
        requests: likewise; each file is one.
    """

    bytes: dict[str, Hops] = field(default_factory=dict)
    requests: dict[str, Hops] = field(default_factory=dict)

    @property
    def all_bytes(self) -> Hops:
        return sum(self.bytes.values(), Hops())

    @property
    def all_requests(self) -> Hops:
        return sum(self.requests.values(), Hops())

    @property
    def before(self) -> int:
        """Bytes on either hop, without an export."""
        return self.all_bytes.before

    @property
    def to_edge(self) -> int:
        """Bytes from the origin to an edge."""
        return self.all_bytes.to_edge

    @property
    def to_reader(self) -> int:
        """Bytes from an edge to a browser."""
        return self.all_bytes.to_reader


@dataclass(frozen=True)
class SiteFigures:
    """Attributes: every page's first visit, and all pages with what they share counted once."""

    pages: dict[str, Visit]
    total: Visit


@dataclass(frozen=True)
class _File:
    """One file on one hop; what two pages share is equal."""

    hop: str
    address: str
    part: str
    size: int


def measure_site(
    plan: Plan,
    converted: Converted,
    documents: Mapping[str, bytes],
    added: Mapping[str, Mapping[str, int]],
) -> SiteFigures:
    """Count what a first visit to each page moves.

    Of a picture's candidates the largest is counted, before and after alike. Scripts, fonts
    and films are the same on both sides and not counted.

    Args:
        documents: the rewritten documents.
        added: by page, the sizes in bytes of the files that the export gave it, by name.
    """
    pages: dict[str, Visit] = {}
    everything: dict[_File, None] = {}
    for path, document in plan.documents.items():
        if document.head_at is None:
            continue
        files = _files_of(plan, converted, documents, path)
        files |= _added_to(document.text.text, added.get(path, {}))
        everything |= files
        if added.get(path) or any(file.part == "pictures" for file in files):
            pages[path] = _sum(files)
    return SiteFigures(pages, _sum(everything))


def _sum(files: Iterable[_File]) -> Visit:
    visit = Visit()
    for file in sorted(files, key=lambda file: PARTS.index(file.part)):
        for counts, number in ((visit.bytes, file.size), (visit.requests, 1)):
            counts[file.part] = counts.get(file.part, Hops()) + Hops(**{file.hop: number})
    return visit


def _files_of(
    plan: Plan, converted: Converted, documents: Mapping[str, bytes], page: str
) -> dict[_File, None]:
    """A page, its stylesheets and their pictures, on every hop."""
    files: dict[_File, None] = {}
    for path in (page, *plan.stylesheets_of(page)):
        if path not in plan.documents:
            continue
        part = "pages" if path == page else "stylesheets"
        before = len(plan.documents[path].data)
        after = len(documents.get(path, plan.documents[path].data))
        sizes = {"before": before, "to_edge": after, "to_reader": after}
        files |= {_File(hop, path, part, size): None for hop, size in sizes.items()}
        for picture in _shown(plan, path):
            files |= _picture(plan, converted, picture)
    return files


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


def _picture(plan: Plan, converted: Converted, path: str) -> dict[_File, None]:
    """A picture's file, and what travels in its place; two files may share one payload."""
    facts = plan.facts[path]
    files = [_File("before", path, "pictures", facts.size)]
    address = converted.replaced.paths.get(path, path)
    if digest := converted.replaced.payloads.get(path):
        picture = converted.pictures[digest]
        reader = picture.reader_bytes[facts.width]
        files.append(_File("to_edge", digest, "payloads", len(picture.payload)))
        files.append(_File("to_reader", address, "reconstructions", reader))
    else:
        replaced = address != path
        size = len(converted.files[address.split("/", 1)[1]]) if replaced else facts.size
        files += [_File(hop, address, "pictures", size) for hop in ("to_edge", "to_reader")]
    return dict.fromkeys(files)


def _added_to(page: str, sizes: Mapping[str, int]) -> dict[_File, None]:
    """The export's own files on the two hops after it."""
    simple = _ENGLISH.search(page) or _OWN_WORDS.search(page)
    return {
        _File(hop, name, _ADDED[name[name.rindex(".") :]], size): None
        for name, size in sizes.items()
        if not (simple and name.startswith(_LATE_SCRIPT))
        for hop in ("to_edge", "to_reader")
    }
