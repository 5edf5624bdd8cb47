"""Settings: sources, bounds, uniform errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from edge_support import make_export

from plic_web.edge import EdgeSettings, EdgeSettingsError


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_export(tmp_path / "site", count=0).root


def test_arguments_win_over_the_environment_and_that_over_defaults(site: Path) -> None:
    environ = {"PLIC_SITE": str(site), "PLIC_QUEUE_SIZE": "7", "PLIC_WORKERS": "3"}
    settings = EdgeSettings.load(environ, workers=4, threads=None)
    assert (settings.site, settings.queue_size, settings.workers) == (site, 7, 4)
    assert settings.threads == 64


def test_lists_and_paths_come_from_text(site: Path, tmp_path: Path) -> None:
    environ = {"PLIC_TRUSTED_HOSTS": "a.example, b.example,", "PLIC_CACHE_DIR": str(tmp_path)}
    settings = EdgeSettings.load(environ, site=site)
    assert settings.trusted_hosts == ("a.example", "b.example")
    assert settings.cache_dir == tmp_path


def test_survives_the_way_to_the_decode_process(site: Path) -> None:
    settings = EdgeSettings(site=site, trusted_hosts=("a.example",), deadline=3)
    assert EdgeSettings(**json.loads(json.dumps(settings.to_json()))) == settings


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("queue_size", "0", "expected at least 1 for queue_size, got 0"),
        ("queue_size", "many", "expected a whole number for queue_size, got 'many'"),
        ("workers", True, "expected a whole number for workers, got True"),
        ("webp_quality", 101, "expected at most 100 for webp_quality, got 101"),
        ("deadline", "nan", "expected at least 0.1 for deadline, got nan"),
        ("deadline", "inf", "expected at most 300 for deadline, got inf"),
        ("provider", "tpu", "expected one of cpu, cuda for provider, got 'tpu'"),
        ("pack", "", "expected a text for pack, got ''"),
        ("trusted_hosts", 5, "expected a list of texts for trusted_hosts, got 5"),
        ("colour", "red", "expected a setting of the edge, got the name 'colour'"),
    ],
)
def test_errors_say_what_was_expected(site: Path, name: str, value: object, expected: str) -> None:
    with pytest.raises(EdgeSettingsError) as error:
        EdgeSettings.load({}, **{"site": site, name: value})
    assert str(error.value) == expected


def test_a_folder_that_was_never_exported_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EdgeSettingsError, match=r"run plic export.*for site"):
        EdgeSettings(site=tmp_path)
    with pytest.raises(EdgeSettingsError, match="for site, got None"):
        EdgeSettings.load({})
