"""What ``plic eval --speed`` finds out, as rows and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.table import table

Job = Literal["encode", "decode"]


@dataclass(frozen=True)
class SpeedRow:
    """One codec doing one job at one size. Times are medians, in seconds.

    Attributes:
        codec: a pack's id, "ID (previous)" for another pack of the same id, or "AVIF".
        cold: from the start of a fresh process to its first result: interpreter, imports and
            the loading of the pack included.
        warm: of further runs in the same process.
        memory_mb: the process's peak, in megabytes of 10^6 bytes.
        bytes: of the file that is made or read.
        to_avif: warm time over AVIF's decode of the same picture in at most as many bytes, or
            in AVIF's fewest.
        to_previous: warm time over the previous pack's.
    """

    width: int
    height: int
    job: Job
    codec: str
    cold: float
    warm: float
    memory_mb: float
    bytes: int
    to_avif: float | None
    to_previous: float | None


def speed_cells(rows: Sequence[SpeedRow]) -> list[list[str]]:
    """The table's cells as text, its head first; a column of ratios only where there are some."""
    head = ["size", "codec", "job", "bytes", "cold, s", "warm, s", "memory, MB", "× AVIF decode"]
    head += ["× previous"] * any(row.to_previous for row in rows)
    return [head, *(_cells(row)[: len(head)] for row in rows)]


def _cells(row: SpeedRow) -> list[str]:
    return [
        f"{row.width}×{row.height}",
        row.codec,
        row.job,
        f"{row.bytes:,}",
        _seconds(row.cold),
        _seconds(row.warm),
        f"{row.memory_mb:.0f}",
        _ratio(row.to_avif),
        _ratio(row.to_previous),
    ]


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f}" if seconds >= 0.1 else f"{seconds:.4f}"


def _ratio(ratio: float | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2f}"


def speed_table(rows: Sequence[SpeedRow]) -> str:
    """The table in plain text, for the terminal."""
    head, *body = speed_cells(rows)
    return table(head, body)
