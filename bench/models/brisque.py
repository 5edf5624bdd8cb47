"""BRISQUE's support vectors and scaling, out of the package ``brisque`` without libsvm."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

FEATURES = 36


class _Plain(pickle.Unpickler):
    """Admits numbers, lists and dictionaries only."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} does not belong in a table of numbers")


def build(wheel: Path, folder: Path) -> None:
    """Write ``brisque.npz``: ``vectors`` [n, 36], ``coefficients`` [n], ``rho`` and ``gamma`` of
    the support vector regression, ``low`` and ``high`` [36] of the features' scaling."""
    with zipfile.ZipFile(wheel) as archive:
        scaling = _Plain(io.BytesIO(archive.read("brisque/models/normalize.pickle"))).load()
        head, _, body = archive.read("brisque/models/svm.txt").decode().partition("\nSV\n")
    settings = dict(line.split(" ", 1) for line in head.splitlines())
    rows = [line.split() for line in body.splitlines() if line.strip()]
    vectors = np.zeros((len(rows), FEATURES))
    for row, (_, *pairs) in zip(vectors, rows, strict=True):
        for index, value in (pair.split(":") for pair in pairs):
            row[int(index) - 1] = float(value)
    np.savez(
        folder / "brisque.npz",
        vectors=vectors,
        coefficients=np.array([float(row[0]) for row in rows]),
        rho=float(settings["rho"]),
        gamma=float(settings["gamma"]),
        low=np.array(scaling["min_"]),
        high=np.array(scaling["max_"]),
    )
