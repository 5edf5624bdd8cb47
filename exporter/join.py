"""Joins ES modules into one and takes out what a browser does not need.

The sources in ``static/`` are plain ES modules that a browser runs as they are. Shipped one by
one they would cost a reader nine requests, two of them in a row, and a third more bytes. Joining
is textual: imports between the modules are dropped, ``export`` is taken off, and white space and
comments go where the grammar does not need them. The tests parse both forms and compare the
syntax trees, so what is shipped is what was written.
"""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r"^import \{[^}]*\} from '\./([\w-]+\.js)';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)

_TOKEN = re.compile(
    r"""
    (?P<space>(?:\s|//[^\n]*|/\*.*?\*/)+)
  | (?P<literal>
        '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*" | `(?:\\.|[^`\\])*`
      | (?<=[(,=:\[!&|?])/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*
    )
  | (?P<word>[\w$.]+)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# A line end after one of the first, or before one of the second, ends no statement by itself.
_OPENS = frozenset(";{,([=>&|?:*")
_CLOSES = frozenset(")}].,;=<>&|?:*")


def join_modules(folder: Path, entry: str) -> str:
    """The source of `entry` with everything that it imports before it, each module once.

    Modules share one scope afterwards, so their top-level names must differ. Late imports
    (``import('./name.js')``) stay as they are.

    Raises:
        OSError: a module cannot be read.
    """
    parts: dict[str, str] = {}

    def visit(name: str) -> None:
        source = (folder / name).read_text("utf-8")
        for imported in _IMPORT.findall(source):
            if imported not in parts:
                visit(imported)
        parts[name] = _EXPORT.sub("", _IMPORT.sub("", source))

    visit(entry)
    return "".join(parts.values())


def compact(source: str) -> str:
    """`source` without comments, optional white space, trailing commas and last semicolons."""
    out: list[str] = []
    gap = ""
    for match in _TOKEN.finditer(source):
        token = match[0]
        if match.lastgroup == "space":
            gap = "\n" if "\n" in token else " "
            continue
        before = out[-1] if out else ";"
        if (token in (")", "]", "}") and before == ",") or (token == "}" and before == ";"):
            out.pop()
        elif _needed(gap, before[-1], token[0]):
            out.append(gap)
        out.append(token)
        gap = ""
    return "".join(out)


def _needed(gap: str, before: str, after: str) -> bool:
    """Whether white space between two characters keeps tokens or statements apart."""
    if gap == "\n":
        return before not in _OPENS and after not in _CLOSES
    both_words = _is_word(before) and _is_word(after)
    return gap == " " and (both_words or (before == after and before in "+-"))


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_$"
