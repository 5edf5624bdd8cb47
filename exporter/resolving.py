"""Which files the addresses in a site's documents name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from exporter.addresses import AddressError, ElsewhereError, file_of
from exporter.documents import Document, Slot, Use, names_picture
from exporter.reading import EXCLUDED, Reading


@dataclass
class Links:
    """What the documents of a site refer to.

    Attributes:
        targets: the picture file that a slot names, by document and position of the slot.
        linked: for each document, the site's stylesheets that it loads.
    """

    targets: dict[tuple[str, int], str] = field(default_factory=dict)
    linked: dict[str, list[str]] = field(default_factory=dict)

    def pictures(self, document: Document, use: Use) -> Iterator[str]:
        """The picture files that one use shows."""
        for slot in use.slots:
            if (document.path, slot.start) in self.targets:
                yield self.targets[document.path, slot.start]


def resolve(reading: Reading) -> Links:
    """Find the files that addresses name; what names none of the site is left alone."""
    links = Links()
    sealed: set[str] = set()
    for document in reading.documents.values():
        links.linked[document.path] = list(reading.files(document, document.stylesheets))
        sealed.update(reading.files(document, document.sealed))
    for path in sorted(sealed & reading.documents.keys()):
        reading.left_alone.add((path, "", "its bytes are fixed by an integrity attribute"))
        reading.documents[path].uses.clear()
    known: set[str] = set()
    for document in reading.documents.values():
        for address, reason in document.passed_over:
            for path in reading.files(document, [address]):
                reading.left_alone.add((document.path, address, reason))
                known.add(path)
        for use in document.uses:
            for slot in use.slots:
                if found := _file(reading, document, slot):
                    links.targets[document.path, slot.start] = found
    known.update(links.targets.values())
    _leave_excluded(reading, links, known)
    for path in filter(names_picture, reading.site.files):
        if path not in known:
            reason = "no page or stylesheet that is edited names it; a script may"
            reading.left_alone.add((path, "", reason))
    return links


def _file(reading: Reading, document: Document, slot: Slot) -> str | None:
    try:
        return file_of(slot.address, document.place, reading.site.root)
    except ElsewhereError:
        return None
    except AddressError as error:
        reading.left_alone.add((document.path, slot.address, str(error)))
        return None


def _leave_excluded(reading: Reading, links: Links, known: set[str]) -> None:
    """Take the pictures out that the owner wants to be left alone."""
    pictures = {*links.targets.values(), *filter(names_picture, reading.site.files)}
    excluded = {path for path in pictures if not reading.chosen(path)}
    links.targets = {at: path for at, path in links.targets.items() if path not in excluded}
    reading.left_alone.update((path, "", EXCLUDED) for path in excluded)
    known |= excluded
