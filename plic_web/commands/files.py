"""What encode and decode share: finding inputs, naming outputs, running many in parallel."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import click

from plic_web.commands.orphans import end_with_parent


class BadInput(click.ClickException):
    """Something given by the user cannot be used: one line on stderr, exit code 2."""

    exit_code = 2


@dataclass(frozen=True)
class Job:
    """One input file and where its result goes."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Outcome:
    """What came of a job: an error for the user, or the bytes written."""

    job: Job
    error: str | None
    size: int


def plan(inputs: Sequence[Path], output: Path, accepted: frozenset[str], suffix: str) -> list[Job]:
    """Jobs for files and folders: one file goes to ``output``, more go below it.

    ``accepted`` are lower-case suffixes looked for inside folders; ``suffix`` is what results
    get inside an output folder; they keep the paths that they had below the given folder.

    Raises BadInput if an input does not exist, a folder holds nothing to do, two results
    would have one name, or several inputs are to go into one file.
    """
    for path in inputs:
        if not path.exists():
            raise BadInput(f"{path}: no such file or folder")
    if len(inputs) == 1 and inputs[0].is_file() and not output.is_dir():
        return [Job(inputs[0], output)]
    if output.exists() and not output.is_dir():
        raise BadInput(f"{output}: expected a folder, for more than one input")
    jobs = [
        Job(source, output / relative.with_suffix(suffix))
        for path in inputs
        for source, relative in _members(path, accepted)
    ]
    targets = [job.target for job in jobs]
    for job in jobs:
        if targets.count(job.target) > 1:
            raise BadInput(f"{job.source}: another input would also be written to {job.target}")
    return jobs


def _members(path: Path, accepted: frozenset[str]) -> list[tuple[Path, Path]]:
    if path.is_file():
        return [(path, Path(path.name))]
    found = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in accepted)
    if not found:
        raise BadInput(f"{path}: holds no file ending in {', '.join(sorted(accepted))}")
    return [(p, p.relative_to(path)) for p in found]


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def run_jobs(
    jobs: Sequence[Job],
    work: Callable[[Job], Outcome],
    *,
    processes: int,
    start: Callable[[int], None],
    label: str,
) -> None:
    """Run ``work`` on every job, in several processes where there are several jobs.

    ``start(threads)`` prepares a process, loading the pack with so many threads. A progress
    bar is shown for more than one job. Ends the command with exit code 2 if any job failed,
    after naming each; the others' results stand.
    """
    processes = min(processes, len(jobs))
    cores = os.cpu_count() or 1
    outcomes: Iterable[Outcome]
    if processes <= 1:
        start(cores)
        outcomes = (work(job) for job in jobs)
    else:
        outcomes = _in_processes(jobs, work, start, processes, max(1, cores // processes))
    with click.progressbar(outcomes, length=len(jobs), label=label, hidden=len(jobs) == 1) as bar:
        finished = list(bar)
    failed = sorted((o for o in finished if o.error), key=lambda o: o.job.source)
    for outcome in failed[:-1]:
        click.echo(f"Error: {outcome.error}", err=True)
    if failed:
        raise BadInput(failed[-1].error or "")
    if len(jobs) > 1:
        click.echo(f"{len(jobs)} files, {sum(o.size for o in finished):,} bytes written")


def _in_processes(
    jobs: Sequence[Job],
    work: Callable[[Job], Outcome],
    start: Callable[[int], None],
    processes: int,
    threads: int,
) -> Iterator[Outcome]:
    # Spawned, not forked: ONNX Runtime's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_begin, initargs=(start, threads)
    ) as pool:
        for future in as_completed([pool.submit(work, job) for job in jobs]):
            yield future.result()


def _begin(start: Callable[[int], None], threads: int) -> None:
    end_with_parent()
    start(threads)
