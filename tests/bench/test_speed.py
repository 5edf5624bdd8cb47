"""Times and memory are those of fresh processes, and ratios those of one run."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench import speed
from bench.errors import BenchError
from bench.machine import describe_machine
from bench.speed import AVIF, measure_speed
from bench.speed_rows import SpeedRow, speed_cells, speed_table
from plic_web.engine.pack import PACKS

PICTURE = Path(__file__).parents[1] / "pictures" / "kodim23.webp"


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    """The lite pack under another version."""
    folder = tmp_path_factory.mktemp("packs") / "older"
    shutil.copytree(PACKS / "lite", folder)
    description = json.loads((folder / "pack.json").read_text())
    description["version"] = 0
    (folder / "pack.json").write_text(json.dumps(description))
    return str(folder)


@pytest.fixture(scope="module")
def rows(older):
    # A parent with much memory: none of it may be counted as the jobs'.
    ballast = np.ones(500_000_000 // 8)
    found = measure_speed(
        "lite", picture=PICTURE, previous=older, sizes=(96,), cold_runs=1, warm_runs=3
    )
    assert ballast.all()
    return found


def test_every_contestant_has_a_row(rows):
    jobs = [(row.job, row.codec) for row in rows]
    pack = jobs[0][1]
    assert pack.startswith("lite-")
    assert jobs == [
        ("encode", pack), ("encode", "lite-0"),
        ("decode", pack), ("decode", "lite-0"), ("decode", AVIF),
    ]  # fmt: skip
    assert {(row.width, row.height) for row in rows} == {(96, 64)}


def test_cold_starts_cost_more_than_warm_runs(rows):
    assert all(row.cold > row.warm > 0 for row in rows)


def test_ratios_are_of_warm_times_in_the_same_run(rows):
    first, previous, avif = rows[2:]
    assert first.to_avif == first.warm / avif.warm
    assert first.to_previous == first.warm / previous.warm
    assert (previous.to_previous, avif.to_avif, avif.to_previous) == (None, None, None)
    assert rows[0].to_avif is None
    assert rows[0].to_previous == rows[0].warm / rows[1].warm


def test_memory_is_the_jobs_own(rows):
    *packs, avif = [row.memory_mb for row in rows]
    assert 10 < avif < min(packs)
    assert avif < 400


def test_two_packs_that_are_one_are_refused():
    with pytest.raises(BenchError, match="name another pack"):
        measure_speed("lite", picture=PICTURE, previous="lite")


def test_a_pack_that_was_trained_again_is_told_from_the_first(tmp_path):
    folder = tmp_path / "again"
    shutil.copytree(PACKS / "lite", folder)
    description = json.loads((folder / "pack.json").read_text())
    name = next(name for name in description["files"] if name.endswith(".onnx"))
    with (folder / name).open("ab") as stream:
        stream.write(b"trained again")
    description["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "pack.json").write_text(json.dumps(description))
    packs = speed._label_packs("lite", str(folder))
    pack = next(iter(packs))
    assert packs == {pack: "lite", f"{pack} (previous)": str(folder)}


def test_a_pack_that_is_not_there_is_named():
    with pytest.raises(BenchError, match="no-such-pack"):
        measure_speed("no-such-pack", picture=PICTURE)


def test_a_picture_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(BenchError, match=r"gone\.png"):
        measure_speed("lite", picture=tmp_path / "gone.png")


def test_a_job_that_breaks_says_why(tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(PACKS / "lite", folder)
    description = json.loads((folder / "pack.json").read_text())
    description["files"].pop("encoder.onnx")
    (folder / "pack.json").write_text(json.dumps(description))
    with pytest.raises(BenchError, match=r"encode .*broken.*encoder\.onnx"):
        measure_speed(str(folder), picture=PICTURE, sizes=(96,))


@pytest.fixture
def job(monkeypatch, tmp_path):
    """A function that starts a shell script in place of ``bench.speed_job``."""
    processes = []

    def start(script):
        program = tmp_path / "job.sh"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(speed.sys, "executable", str(program))
        contestant = speed._Contestant("lite-1", tmp_path / "out.plic", ["encode", "lite"])
        processes.append(speed._Process(speed._Times(contestant, [], [])))
        return processes[-1]

    yield start
    for process in processes:
        process.close()


ANSWER = """echo '{"seconds": 1, "memory_mb": 1}'"""


def test_a_job_may_say_more_than_a_pipe_holds(job):
    much = "timeout 5 head -c 300000 /dev/zero >&2 || exit 1"
    job(f"{much}\n{ANSWER}\nread line\n{ANSWER}\nread line").again()


def test_a_job_that_ends_between_runs_says_why(job):
    process = job(f"{ANSWER}\necho 'out of memory' >&2")
    process._process.wait()
    with pytest.raises(BenchError, match="encode lite: out of memory"):
        process.again()


def test_a_job_that_ends_within_a_run_says_why(job):
    process = job(f"{ANSWER}\nread line\necho 'out of memory' >&2\nexit 1")
    with pytest.raises(BenchError, match="encode lite: out of memory"):
        process.again()


def test_the_table_has_the_ratio_to_the_previous_pack_only_where_there_is_one():
    row = SpeedRow(768, 512, "decode", "lite-1", 1.234, 0.0456, 312.4, 1474, 31.4, 1.05)
    assert speed_cells([row])[1] == [
        "768×512", "lite-1", "decode", "1,474", "1.23", "0.0456", "312", "31", "1.05",
    ]  # fmt: skip
    alone = SpeedRow(768, 512, "decode", "lite-1", 1.234, 0.0456, 312.4, 1474, 31.4, None)
    assert "previous" not in speed_table([alone])
    assert "previous" in speed_table([row])


def test_the_machine_is_described_in_a_line():
    line = describe_machine()
    assert re.search(r"\d+ of \d+ cores, \d+ GB of memory, .*Python 3\.\d+\.\d+", line)
    assert "onnxruntime" in line
    assert "\n" not in line
