"""Fixtures of the edge's tests; what they hand out is in edge_support.py."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from edge_support import (
    FAKE_ENGINE,
    Client,
    Edge,
    Export,
    FakeEngine,
    StartApp,
    StartEdge,
    Target,
    make_export,
    wait_until,
)
from flask import Flask

from plic_web.edge import EdgeSettings
from plic_web.edge.app import create_app
from plic_web.edge.process import DecodeProcess
from plic_web.edge.runtime import Runtime


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return make_export(tmp_path / "site")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    folder = tmp_path / "engine"
    folder.mkdir()
    engine = FakeEngine(folder)
    _point_to(engine, monkeypatch)
    return engine


def _point_to(engine: FakeEngine, patch: pytest.MonkeyPatch) -> None:
    """Let the processes that are started from here find the fake engine and its words."""
    patch.setenv("PLIC_FAKE_ENGINE", str(engine.folder))
    patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)


@pytest.fixture
def settings(export: Export, engine: FakeEngine, tmp_path: Path) -> EdgeSettings:
    return EdgeSettings(site=export.root, engine=FAKE_ENGINE, cache_dir=tmp_path / "cache")


@pytest.fixture
def start_app() -> Iterator[StartApp]:
    """create_app with a decode process that is ready, ended with the test."""
    started: list[tuple[DecodeProcess, Runtime]] = []

    def start(settings: EdgeSettings) -> Flask:
        runtime = Runtime.create()
        process = DecodeProcess(settings, runtime)
        started.append((process, runtime))
        process.ensure()
        wait_until(lambda: runtime.identity() is not None)
        app = create_app(settings, runtime)
        app.testing = False  # unexpected errors are answered, as in service
        app.extensions["decode_process"] = process
        return app

    yield start
    for process, runtime in started:
        process.stop()
        runtime.remove()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One edge for a module; a test that changes anything calls its `reset` first."""
    folder = tmp_path_factory.mktemp("target")
    engine = FakeEngine(folder / "engine")
    engine.folder.mkdir()
    export = make_export(folder / "site")
    settings = EdgeSettings(
        site=export.root, engine=FAKE_ENGINE, cache_dir=folder / "cache", trusted_proxies=1
    )
    runtime = Runtime.create()
    process = DecodeProcess(settings, runtime)
    with pytest.MonkeyPatch.context() as patch:
        _point_to(engine, patch)
        process.ensure()
        wait_until(lambda: runtime.identity() is not None)
        client = Client(create_app(settings, runtime))
        yield Target(client, export, engine, settings)
        process.stop()
        runtime.remove()


@pytest.fixture
def start_edge(settings: EdgeSettings) -> Iterator[StartEdge]:
    """Start `serve` on a port of the system's choice; `changes` replace settings."""
    edges: list[Edge] = []

    def start(**changes: object) -> Edge:
        values = settings.to_json() | changes
        code = (
            "import json, sys; from plic_web.edge import EdgeSettings;"
            "from plic_web.edge.serve import serve;"
            "serve(EdgeSettings(**json.loads(sys.argv[1])), port=0)"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(values)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.search(r":(\d+)/", line)
        edge = Edge(process, int(match[1]) if match else 0, line)
        edges.append(edge)
        return edge

    yield start
    for edge in edges:
        if edge.process.poll() is None:
            edge.stop()
        assert edge.process.stdout is not None
        edge.process.stdout.close()
