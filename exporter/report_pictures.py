"""What the report says of each picture: reconstructed, refused by the gate, or conventional."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from exporter.attempts import Attempt
from exporter.convert import Converted, Picture
from exporter.figures import Hops
from exporter.folder import PLIC
from exporter.plan import Plan
from plic_web.payload import Payload

Locate = Callable[[str], str]
"""From an original's path to its address from the site's folder, or in full; "" for none."""

REPORT_FILES = "report/"
"""Where the thumbnails stand among an export's files. Only the cache needs them on the disk."""


@dataclass(frozen=True)
class Card:
    """A picture that travels as a payload.

    Attributes:
        path: of the original in the site.
        address: of the original, from the report; "" if it is not to be had.
        edge_address: of the reconstruction at its largest, where an edge answers.
        widths: in pixels, of the sizes that pages use.
        bpp: bits per pixel of the payload.
        attempts: the shipped one last; empty if the gate was off.
        digest: its thumbnails' name.
    """

    path: str
    address: str
    edge_address: str
    width: int
    height: int
    widths: list[int]
    profile: str
    reason: str
    hops: Hops
    bpp: float
    attempts: tuple[Attempt, ...]
    digest: str

    @property
    def scores(self) -> Attempt | None:
        """What the gate measured of the payload that ships."""
        return self.attempts[-1] if self.attempts else None


@dataclass(frozen=True)
class Conventional:
    """A picture that stays a picture file.

    Attributes:
        address: of the original, from the report; "" if it is not to be had.
        after: bytes of the file in its place, or of itself.
        attempts: those that did not ship.
    """

    path: str
    address: str
    reason: str
    recompressed: bool
    before: int
    after: int
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class Thumbnails:
    """A card's pictures as `data:` addresses, "" for one that there is not."""

    original: str
    blur: str
    reconstruction: str


def cards(plan: Plan, converted: Converted, locate: Locate) -> list[Card]:
    """All payloads' pictures, the one farthest from its original first, unmeasured ones last."""
    found = (_card(plan, converted, picture, locate) for picture in converted.pictures.values())
    return sorted(found, key=_rank)


def conventional(plan: Plan, converted: Converted, locate: Locate) -> list[Conventional]:
    """All other pictures, by path; attempts stand with the file that they were made from."""
    leaders = {group.leader for group in plan.groups}
    rows = []
    for path in sorted(plan.facts):
        if path not in converted.replaced.payloads:
            name = converted.replaced.paths.get(path, "").removeprefix(f"{PLIC}/")
            before = plan.facts[path].size
            rows.append(
                Conventional(
                    path=path,
                    address=_from_report(locate(path)),
                    reason=converted.decisions[path].reason,
                    recompressed=bool(name),
                    before=before,
                    after=len(converted.files[name]) if name else before,
                    attempts=converted.rejected.get(path, ()) if path in leaders else (),
                )
            )
    return rows


def thumbnails(card: Card, files: Mapping[str, bytes]) -> Thumbnails:
    """A card's pictures, out of the files that the encoding made for it."""

    def data_address(suffix: str) -> str:
        data = files.get(f"{REPORT_FILES}{card.digest}{suffix}.webp")
        return f"data:image/webp;base64,{base64.b64encode(data).decode()}" if data else ""

    return Thumbnails(data_address("-original"), data_address("-base"), data_address(""))


def in_site(path: str) -> str:
    """The address of a file of the site from the site's folder."""
    return quote(os.fsencode(path))


def page_address(path: str) -> str:
    """The address of a page of the site from the report."""
    return _from_report(in_site(path))


def _from_report(address: str) -> str:
    # a path of the site has no colon once it is encoded
    return f"../{address}" if address and "://" not in address else address


def _rank(card: Card) -> tuple[float, str]:
    return (-card.scores.lpips if card.scores else 1.0, card.path)


def _card(plan: Plan, converted: Converted, picture: Picture, locate: Locate) -> Card:
    payload = Payload.parse(picture.payload)
    facts = plan.facts[picture.original]
    widest = max(picture.sizes)
    return Card(
        path=picture.original,
        address=_from_report(locate(picture.original)),
        edge_address=f"{picture.digest}/{widest}.webp",
        width=payload.width,
        height=payload.height,
        widths=sorted(picture.sizes),
        profile=picture.profile,
        reason=converted.decisions[picture.original].reason,
        hops=Hops(facts.size, len(picture.payload), picture.reader_bytes[widest]),
        bpp=8 * len(picture.payload) / (payload.width * payload.height),
        attempts=picture.attempts,
        digest=picture.digest,
    )
