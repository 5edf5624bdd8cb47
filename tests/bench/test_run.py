"""The runner: stored results are not made twice, and one broken picture stops nothing."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bench.run
from bench.errors import MissingPartError
from bench.metrics import METRICS
from bench.run import plan_tasks, run
from bench.sets import Member, PictureSet, find_set
from bench.store import Store, key_of_result

PICTURES = Path(__file__).parents[1] / "pictures"


class Jpeg:
    """A codec that counts its work; above a budget of 40 kB its quality is 60, below it 10."""

    name, label, version, scalable = "jpeg-test", "JPEG", "1", True

    def __init__(self):
        self.encoded = self.decoded = 0

    def encode(self, image, budget):
        self.encoded += 1
        stream = io.BytesIO()
        Image.fromarray(image).save(stream, "JPEG", quality=60 if budget > 40_000 else 10)
        return stream.getvalue()

    def decode(self, data):
        self.decoded += 1
        return np.asarray(Image.open(io.BytesIO(data)))


@pytest.fixture
def codec(monkeypatch):
    jpeg = Jpeg()
    monkeypatch.setattr(bench.run, "_codec", lambda name: jpeg)
    bench.run._metric.cache_clear()
    return jpeg


def measure(codec, folder, pictures=None, rates=(0.1, 1.0), metrics=("psnr",)):
    tasks = plan_tasks(pictures or find_set(str(PICTURES)), [codec], rates, metrics, folder)
    return run(tasks, 1, lambda: None)


def test_a_result_counts_the_whole_file_and_is_measured_at_full_size(codec, tmp_path):
    done = measure(codec, tmp_path)
    assert [(r.picture, r.asked_bpp) for r in done.results] == [
        (name, rate) for name in ("kodim03", "kodim04", "kodim23") for rate in (0.1, 1.0)
    ]
    for result in done.results:
        stored = Store(tmp_path).load(key_of_result(result))
        assert stored is not None
        assert result.bytes == len(stored[1])
        original = np.asarray(Image.open(PICTURES / f"{result.picture}.webp").convert("RGB"))
        error = (original.astype(float) - codec.decode(stored[1])) ** 2
        assert result.metrics["psnr"] == pytest.approx(10 * np.log10(255**2 / error.mean()))
        assert result.bpp == pytest.approx(8 * result.bytes / original[..., 0].size)


def test_a_second_run_measures_only_what_is_new(codec, tmp_path):
    first = measure(codec, tmp_path)
    again = measure(codec, tmp_path)
    assert (codec.encoded, codec.decoded) == (6, 6)
    assert again.results == first.results
    more = measure(codec, tmp_path, metrics=("psnr", "ms-ssim"), rates=(0.1, 1.0, 2.0))
    assert codec.encoded == 9
    assert len(more.results) == 9
    assert all(set(r.metrics) == {"psnr", "ms-ssim"} for r in more.results)
    codec.version = "2"
    measure(codec, tmp_path)
    assert codec.encoded == 15


def test_a_damaged_record_is_made_anew(codec, tmp_path):
    measure(codec, tmp_path)
    for path in (tmp_path / "results").iterdir():
        path.write_text("{")
    assert len(measure(codec, tmp_path).results) == 6
    assert codec.encoded == 12


def test_numbers_of_an_older_metric_are_measured_anew(codec, tmp_path, monkeypatch):
    measure(codec, tmp_path)
    monkeypatch.setattr("bench.store.MEASURED", 999)
    measure(codec, tmp_path)
    assert (codec.encoded, codec.decoded) == (6, 12)


def test_a_picture_that_cannot_be_read_is_named_and_the_rest_measured(codec, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    members = (Member("bad", tmp_path / "bad.png", ""), *find_set(str(PICTURES)).members)
    done = measure(codec, tmp_path / "out", PictureSet("some", members))
    assert len(done.results) == 6
    assert [name for name, _ in done.skipped] == ["bad"]


def test_a_codec_that_breaks_is_named_and_the_rest_measured(codec, tmp_path, monkeypatch):
    encode = codec.encode

    def breaks_once(image, budget):
        if codec.encoded == 0 and image.shape[0] > 10:
            codec.encoded = 1
            raise RuntimeError("no luck")
        return encode(image, budget)

    monkeypatch.setattr(codec, "encode", breaks_once)
    done = measure(codec, tmp_path, rates=(1.0,))
    assert len(done.results) == 2
    assert done.failed == [("kodim03", "jpeg-test: RuntimeError: no luck")]


def test_a_missing_metric_is_a_line_and_a_blank(codec, tmp_path, monkeypatch):
    def load():
        raise MissingPartError("psnr: needs a ruler; buy one")

    monkeypatch.setitem(METRICS, "psnr", replace(METRICS["psnr"], load=load))
    done = measure(codec, tmp_path, metrics=("psnr", "ms-ssim"))
    assert done.missing == ["psnr: needs a ruler; buy one"]
    assert all(set(r.metrics) == {"ms-ssim"} for r in done.results)


def test_a_codec_of_one_size_is_run_once_a_picture(codec, tmp_path):
    codec.scalable = False
    done = measure(codec, tmp_path, rates=(0.1, 0.2, 0.3))
    assert [r.asked_bpp for r in done.results] == [None] * 3


def test_a_metric_that_breaks_leaves_the_others_values(codec, tmp_path, monkeypatch):
    def breaks(original, decoded):
        raise RuntimeError("no luck")

    broken = replace(METRICS["psnr"], load=lambda: breaks)
    monkeypatch.setitem(METRICS, "psnr", broken)
    done = measure(codec, tmp_path, metrics=("psnr", "ms-ssim"), rates=(1.0,))
    assert done.missing[0] == "psnr of kodim03: RuntimeError: no luck"
    assert done.failed == []
    assert all(set(r.metrics) == {"ms-ssim"} for r in done.results)
