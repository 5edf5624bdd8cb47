"""`plic export`."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

import click

from exporter import dry_run as preview_text
from exporter.detect import available
from exporter.export_options import GroupedCommand, configuration_options
from exporter.folder import CONFIGURATION
from exporter.marks import SUBJECT, TEXT
from exporter.operation import OperationError, Order, Run, check, preview, run
from exporter.watch import watch

# What brings back a detector that is missing.
_REMEDIES = {
    TEXT: "pip install 'plic-web[text]'; until then, text in photos may become unreadable",
    SUBJECT: "its network is missing from the installation",
}
_INTERRUPTED = 130  # as shells count an end by SIGINT


@click.command(cls=GroupedCommand, context_settings={"max_content_width": 100})
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@click.option(
    "--dry-run", is_flag=True, help="Show what would become of each picture; write nothing."
)
@click.option(
    "--check", "check_only", is_flag=True, help="Exit with 1 if the output is stale; write nothing."
)
@click.option(
    "--watch", "watching", is_flag=True, help="Export again whenever a file of the site changes."
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=lambda: os.cpu_count() or 1,
    show_default=False,
    help="Pictures worked on at a time [the cores].",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Configuration to read in place of the site's plic.toml.",
)
@configuration_options
def export(
    site: Path,
    out: Path,
    dry_run: bool,
    check_only: bool,
    watching: bool,
    jobs: int,
    as_json: bool,
    config: Path | None,
    **options: Any,
) -> None:
    """Export the static site in folder SITE with its pictures as payloads.

    The folder given by --out gets the whole site: every file as it was, pages and stylesheets
    with the addresses of their pictures edited, and what those need in _plic/. An earlier
    export there is replaced when the new one is complete, and left alone when nothing changed.
    """
    if dry_run + check_only + watching > 1:
        raise click.UsageError("--dry-run, --check and --watch: only one at a time")
    order = Order(site, out, jobs, config, options)
    for kind in (kind for kind, works in available().items() if not works):
        click.echo(f"plic export: {kind} is not looked for: {_REMEDIES[kind]}", err=True)
    try:
        if dry_run:
            plan = preview(order)
            click.echo(_json(preview_text.decisions(plan)) if as_json else preview_text.table(plan))
        elif check_only:
            _check(order, as_json)
        elif watching:
            _watch(order, as_json)
        else:
            done = run(order)
            _tell(order, done, as_json)
            sys.exit(1 if done.strict and done.outcome.faults else 0)
    except OperationError as error:
        _refuse(str(error))


def _check(order: Order, as_json: bool) -> None:
    stale = check(order)
    if as_json:
        click.echo(_json({"stale": stale}))
    else:
        click.echo(f"stale: {stale}" if stale else f"{order.out} is up to date")
    sys.exit(1 if stale else 0)


def _watch(order: Order, as_json: bool) -> None:
    if not order.site.is_dir():
        raise OperationError(f"{order.site}: no such folder")

    def act() -> None:
        try:
            _tell(order, run(order), as_json, prefix=time.strftime("%H:%M:%S  "))
        except OperationError as error:
            click.echo(f"plic export: {error}", err=True)

    try:
        configuration = order.config or order.site / CONFIGURATION
        watch(order.site, [configuration], act, threading.Event())
    except KeyboardInterrupt:
        # Workers end with this process; a second Ctrl-C must not interrupt that.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(_INTERRUPTED)


def _tell(order: Order, done: Run, as_json: bool, prefix: str = "") -> None:
    """The outcome on stdout, faults on stderr."""
    if as_json:
        click.echo(_json(done.outcome.to_json() | {"written": done.wrote}))
    else:
        unchanged = "" if done.wrote else "nothing to do, the output is up to date: "
        click.echo(f"{prefix}{unchanged}{done.outcome.sentence(order.out)}")
    faults = done.outcome.faults
    if done.strict:
        for file, reason in faults:
            click.echo(f"plic export: {file}: {reason}", err=True)
    elif faults:
        what = "1 file or address" if len(faults) == 1 else f"{len(faults)} files or addresses"
        click.echo(
            f"plic export: {what} could not be read or followed; --strict names them", err=True
        )


def _refuse(message: str) -> NoReturn:
    click.echo(f"plic export: {message}", err=True)
    sys.exit(2)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, indent=1)
