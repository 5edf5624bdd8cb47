"""Reads a folder of tars of photographs, one picture at a time."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def photographs(folder: Path) -> Iterator[NDArray[np.uint8]]:
    """Every picture of every tar in `folder`, in order of name, as RGB u8 [h, w, 3]."""
    for tar in sorted(folder.glob("*.tar")):
        with tarfile.open(tar) as archive:
            for member in archive:
                stored = archive.extractfile(member)
                if stored is not None:
                    yield np.asarray(Image.open(io.BytesIO(stored.read())).convert("RGB"))
