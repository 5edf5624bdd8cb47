"""LPIPS without torch: the perceptual distance by which plic judges its own pictures.

Source: R. Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual
Metric" (CVPR 2018), version 0.1, backbone AlexNet. ``lpips_alex.onnx`` is made by
``bench.metrics.graphs`` (docs/metrics.md) with the weights stored as fp16.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plic_web.engine.session import Session

MIN_SIDE = 32
"""Smaller pictures leave nothing of the backbones' last feature maps."""

WEIGHTS = Path(__file__).parent / "lpips_alex.onnx"

Picture = NDArray[np.uint8]


class FeatureDistance:
    """A distance between two pictures that an ONNX graph computes from deep features."""

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        """Load a graph of ``bench.metrics.graphs``.

        Args:
            path: takes ``a`` and ``b``, float32 [1, 3, H, W] in -1..1, gives a scalar.
            threads: for one distance; ``None`` takes every core.

        Raises:
            PackError: ONNX Runtime cannot load the file.
        """
        self._session = Session(path, provider="cpu", threads=threads)

    def distance(self, a: Picture, b: Picture) -> float:
        """The distance of two RGB pictures, uint8 [H, W, 3], of one size; 0 for equals.

        Raises ValueError where they differ in size, are no RGB pictures, or have a side
        under 32 pixels.
        """
        for picture in (a, b):
            if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
                raise ValueError(
                    f"expected uint8 [H, W, 3], got {picture.dtype} {list(picture.shape)}"
                )
        if a.shape != b.shape:
            raise ValueError(f"pictures of two sizes: {_size(a)} and {_size(b)} pixels")
        if min(a.shape[:2]) < MIN_SIDE:
            raise ValueError(f"{_size(a)} pixels; a side needs at least {MIN_SIDE}")
        return float(self._session.run(a=_signed(a), b=_signed(b))["distance"])


class Lpips(FeatureDistance):
    """LPIPS 0.1 with AlexNet: 0 for equals, above about 0.6 little is shared."""

    def __init__(self, *, threads: int | None = None) -> None:
        super().__init__(WEIGHTS, threads=threads)


def _size(picture: Picture) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"


def _signed(picture: Picture) -> NDArray[np.float32]:
    """[H, W, 3] of bytes -> float32 [1, 3, H, W] in -1..1."""
    planes = np.ascontiguousarray(picture.transpose(2, 0, 1)[None])
    return planes.astype(np.float32) / np.float32(127.5) - np.float32(1)
