"""docs/exporter.md against the command and what it writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from exporter.cli import export

DOCS = (Path(__file__).parents[2] / "docs" / "exporter.md").read_text()


def test_every_option_is_documented_and_no_other() -> None:
    table = DOCS.split("## What becomes")[0]
    documented = set(re.findall(r"^\| `(--[a-z-]+)`", table, re.M))
    assert documented == {
        option for parameter in export.params for option in parameter.opts if option[0] == "-"
    }


def test_every_key_of_the_manifest_is_documented(exported: Path) -> None:
    manifest = json.loads((exported / "_plic" / "manifest.json").read_bytes())
    table = DOCS.split("### manifest.json")[1].split("###")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.M)) == set(manifest)
    for entries in (manifest["pictures"], manifest["conventional"], manifest["pages"]):
        for entry in entries.values():
            for key in entry:
                assert f"`{key}`" in table
