"""What an export will do, before it does anything: documents, pictures, decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

from exporter.addresses import Home
from exporter.cache import Cache, key
from exporter.detect import available
from exporter.documents import Document, Slot
from exporter.folder import Site
from exporter.groups import Group as Group
from exporter.groups import alike, settle
from exporter.home import find_home
from exporter.policy import Decision, Facts, decide, inspect
from exporter.reading import PAGE_SUFFIXES as PAGE_SUFFIXES
from exporter.reading import LeftAlone, Reading
from exporter.resolving import Links, resolve
from exporter.settings import Wish
from exporter.wishes import backed, merged, wish_of
from exporter.work import parallel

# Called with the number of items done and of all items.
Progress = Callable[[int, int], None]


@dataclass
class Plan:
    """Everything known before the first picture is encoded.

    Attributes:
        documents: the pages and stylesheets that can be edited, by path.
        targets: the picture file that a slot names, by document and position of the slot.
        linked: for each document, the site's stylesheets that it loads.
        left_alone: (document, address, reason) of what was passed over.
        wishes: what the owner says of each picture file.
    """

    site: Site
    home: Home | None = None
    documents: dict[str, Document] = field(default_factory=dict)
    targets: dict[tuple[str, int], str] = field(default_factory=dict)
    linked: dict[str, list[str]] = field(default_factory=dict)
    left_alone: LeftAlone = field(default_factory=set)
    facts: dict[str, Facts] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    wishes: dict[str, Wish] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def target(self, document: Document, slot: Slot) -> str | None:
        """The picture file that a slot names, if it is one of the site's."""
        return self.targets.get((document.path, slot.start))

    def stylesheets_of(self, path: str) -> list[str]:
        """The site's stylesheets that a page loads, directly or by import."""
        found: list[str] = []
        waiting = list(self.linked.get(path, []))
        while waiting:
            sheet = waiting.pop(0)
            if sheet not in found:
                found.append(sheet)
                waiting += self.linked.get(sheet, [])
        return found


def make_plan(
    site: Site,
    cache: Cache,
    jobs: int,
    progress: Progress,
    url: str | None = None,
    wishes: Callable[[str], Wish] | None = None,
    chosen: Callable[[str], bool] | None = None,
    closely: bool = True,
) -> Plan:
    """Read the site's documents, look at every picture that they show and decide.

    Args:
        url: the address at which the site is published; looked for in the site without it.
        wishes: what the owner says of a picture file by its path; what the pages say of it
            comes first.
        chosen: False for a page, stylesheet or picture file, by its path, that the owner wants
            to be left alone.
        closely: as in `policy.inspect`.

    Raises:
        HomeError: `url` is no address of a site.
    """
    reading = Reading(site, find_home(site, url), chosen or (lambda path: True))
    reading.read()
    links = resolve(reading)
    plan = Plan(
        site, reading.home, reading.documents, links.targets, links.linked, reading.left_alone
    )
    _look(plan, cache, jobs, progress, closely)
    _take_wishes(plan, links, wishes or (lambda path: Wish()))
    _decide(plan, links)
    return plan


def _look(plan: Plan, cache: Cache, jobs: int, progress: Progress, closely: bool) -> None:
    """Inspect every picture file once, those that an earlier export knew not at all."""
    paths = sorted(set(plan.targets.values()))
    plan.digests = {path: _digest(plan.site.root / path) for path in paths}
    names = {
        path: key("facts", digest, closely, available()) for path, digest in plan.digests.items()
    }
    unknown = [path for path in paths if cache.get(names[path]) is None]
    once = list({names[path]: path for path in unknown}.values())
    look = partial(inspect, closely=closely)
    results = parallel(look, [plan.site.root / path for path in once], jobs)
    for done, (position, facts) in enumerate(results, start=1):
        cache.put(names[once[position]], facts.to_json())
        progress(done, len(once))
    plan.facts = {path: Facts.from_json(cache.get(names[path])) for path in paths}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _take_wishes(plan: Plan, links: Links, owner: Callable[[str], Wish]) -> None:
    """Merge what all pages say of each picture, and take the owner's word for the rest."""
    found: dict[str, list[Wish]] = {path: [] for path in plan.facts}
    for document in plan.documents.values():
        for use in document.uses:
            for path in links.pictures(document, use):
                found[path].append(wish_of(use))
    plan.wishes = {path: backed(merged(said), owner(path)) for path, said in found.items()}


def _decide(plan: Plan, links: Links) -> None:
    """Join files that show the same picture and decide for each group as for its largest.

    Files of which different things are asked stay apart.
    """

    def action(path: str) -> str:
        return plan.wishes[path].action or ""

    for members in alike(plan.facts, plan.digests, _families(plan, links)):
        for _, asked in groupby(sorted(members, key=action), key=action):
            for group in settle(asked, plan.facts):
                wish = merged(plan.wishes[path] for path in group.members)
                decision = decide(group.leader, plan.facts[group.leader], wish)
                for path in group.members:
                    plan.wishes[path], plan.decisions[path] = wish, decision
                if decision.action == "payload":
                    plan.groups.append(group)


def _families(plan: Plan, links: Links) -> Iterator[set[str]]:
    """The files that stand together in one element or image-set."""
    for document in plan.documents.values():
        families: dict[int, set[str]] = {}
        for use in document.uses:
            families.setdefault(use.family, set()).update(links.pictures(document, use))
        yield from (family for family in families.values() if len(family) > 1)
