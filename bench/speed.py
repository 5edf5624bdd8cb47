"""Time and memory of encoding and decoding, by size: ``plic eval --speed``.

Every measurement runs in a process of its own (``bench.speed_job``). What is compared takes
turns, run by run, because an ordinary machine is now faster and now slower.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from bench.codecs import make_codec
from bench.errors import BenchError
from bench.speed_rows import Job, SpeedRow
from exporter.encode_command import UnreadablePictureError, read_picture
from plic_web.engine import EngineError, Pack, load_pack

SIZES = (256, 512, 768, 1024, 1536, 2048)
COLD_RUNS, WARM_RUNS = 3, 7
AVIF = "AVIF"


def measure_speed(
    pack: str,
    *,
    picture: Path,
    previous: str | None = None,
    sizes: Sequence[int] = SIZES,
    cold_runs: int = COLD_RUNS,
    warm_runs: int = WARM_RUNS,
) -> list[SpeedRow]:
    """Time encode and decode of one picture at several sizes, at the encoder's own rate.

    Args:
        pack: name or folder.
        picture: a photograph; its middle is cut to 3:2, and enlarged or reduced.
        previous: another pack, timed in turn with the first.
        sizes: longer sides, in pixels.

    Raises:
        BenchError: the picture cannot be read, a pack cannot be loaded, both are the same, or a
            job broke; the message holds what was said.
    """
    packs = _label_packs(pack, previous)
    try:
        photograph = Image.fromarray(read_picture(picture))
    except (UnreadablePictureError, OSError) as error:
        raise BenchError(f"{picture}: {error}") from error
    with tempfile.TemporaryDirectory(prefix="plic-speed-") as folder:
        return [
            row
            for size in sizes
            for row in _measure_size(photograph, size, packs, Path(folder), cold_runs, warm_runs)
        ]


def _label_packs(name: str, previous: str | None) -> dict[str, str]:
    """Label in the table -> name or folder. A pack that was trained again may keep its id."""
    first = _load(name)
    packs = {first.id: name}
    if previous:
        second = _load(previous)
        if _digest(second) == _digest(first):
            raise BenchError(f"{previous}: holds the same files as {name}; name another pack")
        packs[f"{second.id} (previous)" if second.id == first.id else second.id] = previous
    return packs


def _load(name: str) -> Pack:
    try:
        return load_pack(name)
    except EngineError as error:
        raise BenchError(str(error)) from error


def _digest(pack: Pack) -> str:
    """Of ``pack.json``, which holds the digests of all its files."""
    return hashlib.sha256((pack.folder / "pack.json").read_bytes()).hexdigest()


def _measure_size(
    photograph: Image.Image,
    size: int,
    packs: dict[str, str],
    folder: Path,
    cold_runs: int,
    warm_runs: int,
) -> list[SpeedRow]:
    width, height = size, round(size * 2 / 3)
    cut = ImageOps.fit(photograph, (width, height), Image.Resampling.BICUBIC)
    source = folder / f"{size}.png"
    cut.save(source)
    files = {pack: folder / f"{size}-{i}.plic" for i, pack in enumerate(packs)}
    encoders = [
        _Contestant(pack, files[pack], ["encode", name, str(source), str(files[pack])])
        for pack, name in packs.items()
    ]
    rows = _rows("encode", (width, height), _take_turns(encoders, cold_runs, warm_runs))
    decoders = [
        _Contestant(pack, files[pack], ["decode", name, str(files[pack])])
        for pack, name in packs.items()
    ]
    avif = folder / f"{size}.avif"
    budget = next(iter(files.values())).stat().st_size
    avif.write_bytes(make_codec("avif").encode(np.asarray(cut), budget))
    decoders.append(_Contestant(AVIF, avif, ["avif", str(avif), str(width), str(height)]))
    return rows + _rows("decode", (width, height), _take_turns(decoders, cold_runs, warm_runs))


@dataclass(frozen=True)
class _Contestant:
    codec: str
    file: Path  # made by an encoder, read by a decoder
    arguments: list[str]


@dataclass
class _Times:
    contestant: _Contestant
    cold: list[float]
    warm: list[float]
    memory_mb: float = 0.0


class _Process:
    """A process of ``bench.speed_job``, from its start to its end."""

    def __init__(self, times: _Times) -> None:
        self._times = times
        command = [sys.executable, "-m", "bench.speed_job", *times.contestant.arguments]
        # A file, not a pipe: a process that says more than a pipe holds would wait for a reader.
        # Closed by ``close``.
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        start = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )
        try:
            self._answer()
        except BaseException:
            self.close()
            raise
        times.cold.append(time.perf_counter() - start)

    def again(self) -> None:
        """One more run, timed by the process itself."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._broken() from None
        self._times.warm.append(self._answer())

    def _answer(self) -> float:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._broken()
        answer = json.loads(line)
        self._times.memory_mb = max(self._times.memory_mb, answer["memory_mb"])
        return answer["seconds"]

    def _broken(self) -> BenchError:
        """What to raise once the process has ended: with the last line it said."""
        self._process.wait()
        self._said.seek(0)
        said = self._said.read().strip().splitlines()
        what = " ".join(self._times.contestant.arguments)
        return BenchError(f"speed of {what}: {said[-1] if said else 'the process ended'}")

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._said.close()


def _take_turns(contestants: Sequence[_Contestant], cold_runs: int, warm_runs: int) -> list[_Times]:
    """Each in a fresh process, ``cold_runs`` times around; the last ones then run warm in turn."""
    timed = [_Times(contestant, [], []) for contestant in contestants]
    for _ in range(cold_runs - 1):
        for times in timed:
            _Process(times).close()
    with ExitStack() as stack:
        processes = []
        for times in timed:
            processes.append(_Process(times))
            stack.callback(processes[-1].close)
        for _ in range(warm_runs):
            for process in processes:
                process.again()
    return timed


def _rows(job: Job, size: tuple[int, int], timed: Sequence[_Times]) -> list[SpeedRow]:
    warm = {times.contestant.codec: statistics.median(times.warm) for times in timed}
    first, *others = (codec for codec in warm if codec != AVIF)
    previous = others[0] if others else None
    return [
        SpeedRow(
            *size,
            job=job,
            codec=(codec := times.contestant.codec),
            cold=statistics.median(times.cold),
            warm=warm[codec],
            memory_mb=times.memory_mb,
            bytes=times.contestant.file.stat().st_size,
            to_avif=warm[codec] / warm[AVIF] if AVIF in warm and codec != AVIF else None,
            to_previous=warm[codec] / warm[previous] if previous and codec == first else None,
        )
        for times in timed
    ]
