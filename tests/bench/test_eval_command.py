"""`plic eval` from the outside."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from bench.command import evaluate

PICTURES = Path(__file__).parents[1] / "pictures"


def plic_eval(*arguments):
    return CliRunner().invoke(evaluate, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two small crops of real pictures."""
    folder = tmp_path_factory.mktemp("set")
    for name in ("kodim03", "kodim23"):
        crop = Image.open(PICTURES / f"{name}.webp").convert("RGB").crop((100, 100, 420, 340))
        crop.save(folder / f"{name}.png")
    return folder


def test_a_run_writes_table_and_report_and_prints_the_means(pictures, tmp_path):
    done = plic_eval("--set", pictures, "--codecs", "plic,webp", "--bpp", "0.06,0.3",
                     "--metrics", "lpips-alex,psnr", "--out", tmp_path, "--jobs", 2)  # fmt: skip
    assert done.exit_code == 0, done.output
    with (tmp_path / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 8
    assert {row["codec"] for row in rows} == {"plic", "webp"}
    for row in rows:
        # one asked rate may be less than a codec's smallest file; the real size is told
        assert float(row["bpp"]) == pytest.approx(8 * int(row["bytes"]) / (320 * 240), rel=1e-3)
        assert 0 < float(row["lpips-alex"]) < 1.2
    report = (tmp_path / "report.html").read_text("utf-8")
    assert "kodim23" in report
    assert "LPIPS" in done.output
    assert "report.html" in done.output


def test_a_broken_picture_is_named_and_the_exit_code_says_so(pictures, tmp_path):
    folder = shutil.copytree(pictures, tmp_path / "set")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    done = plic_eval("--set", folder, "--codecs", "jpeg", "--bpp", "0.3", "--metrics", "psnr",
                     "--out", tmp_path / "out", "--jobs", 1)  # fmt: skip
    assert done.exit_code == 1
    assert "skipped broken" in done.output
    assert (tmp_path / "out" / "report.html").exists()


def test_a_metric_without_its_model_is_a_line_and_a_blank_column(pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("PLIC_MODELS", str(tmp_path / "no models"))
    done = plic_eval("--set", pictures, "--codecs", "webp", "--bpp", "0.3,0.30",
                     "--metrics", "dists,psnr", "--out", tmp_path / "out", "--jobs", 1)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "left blank: dists: " in done.output
    assert "plic models fetch vgg16" in (tmp_path / "out" / "report.html").read_text("utf-8")
    with (tmp_path / "out" / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["dists"] for row in rows] == ["", ""]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--codecs", "mp3"], "mp3"),
        (["--bpp", "much"], "numbers"),
        (["--bpp", "0"], "above 0"),
        (["--metrics", "beauty"], "beauty: no such metric"),
        (["--set", "nowhere"], "nowhere: no such folder"),
        (["--previous", "lite"], "--previous goes with --speed"),
        (["--speed", "--ablation"], "--speed measures no quality"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(pictures, tmp_path, arguments, said):
    done = plic_eval("--set", pictures, "--out", tmp_path, *arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_page_is_refreshed_between_its_marks_only(pictures, tmp_path):
    page = tmp_path / "page.md"
    name = str(pictures)
    text = f"Before.\n<!-- eval: {name} -->\nold\n<!-- end of eval: {name} -->\nAfter.\n"
    page.write_text(text)
    options = ["--set", name, "--codecs", "webp", "--bpp", "0.3", "--metrics", "psnr"]
    done = plic_eval(*options, "--out", tmp_path / "out", "--jobs", 1, "--refresh", page)
    assert done.exit_code == 0, done.output
    new = page.read_text()
    assert new.startswith("Before.\n")
    assert new.endswith("After.\n")
    assert "old" not in new
    assert "PSNR" in new
    page.write_text("no marks")
    done = plic_eval(*options, "--out", tmp_path / "out", "--jobs", 1, "--refresh", page)
    assert done.exit_code == 2
    assert page.read_text() == "no marks"
