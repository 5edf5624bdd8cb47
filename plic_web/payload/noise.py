"""Normal deviates that are the same in every language: Philox words, summed bytewise.

Philox4x64-10 is Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011). The sum of
eight uniform bytes is an integer and nearly normal (Irwin-Hall), where a Box-Muller transform
would lean on each platform's logarithm.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1 << 20  # words made at a time, so that a large picture's noise needs little memory
_MEAN = 8 * 255 // 2
# Standard deviation of the sum of eight bytes: sqrt(8 * (256**2 - 1) / 12).
_DEVIATION = math.sqrt(8 * (256**2 - 1) / 12)


def normal(seed: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Deviates float32 of `shape`, mean 0, variance 1, in C order; `seed` is 0..2**64 - 1.

    Deviate i is (s - 1020) / 209.02312..., rounded once to float32; s is the sum of the bytes of
    word i of Philox4x64-10 with key (seed, 0) and counters 1, 2, 3, ... of four words each.
    """
    deviates = np.empty(math.prod(shape), np.float32)
    # numpy raises the counter before each block, so a counter of 0 yields block 1 first.
    generator = np.random.Philox(counter=0, key=seed)
    for start in range(0, deviates.size, _CHUNK):
        part = deviates[start : start + _CHUNK]
        words = generator.random_raw(part.size).astype("<u8")
        sums = words.view(np.uint8).reshape(-1, 8).sum(axis=1, dtype=np.int64)
        part[:] = (sums - _MEAN) / _DEVIATION
    return deviates.reshape(shape)
