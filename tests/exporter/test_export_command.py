"""`plic export` as a person or a script meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fake_codec import FakeCodec

from exporter.cli import export


@pytest.fixture(autouse=True)
def fake_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "exporter.operation.PackCodec", lambda asked: FakeCodec(settings=str(asked))
    )


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(export, [str(argument) for argument in arguments])


def test_export_reports_bytes_on_both_hops(site: Path, tmp_path: Path) -> None:
    result = invoke(site, "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 0
    assert result.stdout.startswith("4 payloads on 5 pages; ")
    assert "kB before" in result.stdout
    assert "report.html" in result.stdout
    assert "Encoding pictures" in result.stderr
    assert (tmp_path / "out" / "_plic" / "manifest.json").is_file()


def test_json_goes_alone_to_stdout(site: Path, tmp_path: Path) -> None:
    result = invoke(site, "--out", tmp_path / "out", "--jobs", 1, "--json", "--bpp", 0.1)
    summary = json.loads(result.stdout)
    assert summary["payloads"] == 4
    assert summary["bytes"]["to_edge"] < summary["bytes"]["before"]


def test_dry_run_lists_decisions_and_writes_nothing(site: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = invoke(site, "--out", tmp_path / "out", "--jobs", 1, "--dry-run")
    assert result.exit_code == 0
    assert sorted(tmp_path.rglob("*")) == before
    lines = result.stdout.splitlines()
    assert any(line.startswith("payload   360x480") for line in lines)
    assert any("images/logo.png" in line and "looks like a drawing" in line for line in lines)
    assert lines[-1].startswith("4 payloads for ")
    found = json.loads(invoke(site, "--out", tmp_path / "o", "--dry-run", "--json").stdout)
    assert found["pictures"]["images/dot.png"]["decision"] == "leave"


def test_bad_input_is_one_line_and_exit_code_2(site: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    for arguments, words in (
        ((tmp_path / "nowhere", "--out", tmp_path / "out"), "no such folder"),
        ((site, "--out", site / "out"), "must not contain one another"),
        ((site, "--out", tmp_path / "mine"), "not an earlier export"),
        ((site, "--out", tmp_path / "mine" / "thesis.txt"), "is a file"),
    ):
        for extra in ((), ("--dry-run",)):
            result = invoke(*arguments, *extra)
            assert result.exit_code == 2
            assert words in result.stderr
            assert (result.stdout, len(result.stderr.splitlines())) == ("", 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "site"]


def test_a_missing_detector_is_named_with_its_remedy(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {"face": True, "text": False, "code": True, "logo": True, "subject": True}
    monkeypatch.setattr("exporter.cli.available", lambda: parts)
    result = invoke(site, "--out", tmp_path / "out", "--jobs", 1, "--gate", "off")
    assert result.exit_code == 0
    assert "text is not looked for: pip install 'plic-web[text]'" in result.stderr
