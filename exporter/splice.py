"""Edits by position: apply them once, and take them back byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# One edit as it stands in `edits.json`: the offset and length of what was written, in
# bytes of the output, and the bytes it replaced as Latin-1 text.
Record = tuple[int, int, str]


@dataclass(frozen=True, order=True)
class Edit:
    """Replace `text[start:end]` by `replacement`; `start == end` inserts."""

    start: int
    end: int
    replacement: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with every edit made, all positions being those of `text` itself.

    Raises:
        ValueError: an edit lies outside the text or overlaps another one.
    """
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits):
        if not at <= edit.start <= edit.end <= len(text):
            raise ValueError(
                f"edit {edit.start}..{edit.end} overlaps another or lies outside the text "
                f"of {len(text)} characters"
            )
        pieces += (text[at : edit.start], edit.replacement)
        at = edit.end
    pieces.append(text[at:])
    return "".join(pieces)


def records(text: str, edits: Iterable[Edit], codec: str) -> list[Record]:
    """Describe edits of `text` so that `undo` can find them in the encoded output.

    Args:
        codec: the codec that turns `text` into the bytes of the file; it must be stateless,
            so that encoding the pieces one by one gives the bytes of the whole.
    """
    described: list[Record] = []
    offset = at = 0
    for edit in sorted(edits):
        offset += len(text[at : edit.start].encode(codec))
        written = len(edit.replacement.encode(codec))
        original = text[edit.start : edit.end].encode(codec).decode("latin-1")
        described.append((offset, written, original))
        offset += written
        at = edit.end
    return described


def undo(edits: Sequence[Record], data: bytes) -> bytes:
    """Give back the file as it was before the export.

    Args:
        edits: the file's records from `edits.json`, in order of offset.
        data: the exported file.

    Raises:
        ValueError: the records do not fit the data; the file was changed since.
    """
    pieces: list[bytes] = []
    at = 0
    for offset, length, original in edits:
        if not at <= offset <= offset + length <= len(data):
            raise ValueError(f"edit at byte {offset} does not fit a file of {len(data)} bytes")
        pieces += (data[at:offset], original.encode("latin-1"))
        at = offset + length
    pieces.append(data[at:])
    return b"".join(pieces)
