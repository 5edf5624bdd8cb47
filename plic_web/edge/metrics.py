"""Counters shared by the edge's processes, and their Prometheus text.

Each process writes its own small file of doubles in the runtime folder through shared memory;
whoever is asked for /metrics adds the files up. So a worker or decoder that dies loses no
counts, nobody waits for anybody, and no process serves numbers of its own only.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text 0.0.4).
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
import threading
from bisect import bisect_left
from pathlib import Path

ROUTES = ("rendition", "export", "site", "healthz", "readyz", "metrics", "other")
STATUSES = (200, 206, 304, 308, 400, 404, 405, 413, 416, 429, 500, 503, "other")
REFUSED = ("ClientBusy", "Busy", "Unreadable", "DecodeFailed")
#: Upper bounds of the decode histogram, seconds: a lite decode takes about one.
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)

_HELP = {
    "plic_requests_total": ("counter", "Requests answered, by route and status."),
    "plic_refused_total": ("counter", "Decode requests refused, by reason."),
    "plic_decodes_total": ("counter", "Decodes finished, failed ones included."),
    "plic_single_flight_joins_total": ("counter", "Requests that joined a decode under way."),
    "plic_abandoned_total": ("counter", "Queued decodes dropped: nobody waited any more."),
    "plic_cache_hits_total": ("counter", "Pictures answered from the disk cache."),
    "plic_cache_misses_total": ("counter", "Pictures that the disk cache did not have."),
    "plic_decode_seconds": ("histogram", "Seconds of one decode, encoding included."),
    "plic_queue_length": ("gauge", "Decodes waiting."),
    "plic_decoder_up": ("gauge", "1 when the decode process answers."),
    "plic_cache_bytes": ("gauge", "Bytes in the disk cache."),
}

_SERIES = (
    *(
        f'plic_requests_total{{route="{route}",status="{status}"}}'
        for route in ROUTES
        for status in STATUSES
    ),
    *(f'plic_refused_total{{reason="{reason}"}}' for reason in REFUSED),
    "plic_decodes_total",
    "plic_single_flight_joins_total",
    "plic_abandoned_total",
    "plic_cache_hits_total",
    "plic_cache_misses_total",
    *(f'plic_decode_seconds_bucket{{le="{bound}"}}' for bound in (*BUCKETS, "+Inf")),
    "plic_decode_seconds_sum",
    "plic_decode_seconds_count",
)
_SLOT = {name: index for index, name in enumerate(_SERIES)}
_LAYOUT = struct.Struct(f"={len(_SERIES)}d")


class Metrics:
    """One process's counters, in a file of its own under `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        descriptor, _ = tempfile.mkstemp(suffix=".counts", dir=folder)
        try:
            os.ftruncate(descriptor, _LAYOUT.size)
            self._values = memoryview(mmap.mmap(descriptor, _LAYOUT.size)).cast("d")
        finally:
            os.close(descriptor)

    def add(self, series: str, amount: float = 1.0) -> None:
        """Count. `series` is the full name with its labels, one of those fixed above."""
        with self._lock:
            self._values[_SLOT[series]] += amount

    def request(self, route: str, status: int) -> None:
        """Count one answered request."""
        label = status if status in STATUSES else "other"
        self.add(f'plic_requests_total{{route="{route}",status="{label}"}}')

    def decode(self, seconds: float) -> None:
        """Count one decode and its time."""
        first = bisect_left(BUCKETS, seconds)
        for bound in (*BUCKETS, "+Inf")[first:]:  # Prometheus buckets are cumulative
            self.add(f'plic_decode_seconds_bucket{{le="{bound}"}}')
        self.add("plic_decode_seconds_sum", seconds)
        self.add("plic_decode_seconds_count")
        self.add("plic_decodes_total")

    def text(self, gauges: dict[str, float]) -> str:
        """The sum over all processes, with `gauges` read by the caller, as Prometheus text.

        The line end of the last line is the caller's.
        """
        totals = [0.0] * len(_SERIES)
        for path in self._folder.glob("*.counts"):
            data = path.read_bytes()
            if len(data) == _LAYOUT.size:
                totals = [a + b for a, b in zip(totals, _LAYOUT.unpack(data), strict=True)]
        samples = dict(zip(_SERIES, totals, strict=True)) | gauges
        lines = []
        for family, (kind, text) in _HELP.items():
            lines += [f"# HELP {family} {text}", f"# TYPE {family} {kind}"]
            for name, value in samples.items():
                # A request series that never happened would be noise: 98 zeros a scrape.
                if _family(name) == family and (value or family != "plic_requests_total"):
                    lines.append(f"{name} {value:g}" if value < 1e6 else f"{name} {value:.0f}")
        return "\n".join(lines)


def _family(series: str) -> str:
    name = series.partition("{")[0]
    for suffix in ("_bucket", "_sum", "_count"):
        if name.startswith("plic_decode_seconds"):
            name = name.removesuffix(suffix)
    return name
