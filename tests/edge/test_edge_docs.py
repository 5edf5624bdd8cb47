"""docs/edge.md says what the code does."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from plic_web.edge import EdgeSettings
from plic_web.edge.metrics import Metrics
from plic_web.edge.settings import ENVIRONMENT_PREFIX

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "edge.md").read_text()


def _row(name: str) -> list[str]:
    (line,) = re.findall(rf"^\| `{name}` \|.*$", DOCS, re.MULTILINE)
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("field", dataclasses.fields(EdgeSettings), ids=lambda field: field.name)
def test_every_setting_is_documented(field: dataclasses.Field[object]) -> None:
    _, variable, default, bounds, _ = _row(field.name)
    assert variable == f"`{ENVIRONMENT_PREFIX}{field.name.upper()}`"
    if isinstance(field.default, str | int | float):
        shown = format(field.default, "g") if isinstance(field.default, float) else field.default
        assert default == f"`{shown}`"
    low, high = field.metadata.get("low"), field.metadata.get("high")
    if low is not None and high is not None:
        assert bounds == f"{low}–{high}"
    elif low is not None:
        assert bounds == f"at least {low}"


def test_no_setting_is_documented_that_does_not_exist() -> None:
    documented = re.findall(rf"^\| `(\w+)` \| `{ENVIRONMENT_PREFIX}", DOCS, re.MULTILINE)
    assert documented == [field.name for field in dataclasses.fields(EdgeSettings)]


def test_every_metric_is_documented(tmp_path: Path) -> None:
    families = re.findall(r"^# HELP (\w+)", Metrics(tmp_path).text({}), re.MULTILINE)
    assert families
    assert [family for family in families if f"`{family}" not in DOCS] == []


def test_every_setting_has_a_comment() -> None:
    for field in dataclasses.fields(EdgeSettings):
        assert field.metadata["comment"]
