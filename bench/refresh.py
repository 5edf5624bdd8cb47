"""Rewrite the figures of a Markdown page in place, between the marks of their set.

A page holds ``<!-- eval: NAME -->`` and ``<!-- end of eval: NAME -->`` on lines of their own;
what stands between is replaced by a run's command, machine and table of means.
"""

from __future__ import annotations

from pathlib import Path

from bench.errors import BenchError
from bench.report import Evaluation, summary_table
from plic_web.commands.files import write_whole


def check_marks(page: Path, name: str) -> None:
    """Raise BenchError if ``page`` lacks the marks of the set ``name``: before hours of work."""
    _split(page, name)


def refresh(page: Path, name: str, evaluation: Evaluation) -> None:
    """Replace the figures of the set ``name`` in ``page``. Raises BenchError without its marks."""
    before, after = _split(page, name)
    write_whole(page, f"{before}{figures(evaluation)}{after}".encode())


def _split(page: Path, name: str) -> tuple[str, str]:
    """The page up to and with the first mark, and from the second on."""
    text = page.read_text("utf-8")
    begin, end = f"<!-- eval: {name} -->\n", f"<!-- end of eval: {name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise BenchError(f"{page}: lacks the lines {begin.strip()} and {end}")
    return before + begin, end + after


def figures(evaluation: Evaluation) -> str:
    """The block of Markdown: how the figures came about, and the means."""
    lines = [
        "",
        "```sh",
        evaluation.command,
        "```",
        "",
        f"{evaluation.title}. {evaluation.machine}.",
        "",
        summary_table(evaluation, markdown=True),
        "",
    ]
    lines += [f"Left blank: {line}." for line in evaluation.missing]
    return "\n".join(lines) + "\n"
