"""Count the base's flags over a set of photographs and print its probability table.

    python -m training.base_tables ../shared/data/train

Every photograph of every tar is read; the last line printed is `FLAGS` of
plic_web/payload/base.py.
"""

from __future__ import annotations

import io
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plic_web.payload import base
from plic_web.payload.resample import area_average


def photographs(folder: Path, every: int = 1) -> Iterator[NDArray[np.uint8]]:
    """Each `every`-th RGB picture of the tars in `folder`."""
    for tar in sorted(folder.glob("*.tar")):
        with tarfile.open(tar) as archive:
            for number, member in enumerate(archive):
                stored = archive.extractfile(member)
                if stored is None or number % every:
                    continue
                yield np.asarray(Image.open(io.BytesIO(stored.read())).convert("RGB"))


def count_flags(folder: Path) -> NDArray[np.int64]:
    """How often each flag was 0 and 1: [run class, class, 2]."""
    counts = np.zeros((base.RUN_CLASSES, base.CLASSES, 2), np.int64)
    for rgb in photographs(folder):
        height, width, _ = rgb.shape
        columns, rows = base.base_grid(width, height)
        magnitudes = np.abs(base.quantise(area_average(rgb, columns, rows))).tolist()

        def count(
            channel: int,
            row: int,
            column: int,
            kind: int,
            known: list[list[list[int]]] = magnitudes,
        ) -> int:
            magnitude = known[row][column][channel]
            size = magnitude.bit_length()
            for n in range(size + 1):
                counts[min(n, base.RUN_CLASSES - 1), kind - 1, int(n < size)] += 1
            return magnitude

        base.walk(columns, rows, count)
    return counts


def table(counts: NDArray[np.int64]) -> str:
    """The counts as one printable character a flag, without the backslash and the quote."""
    ones = (counts[..., 1] + 0.4) / (counts.sum(axis=-1) + 0.8)
    characters = np.clip(np.rint(np.sqrt(ones * 8192)), 3, 90).astype(int) + 33
    return "".join(chr(code + (code == ord("\\"))) for code in characters.ravel())


if __name__ == "__main__":
    flags = count_flags(Path(sys.argv[1]))
    print(flags.sum(axis=-1))
    print(table(flags))
