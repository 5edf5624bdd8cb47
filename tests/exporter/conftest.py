"""A small site with everything that an exporter meets."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from drawings import write_drawings
from fake_codec import FakeCodec

from exporter.codec import Codec
from exporter.configuration import Configuration
from exporter.export import Result, export
from exporter.settings import Settings

SITE = Path(__file__).parent / "site"


def _make_site(folder: Path) -> Path:
    shutil.copytree(SITE, folder)
    write_drawings(folder / "images")
    return folder


def _run(site: Path, out: Path, codec: Codec | None = None) -> Result:
    def quiet(*_: object) -> None:
        pass

    # pictures of a fake codec pass no gate, and looking closely takes longer than all else
    configuration = Configuration(settings=Settings(gate=False))
    return export(
        site,
        out,
        codec or FakeCodec(),
        jobs=1,
        looking=quiet,
        encoding=quiet,
        configuration=configuration,
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A writable copy of the fixture site, with its drawn and its broken pictures."""
    return _make_site(tmp_path / "site")


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of the fixture site, to look at and not to change."""
    folder = tmp_path_factory.mktemp("exported")
    _run(_make_site(folder / "site"), folder / "out")
    return folder / "out"


@pytest.fixture
def run() -> Callable[..., Result]:
    """`export` with the fake codec, in this process."""
    return _run


@pytest.fixture(scope="session")
def run_once() -> Callable[..., Result]:
    """The same for fixtures that tests share."""
    return _run
