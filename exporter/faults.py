"""What is wrong with a site itself, as opposed to what an export leaves alone on purpose."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.charset import CharsetError, read_text
from exporter.plan import Plan

# What `exporter.pictures` says of damaged files and of those over its limits; its other
# problems ("animated", "vector") are no fault of the file.
_DAMAGED = ("cannot be decoded", "; at most ")


def faults_of(plan: Plan) -> Iterator[tuple[str, str]]:
    """(file, reason) of all that could not be read or followed, by file.

    Links out of the site, files without permission, damaged pictures and bombs, addresses that
    name no file, documents in encodings that cannot be edited safely.
    """
    yield from sorted({*plan.site.refused.items(), *_pictures(plan), *_documents(plan)})


def _pictures(plan: Plan) -> Iterator[tuple[str, str]]:
    for path, facts in plan.facts.items():
        if any(words in facts.problem for words in _DAMAGED):
            yield path, facts.problem


def _documents(plan: Plan) -> Iterator[tuple[str, str]]:
    for path, address, reason in plan.left_alone:
        document = plan.documents.get(path)
        if document is None:
            if not address and _is_unreadable(plan, path, reason):
                yield path, reason
        elif address and (address, reason) not in document.passed_over:
            yield path, f"{address}: {reason}"


def _is_unreadable(plan: Plan, path: str, reason: str) -> bool:
    """Whether a document was left alone for its encoding, and not on purpose."""
    try:
        read_text((plan.site.root / path).read_bytes())
    except CharsetError as error:
        return str(error) == reason
    return False
