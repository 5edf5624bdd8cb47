"""The exporter's commands of `plic`."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NoReturn

import click

from exporter.cache import Cache
from exporter.export import Result
from exporter.export import export as export_site
from exporter.folder import FolderError, check_output, scan
from exporter.home import HomeError
from exporter.pack_codec import PackCodec
from exporter.plan import Plan, make_plan
from exporter.progress import encoding_bar, looking_bar
from exporter.report import readable_bytes, share
from exporter.shim import ShimError
from plic_web.engine import EngineError


@click.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@click.option(
    "--dry-run", is_flag=True, help="Show what would become of each picture; write nothing."
)
@click.option(
    "--bpp",
    type=click.FloatRange(0, 8, min_open=True),
    help="Bits per pixel to aim at; the encoder's own choice without it.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=lambda: os.cpu_count() or 1,
    show_default=False,
    help="Pictures worked on at a time [the cores].",
)
@click.option(
    "--url", help="Where the site is published, if its pages name pictures by full addresses."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def export(
    site: Path,
    out: Path,
    dry_run: bool,
    bpp: float | None,
    jobs: int,
    url: str | None,
    as_json: bool,
) -> None:
    """Export the static site in folder SITE with its pictures as payloads.

    The folder given by --out gets the whole site: every file as it was, pages and stylesheets
    with the addresses of their pictures edited, and what those need in _plic/. An earlier
    export there is replaced when the new one is complete.
    """
    try:
        if dry_run:
            check_output(out, site)
            with looking_bar() as looking:
                plan = make_plan(scan(site), Cache.of(out), jobs, looking, url)
            click.echo(_json(_decisions(plan)) if as_json else _table(plan))
            return
        codec = PackCodec(bpp=bpp)
        with looking_bar() as looking, encoding_bar() as encoding:
            result = export_site(
                site, out, codec, jobs=jobs, looking=looking, encoding=encoding, url=url
            )
    except (FolderError, HomeError, ShimError, EngineError) as error:
        _refuse(str(error))
    except BrokenProcessPool:
        _refuse("a worker process was killed, perhaps for want of memory; try again with --jobs 1")
    except OSError as error:
        _refuse(f"{error.filename or out}: {error.strerror}")
    click.echo(_json(_summary(result)) if as_json else _sentence(result, out))


def _refuse(message: str) -> NoReturn:
    click.echo(f"plic export: {message}", err=True)
    sys.exit(2)


def _decisions(plan: Plan) -> dict[str, Any]:
    return {
        "pictures": {
            path: {
                "decision": decision.action,
                "reason": decision.reason,
                "bytes": plan.facts[path].size,
                "width": plan.facts[path].width,
                "height": plan.facts[path].height,
            }
            for path, decision in plan.decisions.items()
        },
        "payloads": len(plan.groups),
        "left_alone": [list(left) for left in sorted(plan.left_alone)],
        "refused": plan.site.refused,
    }


def _table(plan: Plan) -> str:
    """The decisions in columns, one picture a line."""
    rows = [("DECISION", "SIZE", "BYTES", "PICTURE", "REASON")]
    for path, decision in sorted(plan.decisions.items()):
        facts = plan.facts[path]
        size = f"{facts.width}x{facts.height}" if facts.width else "-"
        rows.append((decision.action, size, readable_bytes(facts.size), path, decision.reason))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    ]
    lines += [
        f"left alone  {file}{': ' + address if address else ''}: {reason}"
        for file, address, reason in sorted(plan.left_alone)
    ]
    lines += [f"refused  {path}: {reason}" for path, reason in sorted(plan.site.refused.items())]
    lines.append(f"{len(plan.groups)} payloads for {len(plan.decisions)} picture files")
    return "\n".join(lines)


def _summary(result: Result) -> dict[str, Any]:
    total = result.figures.total
    return {
        "payloads": len(result.converted.pictures),
        "conventional": len(result.plan.facts) - len(result.converted.replaced.payloads),
        "pages": result.pages,
        "left_alone": len(result.plan.left_alone) + len(result.plan.site.refused),
        "bytes": {
            "before": total.before,
            "to_edge": total.to_edge,
            "to_reader": total.to_reader,
        },
    }


def _sentence(result: Result, out: Path) -> str:
    total, counts = result.figures.total, _summary(result)
    return (
        f"{counts['payloads']} payloads on {counts['pages']} pages; "
        f"{readable_bytes(total.before)} before, "
        f"{readable_bytes(total.to_edge)} to the edge ({share(total.to_edge, total.before)}), "
        f"{readable_bytes(total.to_reader)} to the reader "
        f"({share(total.to_reader, total.before)}). Report: {out / '_plic' / 'report.html'}"
    )


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, indent=1)
