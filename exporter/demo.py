"""The demonstration: exports the demo site, serves it, and on request checks it in a browser."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from exporter.browser_check import PATIENCE, BrowserMissingError, check_site, chromium
from exporter.convert import Progress as ConvertProgress
from exporter.export import Result, export
from exporter.figures import SiteFigures
from exporter.pack_codec import PackCodec
from exporter.plan import Progress as PlanProgress
from exporter.report import readable_bytes, share
from exporter.screenshot import side_by_side

DEMO_SITE = Path(__file__).resolve().parents[1] / "demo_site"

#: Seconds until the edge must answer, loading of the pack included, and until it must end.
_START_SECONDS = 120
_END_SECONDS = 30
#: A check asks for everything at once, several times as fast as readers do.
_CHECK_SETTINGS = {"PLIC_CLIENT_LIMIT": "256", "PLIC_QUEUE_SIZE": "256", "PLIC_DEADLINE": "180"}
_SERVE = "from plic_web.cli import main; main()"


class DemoError(RuntimeError):
    """The demonstration could not run, or its check found something wrong."""


def export_demo(
    out: Path, *, jobs: int, looking: PlanProgress, encoding: ConvertProgress
) -> Result:
    """Export the demo site to `out`.

    Args:
        jobs: processes that encode.
        looking, encoding: told of the progress.

    Raises:
        DemoError: the site is not there.
        FolderError, ShimError, EngineError: as `export`.
    """
    if not DEMO_SITE.is_dir():
        raise DemoError(f"{DEMO_SITE}: no such folder; the demo runs from a checkout of plic")
    return export(DEMO_SITE, out, PackCodec(), jobs=jobs, looking=looking, encoding=encoding)


def check_demo(out: Path, result: Result) -> str:
    """Serve an export on a free port and visit every page as every reader.

    Returns:
        One line of figures.

    Raises:
        DemoError: something is not as it should be, one line each.
    """
    manifest = json.loads((out / "_plic" / "manifest.json").read_bytes())
    started = time.monotonic()
    try:
        with chromium() as browser, running_edge(out) as address:
            check = check_site(browser, address, manifest)
            decodes = _decodes(address)
    except BrowserMissingError as error:
        raise DemoError(str(error)) from error
    if check.wrong:
        raise DemoError("\n".join(check.wrong))
    total = result.figures.total
    return (
        f"{len(manifest['pages'])} pages, {len(check.reconstructed)} pictures; "
        f"{readable_bytes(total.before)} before, {readable_bytes(total.to_edge)} to the edge, "
        f"{readable_bytes(total.to_reader)} to the reader; {decodes}; "
        f"checked in {time.monotonic() - started:.0f} s"
    )


def hops_table(figures: SiteFigures) -> str:
    """Bytes of every page's first visit on each hop, in columns."""
    rows = [("PAGE", "BEFORE", "TO THE EDGE", "", "TO THE READER", "")]
    for name, hops in [*sorted(figures.pages.items()), ("all pages", figures.total)]:
        counts = (hops.before, hops.to_edge, hops.to_reader)
        before, to_edge, to_reader = (readable_bytes(count) for count in counts)
        shares = (share(count, hops.before) for count in counts[1:])
        rows.append((name, before, to_edge, next(shares), to_reader, next(shares)))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0])]
            + [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
        ).rstrip()
        for row in rows
    )


@contextmanager
def running_edge(out: Path) -> Iterator[str]:
    """`plic serve` in a process of its own on a free port, its cache empty; its address.

    Raises:
        DemoError: it does not start; with what it said.
    """
    with tempfile.TemporaryDirectory(prefix="plic-demo-") as scratch:
        complaints = Path(scratch, "stderr")
        with complaints.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-c", _SERVE, "serve", str(out), "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=os.environ | _CHECK_SETTINGS | {"PLIC_CACHE_DIR": str(Path(scratch, "cache"))},
                start_new_session=True,
            )
        try:
            address = _wait_for_address(process)
            if address is None:
                raise DemoError(f"the edge did not start: {complaints.read_text() or 'no answer'}")
            yield address
        finally:
            _end(process)


def _wait_for_address(process: subprocess.Popen[bytes]) -> str | None:
    """The address that the edge prints once it can answer, or None."""
    assert process.stdout is not None
    said = b""
    deadline = time.monotonic() + _START_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        if select.select([process.stdout], [], [], left)[0]:
            piece = os.read(process.stdout.fileno(), 4096)
            if not piece:
                return None
            said += piece
            if found := re.search(rb"http://\S+?(?=/?\s)", said):
                return found[0].decode()
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the edge and everything that it started."""
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    finally:
        if process.stdout is not None:
            process.stdout.close()


def _decodes(address: str) -> str:
    """What the edge's own counters say of its decodes."""
    with urlopen(f"{address}/metrics", timeout=PATIENCE / 1000) as answer:
        metrics = _numbers(answer.read().decode())
    count = metrics["plic_decode_seconds_count"]
    mean = metrics["plic_decode_seconds_sum"] / max(1, count)
    bounds = re.compile(r'plic_decode_seconds_bucket\{le="(.+)"\}')
    slowest = min(
        float(found[1])
        for name, value in metrics.items()
        if (found := bounds.fullmatch(name)) and value == count
    )
    return f"{count:.0f} decodes, {mean:.2f} s on average, none over {slowest:g} s"


def _numbers(text: str) -> dict[str, float]:
    """Prometheus text as a dictionary."""
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def take_screenshot(out: Path, target: Path) -> None:
    """Write the gallery page as it arrives beside the same page when it is there.

    Args:
        out: the exported demo site.
        target: the image file to write; its suffix chooses the format.
    """
    with chromium() as browser, running_edge(out) as address:
        side_by_side(browser, f"{address}/gallery.html").save(target, quality=70, method=6)
