"""The latents' entropy model: how contexts are numbered, and where each one starts.

A pack ships one table file. It is only probabilities: which context is used for which decision
is fixed by the format (docs/format.md, "Latents").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from plic_web.payload.errors import PayloadError

Q_LEVELS = 64
Q_BUCKETS = 8  # statistics differ by rate: one set of contexts for eight q indices
ACTIVITIES = 6  # classes of the neighbours' activity
PARENTS = 4  # classes of the parent's activity
SURROUNDINGS = 27  # 3 neighbour magnitudes x 3 counts at this position x 3 activities
NEARS = 3  # classes of a channel's neighbour magnitudes
LONGEST_RUN = 15  # magnitudes from here on go on as an exponential Golomb number
MAX_CHANNELS = 64
_MAGIC = b"plt\x01"
_HEADER = len(_MAGIC) + 4


class Level(NamedTuple):
    """Offsets of one resolution's contexts; all but `sign` are repeated for each q bucket.

    Inside a bucket: position (ACTIVITIES x PARENTS), zero (channels x SURROUNDINGS), second
    (channels x NEARS: is the magnitude above 1), further (LONGEST_RUN x NEARS).
    """

    channels: int
    start: int

    @property
    def zero(self) -> int:
        return ACTIVITIES * PARENTS

    @property
    def second(self) -> int:
        return self.zero + self.channels * SURROUNDINGS

    @property
    def further(self) -> int:
        return self.second + self.channels * NEARS

    @property
    def bucket_size(self) -> int:
        return self.further + LONGEST_RUN * NEARS

    @property
    def sign(self) -> int:
        """Offset of the sign contexts (channels x 3) behind all buckets."""
        return self.start + Q_BUCKETS * self.bucket_size

    @property
    def end(self) -> int:
        return self.sign + self.channels * 3


@dataclass(frozen=True, eq=False)
class LatentTables:
    """Starting states of a pack: `starts` u16 [contexts], probabilities of a 1 in 1/65536.

    `pack` 0..255 and `version` 0..255 are written into every section and must match.
    `c32`, `c16`: channels at 1/32 and 1/16 of the coded size, 1..64.
    """

    pack: int
    version: int
    c32: int
    c16: int
    starts: NDArray[np.uint16]

    def __post_init__(self) -> None:
        if not (0 <= self.pack < 256 and 0 <= self.version < 256):
            raise PayloadError(
                f"latent tables: pack {self.pack}, version {self.version}; expected 0 to 255"
            )
        if not (1 <= self.c32 <= MAX_CHANNELS and 1 <= self.c16 <= MAX_CHANNELS):
            raise PayloadError(
                f"latent tables: {self.c32} and {self.c16} channels; expected 1 to {MAX_CHANNELS}"
            )
        if self.starts.shape != (self.contexts,) or self.starts.dtype != np.uint16:
            raise PayloadError(
                f"latent tables: states {self.starts.dtype} {self.starts.shape}; expected "
                f"uint16 ({self.contexts},)"
            )
        if not self.starts.all():
            raise PayloadError("latent tables: a state of 0; expected 1 to 65535")

    @property
    def levels(self) -> tuple[Level, Level]:
        """The contexts at 1/32 and at 1/16."""
        coarse = Level(self.c32, 0)
        return coarse, Level(self.c16, coarse.end)

    @property
    def contexts(self) -> int:
        """Number of trained contexts."""
        return self.levels[1].end

    @cached_property
    def states(self) -> list[int]:
        """`starts` as the list of ints that the coder takes."""
        states: list[int] = self.starts.tolist()
        return states

    @classmethod
    def untrained(cls, pack: int, version: int, c32: int, c16: int) -> LatentTables:
        """Tables in which every decision starts even."""
        size = Level(c16, Level(c32, 0).end).end
        return cls(pack, version, c32, c16, np.full(size, 1 << 15, np.uint16))

    def save(self, path: Path) -> None:
        """Write `plt`, 1, pack, version, c32, c16, then the states, 16 bits little-endian."""
        head = _MAGIC + bytes([self.pack, self.version, self.c32, self.c16])
        path.write_bytes(head + self.starts.astype("<u2").tobytes())

    @classmethod
    def load(cls, path: Path) -> LatentTables:
        """Read a file that `save` wrote. Raises PayloadError if it is not one."""
        data = path.read_bytes()
        if data[: len(_MAGIC)] != _MAGIC or len(data) < _HEADER or len(data) % 2:
            raise PayloadError(f"{path}: not a table of latents (begins {data[:4].hex()})")
        states = np.frombuffer(data, "<u2", offset=_HEADER).astype(np.uint16)
        try:
            return cls(data[4], data[5], data[6], data[7], states)
        except PayloadError as error:
            raise PayloadError(f"{path}: {error}") from None
