"""One walk over the latents' decisions, for the encoder, the decoder and the tables' training.

Most latents are zero. Each position first says whether it holds anything at all, in the
context of its neighbours and, at 1/16, of its parent at 1/32; then each channel codes zero,
sign and magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from plic_web.payload.coder import Walker
from plic_web.payload.errors import PayloadError
from plic_web.payload.latent_tables import (
    ACTIVITIES,
    LONGEST_RUN,
    NEARS,
    PARENTS,
    Q_BUCKETS,
    Q_LEVELS,
    SURROUNDINGS,
    LatentTables,
    Level,
)

MIN_GAIN, MAX_GAIN = -8, 7
MAX_MAGNITUDE = 4095
# Work is channels of non-zero positions plus magnitudes: 2**20 take one or two seconds. Adaptive
# contexts learn to take the same decision again for next to nothing, so a section may order
# only so much work for each byte: photographs need 6 to 16.
MAX_WORK = 1 << 20
WORK_PER_BYTE = 32
HAS_GAIN, NO_COARSE, NO_FINE = 1, 2, 4  # flags of a section
GAIN_CONTEXTS = 2 + 16  # "as predicted", then a binary tree of four levels
_SUFFIX_BITS = (MAX_MAGNITUDE - LONGEST_RUN + 1).bit_length() - 1


@dataclass(frozen=True, eq=False)
class Latents:
    """A picture's quantised latents.

    `scale` 1..16: sixteenths of the picture's size that were coded; `q` 0..63: rate index;
    `gain_map` int8 [ceil(h32 / 2), ceil(w32 / 2)] in -8..7, added to q cell by cell, or None;
    `y32` int16 [c32, h32, w32], `y16` int16 [c16, 2 h32, 2 w32], magnitudes up to 4095.
    """

    scale: int
    q: int
    gain_map: NDArray[np.int8] | None
    y32: NDArray[np.int16]
    y16: NDArray[np.int16]


class Shape(NamedTuple):
    """Rows and columns of the latents at 1/32; at 1/16 there are twice, of gains half."""

    rows: int
    columns: int

    @property
    def gains(self) -> tuple[int, int]:
        return -(-self.rows // 2), -(-self.columns // 2)


def walk(
    latents: Latents,
    shape: Shape,
    flags: int,
    tables: LatentTables,
    coder: Walker,
    work: int = MAX_WORK,
) -> Latents:
    """Take every decision of a section in order; gives back the latents as coded.

    Raises PayloadError once more than `work` is done.
    """
    gains = None
    if flags & HAS_GAIN and latents.gain_map is not None:
        gains = _walk_gains(latents.gain_map, tables.contexts, coder)
    buckets = q_buckets(latents.q, gains, shape)
    coarse, fine = tables.levels
    y32, counts = np.zeros_like(latents.y32), None
    if not flags & NO_COARSE:
        y32, counts, work = _walk_level(latents.y32, coarse, buckets, None, work, coder)
    if counts is None:
        counts = [[0] * shape.columns] * shape.rows
    y16 = np.zeros_like(latents.y16)
    if not flags & NO_FINE:
        buckets = [[b for b in row for _ in "ab"] for row in buckets for _ in "ab"]
        y16, _, _ = _walk_level(latents.y16, fine, buckets, counts, work, coder)
    return Latents(latents.scale, latents.q, gains, y32, y16)


def q_buckets(q: int, gains: NDArray[np.int8] | None, shape: Shape) -> list[list[int]]:
    """The q bucket of every position at 1/32."""
    if gains is None:
        return [[q * Q_BUCKETS // Q_LEVELS] * shape.columns] * shape.rows
    levels = np.clip(q + gains.astype(int), 0, Q_LEVELS - 1) * Q_BUCKETS // Q_LEVELS
    wide = levels.repeat(2, 0).repeat(2, 1)[: shape.rows, : shape.columns]
    buckets: list[list[int]] = wide.tolist()
    return buckets


def _walk_gains(gains: NDArray[np.int8], context: int, coder: Walker) -> NDArray[np.int8]:
    """Each gain is its left neighbour's (the upper one's in column 0) or spelt in four bits."""
    rows: list[list[int]] = []
    above = [0] * gains.shape[1]
    for wanted_row in gains.tolist():
        row: list[int] = []
        left = above[0]
        for wanted, upper in zip(wanted_row, above, strict=True):
            if not coder.bit(context + (left == upper), int(wanted == left)):
                node = 1
                for shift in (3, 2, 1, 0):
                    node = node << 1 | coder.bit(
                        context + 2 + node, (wanted - MIN_GAIN) >> shift & 1
                    )
                left = node - 16 + MIN_GAIN
            row.append(left)
        rows.append(row)
        above = row
    return np.array(rows, np.int8)


def _walk_level(
    wanted: NDArray[np.int16],
    level: Level,
    buckets: list[list[int]],
    parents: list[list[int]] | None,
    work: int,
    coder: Walker,
) -> tuple[NDArray[np.int16], list[list[int]], int]:
    """All positions of one resolution: the latents, their non-zero counts, the work left."""
    _, rows, columns = wanted.shape
    targets = wanted.transpose(1, 2, 0).tolist()
    nothing = [0] * level.channels
    above, counts_above = [nothing] * columns, [0] * (columns + 2)
    lines, counts = [], []
    for row in range(rows):
        line, count = [], [0] * (columns + 2)  # a column of zeros on either side
        left = nothing
        for x in range(columns):
            activity = (
                2 * (count[x] + counts_above[x + 1]) + counts_above[x] + counts_above[x + 2]
            ).bit_length()
            activity = min(activity, ACTIVITIES - 1)
            parent = 0
            if parents is not None:
                parent = min(parents[row >> 1][x >> 1].bit_length(), PARENTS - 1)
            start = level.start + buckets[row][x] * level.bucket_size
            target, left_before, left = targets[row][x], left, nothing
            if coder.bit(start + activity * PARENTS + parent, int(any(target))):
                total = activity + parent
                heat = 0 if total < 2 else 1 if total < 4 else 2
                left = _walk_position(target, left_before, above[x], level, start, heat, coder)
                count[x + 1] = sum(map(bool, left))
                work -= level.channels + sum(map(abs, left))
                if work < 0:
                    raise PayloadError(
                        f"row {row}, column {x}: more channels and magnitudes than "
                        f"{WORK_PER_BYTE} a byte or {MAX_WORK} in all"
                    )
            line.append(left)
        lines.append(line)
        counts.append(count[1:-1])
        above, counts_above = line, count
    return np.array(lines, np.int16).transpose(2, 0, 1), counts, work


def _walk_position(
    target: list[int],
    left: list[int],
    above: list[int],
    level: Level,
    start: int,
    heat: int,
    coder: Walker,
) -> list[int]:
    """The channels of a position that is not all zero."""
    bit = coder.bit
    zero, second, further = start + level.zero + heat, start + level.second, start + level.further
    last = level.channels - 1
    seen = 0
    values = []
    for channel, (wanted, west, north) in enumerate(zip(target, left, above, strict=True)):
        near = abs(west) + abs(north)
        if near > 2:
            near = 2
        # The last channel of a position with nothing so far cannot be zero.
        if (seen or channel < last) and not bit(
            zero + channel * SURROUNDINGS + near * 9 + seen * 3, int(wanted != 0)
        ):
            values.append(0)
            continue
        seen = min(seen + 1, 2)
        lean = west + north
        side = 0 if lean == 0 else 1 if lean > 0 else 2
        negative = bit(level.sign + channel * 3 + side, int(wanted < 0))
        wanted = abs(wanted)
        magnitude = 1
        if bit(second + channel * NEARS + near, int(wanted > 1)):
            magnitude = 2
            while magnitude < LONGEST_RUN and bit(
                further + magnitude * NEARS + near, int(wanted > magnitude)
            ):
                magnitude += 1
            if magnitude == LONGEST_RUN:
                magnitude += _walk_suffix(wanted - LONGEST_RUN, coder)
        values.append(-magnitude if negative else magnitude)
    return values


def _walk_suffix(wanted: int, coder: Walker) -> int:
    """An exponential Golomb number of order 0 in fair bits, at most 4095 - 15."""
    wanted += 1
    size = 0
    while size < _SUFFIX_BITS and coder.fair(int(wanted >> (size + 1) > 0)):
        size += 1
    number = 1
    for shift in range(size - 1, -1, -1):
        number = number << 1 | coder.fair(wanted >> shift & 1)
    return min(number - 1, MAX_MAGNITUDE - LONGEST_RUN)
