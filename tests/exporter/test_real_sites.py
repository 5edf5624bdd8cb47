"""Five sites that people made, exported whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from real_sites import SITES, Run, export_once

from exporter.export import export
from exporter.pack_codec import PackCodec
from exporter.splice import undo


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", SITES)
def test_only_the_edits_differ_and_a_second_run_changes_nothing(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, run: Run, name: str
) -> None:
    site = shared / "sites" / name
    out = export_once(site, tmp_path_factory, run)
    before, after = tree(site), tree(out)
    edits = json.loads(after["_plic/edits.json"])
    for path, data in before.items():
        assert undo(edits.get(path, []), after[path]) == data
        assert (path in edits) == (after[path] != data)
    run(site, out)
    assert tree(out) == after


@pytest.mark.slow
def test_a_site_with_the_shipped_pack(shared: Path, tmp_path: Path) -> None:
    codec = PackCodec()
    site = shared / "sites" / "html5up-massively"
    results = [
        export(site, out, codec, jobs=2, looking=lambda *_: None, encoding=lambda *_: None)
        for out in (tmp_path / "one", tmp_path / "two")
    ]
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    total = results[0].figures.total
    assert total.to_edge < total.to_reader < total.before
    for picture in results[0].converted.pictures.values():
        assert picture.profile == "spr"
        assert len(picture.payload) < 2000
