"""Encoding and recompressing all pictures of a plan, with what an earlier export left."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from exporter.attempts import Attempt
from exporter.cache import Cache, digests_of, key
from exporter.codec import Codec
from exporter.conventional import RecompressTask, recompress
from exporter.folder import PLIC
from exporter.payloads import Encoded, EncodeTask, encode
from exporter.plan import Group, Plan
from exporter.policy import Decision
from exporter.prompt import clean, prompt_of
from exporter.rewrite import Replacements
from exporter.settings import Wish
from exporter.work import parallel

# Called with the pictures done, all of them, and the bytes saved on the way to the edge.
Progress = Callable[[int, int, int], None]


@dataclass
class Picture:
    """One payload and what is known of it.

    Attributes:
        sizes: width to (width, height): the sizes in which the site uses the picture.
        reader_bytes: by width, what an edge sends to a reader.
        original: path of the largest of its files.
        attempts: what the gate compared, the one that ships last; none with the gate off.
    """

    digest: str
    profile: str
    payload: bytes
    original: str
    sizes: dict[int, tuple[int, int]]
    reader_bytes: dict[int, int]
    attempts: tuple[Attempt, ...] = ()


@dataclass
class Converted:
    """What the pictures of a site became.

    Attributes:
        files: to write, by name below `_plic/`.
        decisions: the plan's, with what was found while encoding.
        rejected: by path, what the gate compared of pictures that did not pass.
    """

    pictures: dict[str, Picture] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    replaced: Replacements = field(default_factory=Replacements)
    decisions: dict[str, Decision] = field(default_factory=dict)
    rejected: dict[str, tuple[Attempt, ...]] = field(default_factory=dict)


def convert(plan: Plan, codec: Codec, cache: Cache, jobs: int, progress: Progress) -> Converted:
    """Encode every group of the plan and recompress what stays conventional."""
    converted = Converted(decisions=dict(plan.decisions))
    for group, encoded in _encode_all(plan, codec, cache, jobs, progress):
        problem = encoded.problem or _add(plan, converted, group, encoded)
        if problem:
            for path in group.members:
                converted.decisions[path] = Decision("webp", problem)
                converted.rejected[path] = encoded.attempts
    _recompress_all(plan, converted, cache, jobs)
    return converted


def _encode_all(
    plan: Plan, codec: Codec, cache: Cache, jobs: int, progress: Progress
) -> list[tuple[Group, Encoded]]:
    tasks = [
        EncodeTask(
            path=plan.site.root / group.leader,
            size=plan.facts[group.leader].size,
            sizes=tuple(_sizes(plan, group)),
            marks=plan.facts[group.leader].marks,
            wish=_with_prompt(plan, group.leader),
            codec=codec,
        )
        for group in plan.groups
    ]
    names = [
        key("payload", codec.settings, plan.digests[group.leader], *task.to_json())
        for group, task in zip(plan.groups, tasks, strict=True)
    ]
    done: dict[int, Encoded] = {}
    for position, name in enumerate(names):
        record = cache.get(name)
        files = cache.files(record["files"]) if record else None
        if files is not None:
            done[position] = Encoded.from_json(record, files)
    missing = [position for position in range(len(names)) if position not in done]
    wanted = [tasks[position] for position in missing]
    saved = 0
    for count, (at, encoded) in enumerate(parallel(encode, wanted, jobs), start=1):
        done[missing[at]] = encoded
        cache.put(names[missing[at]], encoded.to_json())
        if not encoded.problem:
            saved += wanted[at].size - len(encoded.files[f"{encoded.digest}.plic"])
        progress(count, len(wanted), saved)
    return [(group, done[position]) for position, group in enumerate(plan.groups)]


def _with_prompt(plan: Plan, path: str) -> Wish:
    """The wish for a picture, its text complete: what its owner wrote, or what others say."""
    wish = plan.wishes[path]
    if wish.text:
        return replace(wish, text=clean(wish.text), said=None)
    return replace(
        wish, text=prompt_of(wish.said or "", path, plan.facts[path].marks) or None, said=None
    )


def _sizes(plan: Plan, group: Group) -> list[tuple[int, int]]:
    """The sizes of a group's files, sorted."""
    facts = (plan.facts[path] for path in group.members)
    return sorted({(found.width, found.height) for found in facts})


def _add(plan: Plan, converted: Converted, group: Group, encoded: Encoded) -> str:
    """Take over one encoded group; what hinders it, or ""."""
    sizes = {width: (width, height) for width, height in _sizes(plan, group)}
    known = converted.pictures.get(encoded.digest)
    # Two plain pictures may make the same payload; it answers each width with one height.
    if known and any(known.sizes.get(width, size) != size for width, size in sizes.items()):
        return "its payload equals that of another picture of other proportions"
    payload = encoded.files[f"{encoded.digest}.plic"]
    picture = known or Picture(
        encoded.digest, encoded.profile, payload, group.leader, {}, {}, encoded.attempts
    )
    converted.pictures[encoded.digest] = picture
    picture.sizes |= sizes
    picture.reader_bytes |= encoded.reader_bytes
    for name, data in encoded.files.items():
        converted.files.setdefault(name, data)
    for path in group.members:
        width = plan.facts[path].width
        converted.replaced.paths[path] = f"{PLIC}/{encoded.digest}/{width}.webp"
        converted.replaced.payloads[path] = encoded.digest
    return ""


def _recompress_all(plan: Plan, converted: Converted, cache: Cache, jobs: int) -> None:
    """Recompress what stays conventional, each different file once."""
    wanted = [path for path, found in sorted(converted.decisions.items()) if found.action == "webp"]
    recompressed = {
        path: RecompressTask(
            plan.site.root / path,
            plan.facts[path].size,
            converted.decisions[path].exact,
            plan.facts[path].marks,
        )
        for path in wanted
    }
    names = {
        path: key("webp", plan.digests[path], task.exact, [mark.to_json() for mark in task.marks])
        for path, task in recompressed.items()
    }
    results: dict[str, bytes | None] = {}
    for name in set(names.values()):
        record = cache.get(name)
        files = cache.files(record) if record is not None else None
        if files is not None:
            results[name] = next(iter(files.values()), None)
    missing = list({name: path for path, name in names.items() if name not in results}.values())
    tasks = [recompressed[path] for path in missing]
    for at, data in parallel(recompress, tasks, jobs):
        results[names[missing[at]]] = data
        cache.put(names[missing[at]], digests_of({_name(data): data} if data else {}))
    for path in wanted:
        data, decision = results[names[path]], converted.decisions[path]
        if data is None:
            converted.decisions[path] = Decision("leave", decision.reason, decision.exact)
        else:
            converted.files[_name(data)] = data
            converted.replaced.paths[path] = f"{PLIC}/{_name(data)}"


def _name(data: bytes) -> str:
    return f"{hashlib.sha256(data).hexdigest()[:16]}.webp"
