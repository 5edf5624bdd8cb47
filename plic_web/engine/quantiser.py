"""Gains between the networks' real-valued latents and the payload's integers.

A quality u in 0..1 for each position sets a gain per channel by piecewise-linear
interpolation of learned log-gains (``training.latents`` learns them and says where the
method is from). Encoding rounds ``latent * gain``, decoding divides by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from plic_web.engine.errors import PackError

LEVELS = 64
MAX_VALUE = 127  # far beyond what training saw; bounds what a payload can feed the network

Floats = NDArray[np.float32]
Ints = NDArray[np.int16]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True)
class Quantiser:
    """Log-gains [channels, anchors] of the two levels, anchors evenly spaced over u in 0..1."""

    gain32: Floats
    gain16: Floats

    @classmethod
    def load(cls, path: Path) -> Quantiser:
        """Read the gains from an ``.npz`` file. Raises PackError if it is not one."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(arrays["gain32"].astype("f4"), arrays["gain16"].astype("f4"))
        except (OSError, KeyError, ValueError) as error:
            raise PackError(f"{path}: not a file of gains: {error}") from error

    def quantise(
        self,
        y32: Floats,
        y16: Floats,
        u16: Floats,
        threshold: float | NDArray[np.float64] = 0.5,
    ) -> tuple[Ints, Ints]:
        """Integers of latents y32 [C, h, w] and y16 [C, 2h, 2w] at the quality map u16 [2h, 2w].

        A value is rounded away from zero from ``threshold`` on, one number or a map [2h, 2w]
        of them: above one half trades a little distortion for rate.
        """
        # What is added before cutting off, in the latents' own precision.
        share = np.broadcast_to(1 - np.asarray(threshold), u16.shape).astype(np.float32)
        return (
            _round(y32 * _gain(self.gain32, u16[::2, ::2]), share[::2, ::2]),
            _round(y16 * _gain(self.gain16, u16), share),
        )

    def dequantise(self, k32: Ints, k16: Ints, u16: Floats) -> tuple[Floats, Floats]:
        """The latents float32 [C, h, w] and [C, 2h, 2w] that the integers stand for."""
        return (
            _clip(k32) / _gain(self.gain32, u16[::2, ::2]),
            _clip(k16) / _gain(self.gain16, u16),
        )


def quality_map(q: int, gain_map: NDArray[np.int8] | None, rows16: int, columns16: int) -> Floats:
    """u in 0..1 [rows16, columns16], from the level q in 0..63 and offsets per 64 pixels."""
    if gain_map is None:
        return np.full((rows16, columns16), q / (LEVELS - 1), np.float32)
    levels = np.clip(q + gain_map.astype(np.int32), 0, LEVELS - 1)
    return (spread(levels, rows16, columns16) / (LEVELS - 1)).astype(np.float32)


def spread(cells: NDArray[Number], rows16: int, columns16: int) -> NDArray[Number]:
    """A map per 64 pixels as one per 16 pixels, [rows16, columns16]."""
    return cells.repeat(4, 0).repeat(4, 1)[:rows16, :columns16]


def _gain(log_gains: Floats, u: Floats) -> Floats:
    anchors = np.linspace(0, 1, log_gains.shape[1])
    values = [np.interp(u, anchors, row) for row in log_gains]
    return np.asarray(np.exp(np.stack(values)), np.float32)


def _round(z: Floats, share: Floats) -> Ints:
    magnitude = np.clip(np.floor(np.abs(z) + share), 0, MAX_VALUE)
    return np.asarray(np.sign(z) * magnitude, np.int16)


def _clip(k: Ints) -> Floats:
    return np.clip(k, -MAX_VALUE, MAX_VALUE).astype(np.float32)
