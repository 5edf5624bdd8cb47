"""Starting states of the latents' contexts, from counts over sample latents.

Channels, rates and surroundings make thousands of contexts, many of them rare: a rare one
leans on what its channel and its rate do in general.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plic_web.payload.coder import Walker
from plic_web.payload.latent_tables import (
    ACTIVITIES,
    LONGEST_RUN,
    NEARS,
    PARENTS,
    Q_BUCKETS,
    SURROUNDINGS,
    LatentTables,
    Level,
)
from plic_web.payload.latent_walk import HAS_GAIN, Latents, Shape, walk

_PRIOR_WEIGHT = 8.0  # decisions that a context's general expectation counts for
_LEAST, _MOST = 0.002, 0.998  # a start beyond would cost too much where a picture differs

Counts = NDArray[np.float64]


def train_tables(
    samples: Sequence[Latents], *, pack_number: int = 0, version: int = 1
) -> LatentTables:
    """Tables of pack `pack_number` for latents like `samples` (at least one; equal channels)."""
    first = samples[0]
    even = LatentTables.untrained(pack_number, version, len(first.y32), len(first.y16))
    counts = count_decisions(samples, even)
    starts = np.empty(even.contexts, np.uint16)
    for level in even.levels:
        chance = _level_chances(counts[level.start : level.end], level)
        starts[level.start : level.end] = np.rint(np.clip(chance, _LEAST, _MOST) * 65536)
    return LatentTables(pack_number, version, even.c32, even.c16, starts)


def count_decisions(samples: Sequence[Latents], tables: LatentTables) -> Counts:
    """How often each context decided 0 and 1: [contexts, 2]."""
    counts = np.zeros((tables.contexts, 2))
    for latents in samples:
        taken: list[int] = []

        def bit(context: int, wanted: int, taken: list[int] = taken) -> int:
            taken.append(2 * context + wanted)
            return wanted

        _, rows, columns = latents.y32.shape
        flags = 0 if latents.gain_map is None else HAS_GAIN
        walk(latents, Shape(rows, columns), flags, tables, Walker(bit, lambda wanted: wanted))
        # The contexts behind the tables are the gain map's, which are not trained.
        decisions = np.bincount(taken, minlength=counts.size)[: counts.size]
        counts += decisions.reshape(-1, 2)
    return counts


def _level_chances(counts: Counts, level: Level) -> NDArray[np.float64]:
    """Chance of a 1 in every context of a level, in the level's order."""
    buckets = counts[: Q_BUCKETS * level.bucket_size].reshape(Q_BUCKETS, level.bucket_size, 2)
    position = buckets[:, : level.zero].reshape(Q_BUCKETS, 1, ACTIVITIES * PARENTS, 2)
    zero = buckets[:, level.zero : level.second]
    second = buckets[:, level.second : level.further]
    further = buckets[:, level.further :].reshape(Q_BUCKETS, 1, LONGEST_RUN * NEARS, 2)
    parts = [
        _chances(position),
        _chances(zero.reshape(Q_BUCKETS, level.channels, SURROUNDINGS, 2)),
        _chances(second.reshape(Q_BUCKETS, level.channels, NEARS, 2)),
        _chances(further),
    ]
    inside = np.concatenate([part.reshape(Q_BUCKETS, -1) for part in parts], axis=1)
    signs = counts[Q_BUCKETS * level.bucket_size :]
    weight = 16 * _PRIOR_WEIGHT
    sign = (signs[:, 1] + 0.5 * weight) / (signs.sum(axis=1) + weight)
    return np.concatenate([inside.ravel(), sign])


def _chances(counts: Counts) -> NDArray[np.float64]:
    """Chances [q bucket, channel, context] of counts with one more axis for 0 and 1."""
    overall = _chance(counts.sum(axis=(0, 1), keepdims=True), np.array(0.5))
    by_rate = _chance(counts.sum(axis=1, keepdims=True), overall)
    by_channel = _chance(counts.sum(axis=0, keepdims=True), overall)
    # Rate and channel each shift the log odds; together they add up.
    expected = _logit(by_rate) + _logit(by_channel) - _logit(overall)
    return _chance(counts, 1 / (1 + np.exp(-expected)))


def _chance(counts: Counts, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    ones, total = counts[..., 1], counts.sum(axis=-1)
    return np.asarray((ones + _PRIOR_WEIGHT * expected) / (total + _PRIOR_WEIGHT))


def _logit(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(chance / (1 - chance)))
