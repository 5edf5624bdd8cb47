"""Run codecs over a set: in parallel, resumable, one result a picture, codec and rate."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path

from bench.codecs import make_codec
from bench.codecs.codec import Codec
from bench.errors import BenchError, MissingPartError, UnreadablePictureError
from bench.fit import fit
from bench.metrics import METRICS
from bench.metrics.metric import Measure, Picture
from bench.results import Result
from bench.sets import Member, Original, PictureSet, read_original
from bench.store import Store, key_of
from exporter.work import parallel


@dataclass(frozen=True)
class Task:
    """One picture through one codec at every asked rate (None: the codec's own size)."""

    member: Member
    codec: str
    rates: tuple[float | None, ...]
    metrics: tuple[str, ...]
    folder: Path


@dataclass
class Done:
    """What came of a run, or of one task of it.

    Attributes:
        missing: lines that name metrics and codecs that could not be used, and why.
        skipped: (picture, reason) of pictures that could not be read.
        failed: (picture, codec and reason) where a codec broke on a picture.
    """

    results: list[Result] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Done) -> None:
        """Take up another's results, and its lines that are new."""
        self.results += other.results
        for mine, theirs in (
            (self.missing, other.missing),
            (self.skipped, other.skipped),
            (self.failed, other.failed),
        ):
            mine += [line for line in theirs if line not in mine]


def plan_tasks(
    pictures: PictureSet,
    codecs: Sequence[Codec],
    rates: Sequence[float],
    metrics: Sequence[str],
    folder: Path,
) -> list[Task]:
    """The tasks of a run, a picture's together, so that a process decodes it once."""
    return [
        Task(m, c.name, tuple(rates) if c.scalable else (None,), tuple(metrics), folder)
        for m in pictures.members
        for c in codecs
    ]


def run(tasks: Sequence[Task], jobs: int, progress: Callable[[], None]) -> Done:
    """Run all tasks, several processes at once; results in the order of the tasks.

    ``progress`` is called after each task.
    """
    outcomes: dict[int, Done] = {}
    # parallel() runs a single process's work in this one, which may keep all its threads
    work = run_task if jobs == 1 else _run_on_one_core
    for position, outcome in parallel(work, tasks, jobs):
        outcomes[position] = outcome
        progress()
    whole = Done()
    for position in range(len(tasks)):
        whole.add(outcomes[position])
    return whole


def _run_on_one_core(task: Task) -> Done:
    """``run_task`` where processes share the cores: libraries inside must not take them all."""
    import cv2

    cv2.setNumThreads(1)
    return run_task(task)


def run_task(task: Task) -> Done:
    """Encode, decode and measure one picture at each rate, or take what is stored."""
    try:
        original = _original(task.member)
    except UnreadablePictureError as error:
        return Done(skipped=[(task.member.name, str(error))])
    # Pillow's readers raise all kinds of things over damaged files.
    except Exception as error:
        return Done(skipped=[(task.member.name, f"{type(error).__name__}: {error}")])
    done = Done()
    codec = _codec(task.codec)
    for rate in task.rates:
        try:
            done.results.append(_result(task, original, codec, rate, done.missing))
        except MissingPartError as error:
            done.missing.append(str(error))
            break
        # A codec that breaks on one picture must not take the others' results with it.
        except Exception as error:
            reason = f"{task.codec}: {type(error).__name__}: {error}"
            done.failed.append((task.member.name, reason))
    return done


def _result(
    task: Task, original: Original, codec: Codec, rate: float | None, missing: list[str]
) -> Result:
    store = Store(task.folder)
    key = key_of(original.digest, codec.name, codec.version, rate)
    decoded = None
    stored = store.load(key)
    if stored is None:
        height, width = original.pixels.shape[:2]
        budget = int((rate or 0) * width * height / 8)
        start = time.perf_counter()
        data = codec.encode(original.pixels, budget)
        middle = time.perf_counter()
        decoded = codec.decode(data)
        end = time.perf_counter()
        result = Result(
            picture=original.member.name,
            digest=original.digest,
            kind=original.kind,
            site=original.member.site,
            width=width,
            height=height,
            codec=codec.name,
            version=codec.version,
            asked_bpp=rate,
            bytes=len(data),
            encode_seconds=middle - start,
            decode_seconds=end - middle,
        )
        store.save(key, result, data)
    else:
        result, data = stored
        member = original.member
        result = replace(result, picture=member.name, site=member.site, kind=original.kind)
    wanted = [name for name in task.metrics if name not in result.metrics]
    if wanted:
        height, width = original.pixels.shape[:2]
        shown = fit(codec.decode(data) if decoded is None else decoded, width, height)
        result.metrics.update(_measure(original, shown, wanted, missing))
        store.save_measured(key, result)
        store.show(original.digest, original.pixels)
        store.show(key, shown)
    return result


def _measure(
    original: Original, shown: Picture, names: Sequence[str], missing: list[str]
) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    for name in names:
        measure = _metric(name)
        line = measure if isinstance(measure, str) else None
        if not isinstance(measure, str):
            try:
                values[name] = measure(original.pixels, shown)
            # A metric that breaks on one picture must not take the others' values with it.
            except Exception as error:
                line = f"{name} of {original.member.name}: {type(error).__name__}: {error}"
        if line and line not in missing:
            missing.append(line)
    return values


@cache
def _codec(name: str) -> Codec:
    return make_codec(name)


@cache
def _metric(name: str) -> Measure | str:
    """A metric's function, or the line that says what it lacks."""
    try:
        return METRICS[name].load()
    except BenchError as error:
        return str(error)
    except Exception as error:  # a damaged model
        return f"{name}: cannot be loaded ({type(error).__name__}: {error})"


@lru_cache(maxsize=1)
def _original(member: Member) -> Original:
    """The picture, decoded once for all tasks on it that follow each other."""
    return read_original(member)
