from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import brotli
import pytest

REPOSITORY = Path(__file__).parents[2]


def test_javascript_passes_the_same_vectors():
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js")
    run = subprocess.run(
        [node, "--test", "tests/js/base.test.mjs"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_decoder_stays_below_700_bytes():
    size = len(brotli.compress((REPOSITORY / "static" / "base.js").read_bytes(), quality=11))
    print(f"static/base.js: {size} bytes brotli")
    assert size <= 700
