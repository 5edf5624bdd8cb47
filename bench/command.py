"""``plic eval``: rate, distortion, perception and speed, measured as the field does."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path

import click

from bench.codecs import ABLATION, CODECS, make_codec
from bench.codecs.codec import Codec
from bench.errors import BenchError, MissingPartError
from bench.machine import describe_machine
from bench.metrics import DEFAULT_METRICS, METRICS
from bench.refresh import check_marks, refresh
from bench.report import Evaluation, summary_table, write_csv, write_report
from bench.run import Done, plan_tasks, run
from bench.sets import PictureSet, find_set
from bench.speed import measure_speed
from bench.speed_rows import SpeedRow, speed_table
from bench.store import key_of_result
from plic_web.commands.files import BadInput, write_whole

DEFAULT_CODECS = "plic,avif"
DEFAULT_BPP = "0.01,0.03,0.06,0.1"
OUT = Path("eval_out")
SPEED = "speed.json"


def _words(context: click.Context, parameter: click.Parameter, value: str | None) -> list[str]:
    return [word.strip() for word in (value or "").split(",") if word.strip()]


def _rates(context: click.Context, parameter: click.Parameter, value: str) -> list[float]:
    try:
        rates = [float(word) for word in _words(context, parameter, value)]
    except ValueError:
        raise click.BadParameter(f"expected numbers with commas between, got {value}") from None
    if not rates or not all(0 < rate <= 24 for rate in rates):
        raise click.BadParameter("expected bits per pixel above 0 and at most 24")
    return list(dict.fromkeys(rates))


@click.command("eval")
@click.option("--set", "set_name", default="kodak", show_default=True,
              help="kodak, web, a folder of pictures, or a site's folder.")  # fmt: skip
@click.option("--codecs", default=DEFAULT_CODECS, show_default=True, callback=_words,
              help=f"With commas between: {', '.join(CODECS)}.")  # fmt: skip
@click.option("--bpp", default=DEFAULT_BPP, show_default=True, callback=_rates,
              help="Bits per pixel of whole files, with commas between.")  # fmt: skip
@click.option("--metrics", callback=_words,
              help=f"With commas between, or all: {', '.join(METRICS)}.")  # fmt: skip
@click.option("--ablation", is_flag=True,
              help="What each section adds: text, edges, colour, kept pixels.")  # fmt: skip
@click.option("--speed", is_flag=True, help="Time and memory per size in place of quality.")
@click.option("--pack", default="lite", show_default=True, help="For --speed: the pack.")
@click.option("--previous", help="For --speed: another pack, timed in the same run.")
@click.option("--every", default=1, show_default=True, type=click.IntRange(1),
              help="Take every n-th picture of the set.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="Folder for results and report [eval_out/SET].")  # fmt: skip
@click.option("--refresh", "page", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Markdown page whose figures of this set are to be rewritten.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), help="Processes at once [the cores].")
def evaluate(
    set_name: str,
    codecs: list[str],
    bpp: list[float],
    metrics: list[str],
    ablation: bool,
    speed: bool,
    pack: str,
    previous: str | None,
    every: int,
    out: Path | None,
    page: Path | None,
    jobs: int | None,
) -> None:
    """Measure codecs on a set of pictures: rate, distortion, perception; or, with --speed, time.

    Results are kept in the folder given by --out; a second run measures only what is new.
    There are then results.csv and report.html, which needs no network. The exit code is 1 if
    a picture could not be read or a codec broke on one, and each is named.
    """
    if previous and not speed:
        raise click.UsageError("--previous goes with --speed")
    if speed and (page or ablation):
        raise click.UsageError("--speed measures no quality: leave out --refresh and --ablation")
    try:
        if page:
            check_marks(page, set_name)
        pictures = find_set(set_name, every=every, apart_from=out or OUT)
        folder = out or OUT / pictures.name
        folder.mkdir(parents=True, exist_ok=True)
        if speed:
            _measure_speed(pictures, pack, previous, folder)
            return
        chosen = _metrics(metrics)
        usable, missing = _codecs(list(ABLATION) if ablation else codecs)
        tasks = plan_tasks(pictures, usable, bpp, chosen, folder)
        with click.progressbar(length=len(tasks), label="Measuring", file=sys.stderr) as bar:
            done = run(tasks, jobs or os.cpu_count() or 1, lambda: bar.update(1))
        done.missing[:0] = missing
        _tell(done)
        if not done.results:
            raise BenchError("nothing could be measured")
        evaluation = _evaluation(pictures, usable, chosen, done, folder)
        _write(evaluation, folder)
        if page:
            refresh(page, set_name, evaluation)
    except BenchError as error:
        raise BadInput(str(error)) from error
    except OSError as error:
        raise BadInput(f"{error.filename or out or OUT}: {error.strerror or error}") from error
    except BrokenProcessPool:
        raise BadInput("a process was killed, perhaps for want of memory; try --jobs 1") from None
    if done.skipped or done.failed:
        sys.exit(1)


def _write(evaluation: Evaluation, folder: Path) -> None:
    write_csv(evaluation, folder / "results.csv")
    write_report(evaluation, folder / "report.html")
    click.echo(summary_table(evaluation))
    click.echo(f"\n{folder / 'results.csv'}\n{folder / 'report.html'}")


def _metrics(names: Sequence[str]) -> list[str]:
    if not names:
        return list(DEFAULT_METRICS)
    if names == ["all"]:
        return list(METRICS)
    if unknown := [name for name in names if name not in METRICS]:
        raise BenchError(f"{unknown[0]}: no such metric; there are {', '.join(METRICS)}")
    return [name for name in METRICS if name in names]


def _codecs(names: Sequence[str]) -> tuple[list[Codec], list[str]]:
    """The codecs that can be used here, and lines about the others."""
    usable, missing = [], []
    for name in dict.fromkeys(names):
        try:
            usable.append(make_codec(name))
        except MissingPartError as error:
            missing.append(str(error))
    if not usable:
        raise BenchError("; ".join(missing) or "no codec was named")
    return usable, missing


def _tell(done: Done) -> None:
    """Say on stderr what is blank, skipped or broken."""
    for line in done.missing:
        click.echo(f"left blank: {line}", err=True)
    for name, reason in done.skipped:
        click.echo(f"skipped {name}: {reason}", err=True)
    for name, reason in done.failed:
        click.echo(f"failed on {name}: {reason}", err=True)


def _evaluation(
    pictures: PictureSet,
    codecs: Sequence[Codec],
    metrics: Sequence[str],
    done: Done,
    folder: Path,
) -> Evaluation:
    count = len({result.picture for result in done.results})
    return Evaluation(
        title=f"{pictures.name}, {count} picture{'s' * (count > 1)}",
        set_name=pictures.name,
        results=done.results,
        metrics=[METRICS[name] for name in metrics],
        labels={codec.name: codec.label for codec in codecs},
        missing=done.missing,
        skipped=[*done.skipped, *done.failed],
        pictures=folder / "pictures",
        key=key_of_result,
        machine=describe_machine(),
        command=shlex.join(["plic", *sys.argv[1:]]),
        speed=_stored_speed(folder),
    )


def _measure_speed(pictures: PictureSet, pack: str, previous: str | None, folder: Path) -> None:
    """Time the packs on the set's first picture; keep the rows for this machine's reports."""
    click.echo("Timing encode and decode at several sizes takes some minutes.", err=True)
    rows = measure_speed(pack, picture=pictures.members[0].path, previous=previous)
    machine = describe_machine()
    click.echo(f"{machine}\n\n{speed_table(rows)}")
    record = {"machine": machine, "rows": [asdict(row) for row in rows]}
    write_whole(folder / SPEED, json.dumps(record, indent=1).encode())


def _stored_speed(folder: Path) -> list[SpeedRow] | None:
    """What was timed here; times of another machine say nothing beside this one's name."""
    try:
        record = json.loads((folder / SPEED).read_bytes())
        rows = [SpeedRow(**row) for row in record["rows"]]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return rows if record["machine"] == describe_machine() else None
