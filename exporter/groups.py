"""Which files show the same picture, so that one payload serves them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from exporter.policy import Facts, same_picture


@dataclass(frozen=True)
class Group:
    """Files that show the same picture, as `srcset` candidates do: one payload for all.

    Attributes:
        leader: the largest, which is encoded.
        members: all of them, sorted.
    """

    leader: str
    members: tuple[str, ...]


def alike(
    facts: Mapping[str, Facts], digests: Mapping[str, str], families: Iterable[set[str]]
) -> list[list[str]]:
    """Join files of equal content, and those of one family that show the same picture.

    Args:
        digests: of the files' content.
        families: files that stand together in one element or image-set.
    """
    leader_of: dict[str, str] = {path: path for path in facts}

    def find(path: str) -> str:
        while leader_of[path] != path:
            path = leader_of[path]
        return path

    by_digest: dict[str, str] = {}
    for path, digest in digests.items():
        leader_of[path] = find(by_digest.setdefault(digest, path))
    for family in families:
        subjects: list[str] = []
        for path in by_size(family, facts):
            known = (one for one in subjects if same_picture(facts[one], facts[path]))
            if subject := next(known, None):
                leader_of[find(path)] = find(subject)
            else:
                subjects.append(path)
    joined: dict[str, list[str]] = {}
    for path in sorted(facts):
        joined.setdefault(find(path), []).append(path)
    return list(joined.values())


def settle(members: Iterable[str], facts: Mapping[str, Facts]) -> Iterator[Group]:
    """The groups among files that show one picture, the largest file's first.

    One payload answers each width with one height, so a file with another height is alone.
    """
    heights: dict[int, int] = {}
    together: list[str] = []
    alone: list[str] = []
    for path in by_size(members, facts):
        height = heights.setdefault(facts[path].width, facts[path].height)
        (together if height == facts[path].height else alone).append(path)
    yield Group(together[0], tuple(sorted(together)))
    for path in alone:
        yield Group(path, (path,))


def by_size(paths: Iterable[str], facts: Mapping[str, Facts]) -> list[str]:
    """The largest picture first, and of equals the one with the most bytes."""
    return sorted(
        paths, key=lambda path: (-facts[path].width * facts[path].height, -facts[path].size, path)
    )
