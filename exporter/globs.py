"""Globs over the paths of a site: `photos/*.jpg`, `blog/**`, `**/*.png`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

# `**/` also stands for no folder at all, so that `**/*.png` finds those at the top.
_PARTS = re.compile(r"(\*\*/)|(\*\*)|(\*)|(\?)|(\[!?\]?[^\]/]*\])")


def matches(path: str, globs: Iterable[str]) -> bool:
    """True if one of the globs stands for the path, which is written with "/".

    `*` and `?` stop at a "/", `**` does not, `[abc]` and `[!abc]` stand for one character; a
    glob that ends in "/" stands for all below that folder.
    """
    return any(_pattern(glob).fullmatch(path) for glob in globs)


@functools.lru_cache(maxsize=1024)
def _pattern(glob: str) -> re.Pattern[str]:
    glob = glob.lstrip("/")
    if glob.endswith("/"):
        glob += "**"
    pieces: list[str] = []
    at = 0
    for found in _PARTS.finditer(glob):
        pieces += [re.escape(glob[at : found.start()]), _translated(found)]
        at = found.end()
    return re.compile("".join([*pieces, re.escape(glob[at:])]), re.S)


def _translated(found: re.Match[str]) -> str:
    if found[5]:
        negated = found[5].startswith("[!")
        inside = re.escape(found[5][2 if negated else 1 : -1]).replace(r"\-", "-")
        return f"(?!/)[{'^' if negated else ''}{inside}]"
    return ("(?:.*/)?", ".*", "[^/]*", "[^/]")[(found.lastindex or 1) - 1]
