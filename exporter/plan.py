"""What an export will do, before it does anything: documents, pictures, decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from exporter.addresses import AddressError, ElsewhereError, Home, file_of
from exporter.cache import Cache, key
from exporter.charset import CharsetError
from exporter.documents import Document, Slot, read_stylesheet
from exporter.folder import Site
from exporter.home import find_home
from exporter.pages import names_picture, read_page
from exporter.policy import Decision, Facts, decide, inspect, same_picture
from exporter.svg_files import SvgError, read_svg
from exporter.work import parallel

PAGE_SUFFIXES = (".html", ".htm")
STYLESHEET_SUFFIXES = (".css",)

# Called with the number of items done and of all items.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Group:
    """Files that show the same picture, as `srcset` candidates do: one payload for all.

    Attributes:
        leader: the largest, which is encoded.
        members: all of them, sorted.
    """

    leader: str
    members: tuple[str, ...]


@dataclass
class Plan:
    """Everything known before the first picture is encoded.

    Attributes:
        documents: the pages and stylesheets that can be edited, by path.
        targets: the picture file that a slot names, by document and position of the slot.
        linked: for each document, the site's stylesheets that it loads.
        left_alone: (document, address, reason) of what was passed over.
    """

    site: Site
    home: Home | None = None
    documents: dict[str, Document] = field(default_factory=dict)
    targets: dict[tuple[str, int], str] = field(default_factory=dict)
    linked: dict[str, list[str]] = field(default_factory=dict)
    left_alone: set[tuple[str, str, str]] = field(default_factory=set)
    facts: dict[str, Facts] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
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
    site: Site, cache: Cache, jobs: int, progress: Progress, url: str | None = None
) -> Plan:
    """Read the site's documents, look at every picture that they show and decide.

    Args:
        url: the address at which the site is published; looked for in the site without it.

    Raises:
        HomeError: `url` is no address of a site.
    """
    plan = Plan(site, find_home(site, url))
    for path in site.files:
        _read_document(plan, path)
    _read_drawings(plan)
    _resolve(plan)
    _look(plan, cache, jobs, progress)
    plan.decisions = {path: decide(path, facts) for path, facts in plan.facts.items()}
    plan.groups = _groups(plan)
    return plan


def _read_document(plan: Plan, path: str) -> None:
    suffix = PurePosixPath(path).suffix.lower()
    if suffix not in PAGE_SUFFIXES + STYLESHEET_SUFFIXES:
        return
    data = (plan.site.root / path).read_bytes()
    try:
        if suffix in STYLESHEET_SUFFIXES:
            plan.documents[path] = read_stylesheet(path, data, plan.home)
            return
        page = read_page(path, data, plan.home)
    except CharsetError as error:
        plan.left_alone.add((path, "", str(error)))
        return
    if page.head_at is None and page.uses:
        reason = "a fragment without html, head or body: which page shows it is not known"
        plan.left_alone.add((path, "", reason))
    if page.head_at is not None:
        plan.documents[path] = page


def _read_drawings(plan: Plan) -> None:
    """Read the SVG files; as a picture, one loads nothing from other files."""
    embedded = {
        path
        for document in plan.documents.values()
        for path in _files(plan, document, document.embedded)
    }
    for path in plan.site.files:
        if PurePosixPath(path).suffix.lower() != ".svg":
            continue
        try:
            drawing = read_svg(path, (plan.site.root / path).read_bytes(), plan.home)
        except (CharsetError, SvgError) as error:
            plan.left_alone.add((path, "", str(error)))
            continue
        if path not in embedded:
            drawing.pass_over(0, "stands in an SVG file that no page embeds")
        plan.documents[path] = drawing


def _resolve(plan: Plan) -> None:
    """Find the files that addresses name."""
    sealed: set[str] = set()
    for document in plan.documents.values():
        plan.linked[document.path] = list(_files(plan, document, document.stylesheets))
        sealed.update(_files(plan, document, document.sealed))
    for path in sorted(sealed & plan.documents.keys()):
        reason = "its bytes are fixed by an integrity attribute"
        plan.left_alone.add((path, "", reason))
        plan.documents[path].uses.clear()
    passed_over: set[str] = set()
    for document in plan.documents.values():
        for address, reason in document.passed_over:
            for path in _files(plan, document, [address]):
                plan.left_alone.add((document.path, address, reason))
                passed_over.add(path)
        for use in document.uses:
            for slot in use.slots:
                _resolve_slot(plan, document, slot)
    known = passed_over.union(plan.targets.values())
    for path in filter(names_picture, plan.site.files):
        if path not in known:
            reason = "no page or stylesheet that is edited names it; a script may"
            plan.left_alone.add((path, "", reason))


def _files(plan: Plan, document: Document, addresses: Iterable[str]) -> Iterator[str]:
    """Those of the addresses that name files of the site."""
    for address in addresses:
        try:
            yield file_of(address, document.place, plan.site.root)
        except AddressError:
            continue


def _resolve_slot(plan: Plan, document: Document, slot: Slot) -> None:
    try:
        path = file_of(slot.address, document.place, plan.site.root)
    except ElsewhereError:
        return
    except AddressError as error:
        plan.left_alone.add((document.path, slot.address, str(error)))
        return
    plan.targets[document.path, slot.start] = path


def _look(plan: Plan, cache: Cache, jobs: int, progress: Progress) -> None:
    """Inspect every picture file once, those that an earlier export knew not at all."""
    paths = sorted(set(plan.targets.values()))
    plan.digests = {path: _digest(plan.site.root / path) for path in paths}
    names = {path: key("facts", digest) for path, digest in plan.digests.items()}
    unknown = [path for path in paths if cache.get(names[path]) is None]
    once = list({names[path]: path for path in unknown}.values())
    results = parallel(inspect, [plan.site.root / path for path in once], jobs)
    for done, (position, facts) in enumerate(results, start=1):
        cache.put(names[once[position]], facts.to_json())
        progress(done, len(once))
    plan.facts = {path: Facts(**cache.get(names[path])) for path in paths}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _groups(plan: Plan) -> list[Group]:
    """Join files that show the same picture and decide for each group as for its largest."""
    leader_of: dict[str, str] = {path: path for path in plan.facts}

    def find(path: str) -> str:
        while leader_of[path] != path:
            path = leader_of[path]
        return path

    by_digest: dict[str, str] = {}
    for path, digest in plan.digests.items():
        leader_of[path] = find(by_digest.setdefault(digest, path))
    for family in _families(plan):
        subjects: list[str] = []
        for path in sorted(family, key=partial(_rank, plan)):
            facts = plan.facts[path]
            known = (one for one in subjects if same_picture(plan.facts[one], facts))
            if subject := next(known, None):
                leader_of[find(path)] = find(subject)
            else:
                subjects.append(path)
    joined: dict[str, list[str]] = {}
    for path in sorted(plan.facts):
        joined.setdefault(find(path), []).append(path)
    return [group for members in joined.values() for group in _settle(plan, members)]


def _families(plan: Plan) -> Iterator[set[str]]:
    """The files that stand together in one element or image-set."""
    for document in plan.documents.values():
        families: dict[int, set[str]] = {}
        for use in document.uses:
            found = {plan.target(document, slot) for slot in use.slots}
            families.setdefault(use.family, set()).update(path for path in found if path)
        yield from (family for family in families.values() if len(family) > 1)


def _rank(plan: Plan, path: str) -> tuple[int, int, str]:
    """Sorts the largest picture first, and of equals the one with the most bytes."""
    facts = plan.facts[path]
    return -facts.width * facts.height, -facts.size, path


def _settle(plan: Plan, members: list[str]) -> Iterator[Group]:
    """The payload groups among files that show one picture."""
    leader = min(members, key=partial(_rank, plan))
    decision = plan.decisions[leader]
    heights: dict[int, int] = {}
    together: list[str] = []
    for path in sorted(members, key=partial(_rank, plan)):
        facts = plan.facts[path]
        # One payload answers each width with one height.
        if heights.setdefault(facts.width, facts.height) == facts.height:
            together.append(path)
            plan.decisions[path] = decision
        elif plan.decisions[path].action == "payload":
            yield Group(path, (path,))
    if decision.action == "payload":
        yield Group(leader, tuple(sorted(together)))
