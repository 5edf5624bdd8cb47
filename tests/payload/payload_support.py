"""Pictures, latents and hostile bytes for the payload's tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from plic_web.payload.latents import Latents, latent_shape

VECTORS = Path(__file__).parents[1] / "vectors"
PICTURES = Path(__file__).parents[1] / "pictures"

sizes = st.tuples(st.integers(1, 400), st.integers(1, 400))
hostile = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda byte, length: bytes([byte]) * length, st.integers(0, 255), st.integers(0, 3000)
    ),
)


def vectors(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


def smooth_picture(width: int, height: int, seed: int = 0) -> np.ndarray:
    """A picture of a few soft colour gradients."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / max(width, height)
    waves = [
        128 + 100 * np.sin(rng.uniform(1, 9) * x + rng.uniform(1, 9) * y + rng.uniform(0, 6))
        for _ in range(3)
    ]
    return np.stack(waves, axis=-1).astype(np.uint8)


def sparse_latents(
    width: int, height: int, *, scale: int = 16, q: int = 20, gains: bool = False, seed: int = 0
) -> Latents:
    """Latents that are mostly zero, with active regions, of 3 and 4 channels."""
    rng = np.random.default_rng(seed)
    shape = latent_shape(width, height, scale)
    rows, columns = shape
    active = np.exp(rng.normal(-1.5, 1.2, (rows, columns)))
    y32 = rng.laplace(size=(3, rows, columns)) * active
    y16 = rng.laplace(size=(4, 2 * rows, 2 * columns)) * active.repeat(2, 0).repeat(2, 1)
    gain_map = rng.integers(-8, 8, shape.gains).astype(np.int8) if gains else None
    return Latents(scale, q, gain_map, np.rint(y32).astype(np.int16), np.rint(y16).astype(np.int16))
