"""Few-step x-prediction sampling by residual shifting, in numpy.

The forward process is x_t = x + t (c - x) + KAPPA sqrt(t) e (ResShift, arXiv 2307.12348), with
c the coarse reconstruction and e standard normal noise. The sampler starts at t = 1, where
x_1 = c + KAPPA e needs nothing but what was sent, and walks back deterministically (as DDIM
does, arXiv 2010.02502): from x_t and the predicted x it solves for e and moves to the next t.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

KAPPA = 0.4
"""Standard deviation of the noise at t = 1, for pictures in -1..1."""

Array = NDArray[np.float32]


def timesteps(steps: int) -> list[float]:
    """The decreasing times at which the network is evaluated: [1, (steps-1)/steps, ..., 1/steps].

    Raises ValueError unless 1 <= steps <= 16.
    """
    if not 1 <= steps <= 16:
        raise ValueError(f"steps: expected 1 to 16, got {steps}")
    return [1.0 - index / steps for index in range(steps)]


def sample(
    predict: Callable[[Array, float], Array], coarse: Array, noise: Array, steps: int
) -> Array:
    """Walk from c + KAPPA e to the picture in the given number of network evaluations.

    ``predict(x_t, t)`` returns the clean picture predicted at time t; all arrays share the
    shape of ``coarse`` ([N, 3, H, W], about -1..1). Returns the last prediction.
    """
    times = timesteps(steps)
    x_t = coarse + np.float32(KAPPA) * noise
    for t, t_next in zip(times, [*times[1:], 0.0], strict=True):
        x = predict(x_t, t)
        if t_next == 0.0:
            break
        scaled_noise = (x_t - x - np.float32(t) * (coarse - x)) / np.float32(np.sqrt(t))
        x_t = x + np.float32(t_next) * (coarse - x) + np.float32(np.sqrt(t_next)) * scaled_noise
    return x
