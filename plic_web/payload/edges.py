"""The edges section: a binary map at quarter size, each sample coded in its neighbours' context.

Template and method follow JBIG2's generic region coding; the adaptive contexts start from
states trained on photographs (training/edge_states.py), shipped as edge_states.bin.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plic_web.payload.coder import binary_decoder, binary_encoder
from plic_web.payload.container import check_size
from plic_web.payload.errors import PayloadError

MAX_SAMPLES = 49152  # 256 x 192: a decode stays under a tenth of a second
CONTEXTS = 1 << 14
_LEAST_DIVISOR = 4
STATES = Path(__file__).with_name("edge_states.bin")


def edge_grid(width: int, height: int) -> tuple[int, int]:
    """Columns and rows of the edge map of a `width` x `height` picture.

    The sides divided by 4, rounded up; by the next larger integers while the map would hold
    more than 49152 samples.
    """
    divisor = _LEAST_DIVISOR
    while (-(-width // divisor)) * (-(-height // divisor)) > MAX_SAMPLES:
        divisor += 1
    return -(-width // divisor), -(-height // divisor)


def encode_edges(edges: NDArray[np.bool_]) -> bytes:
    """The section for a map [rows, columns], True on an edge; about 300 bytes for a photograph.

    The map's size must be `edge_grid` of the picture's: it is not sent.
    """
    rows, columns = edges.shape
    encoder = binary_encoder(starting_states())
    samples = iter(edges.astype(int).ravel().tolist())

    def write(context: int) -> int:
        sample: int = next(samples)
        encoder.encode(context, sample)
        return sample

    walk(columns, rows, write)
    return encoder.finish()


def decode_edges(data: bytes, width: int, height: int) -> NDArray[np.bool_]:
    """The map [rows, columns] of a picture of `width` x `height` pixels.

    Raises PayloadError if the section ends before its last sample.
    """
    check_size(width, height)
    columns, rows = edge_grid(width, height)
    try:
        lines = walk(columns, rows, binary_decoder(data, starting_states()).decode)
    except PayloadError as error:
        raise PayloadError(f"edges section of a {columns}x{rows} map: {error}") from None
    return np.array(lines, np.bool_).reshape(rows, columns)


def walk(columns: int, rows: int, visit: Callable[[int], int]) -> list[list[int]]:
    """Call `visit(context)` for each sample in reading order and give back what it returned.

    A context holds 14 samples already known, those outside the map being 0: five of the second
    row above (x - 2 to x + 2), six of the row above (x - 2 to x + 3), the last three of this
    row; from most to least significant bit.
    """
    above2 = above = [0] * (columns + 4)
    lines = []
    for _ in range(rows):
        line = []
        window2 = above2[0] << 1 | above2[1]
        window1 = above[0] << 2 | above[1] << 1 | above[2]
        window0 = 0
        for ahead2, ahead1 in zip(above2[2:-2], above[3:-1], strict=True):
            window2 = (window2 << 1 | ahead2) & 31
            window1 = (window1 << 1 | ahead1) & 63
            bit = visit(window2 << 9 | window1 << 3 | window0)
            window0 = (window0 << 1 | bit) & 7
            line.append(bit)
        lines.append(line)
        above2, above = above, [*line, 0, 0, 0, 0]
    return lines


@cache
def starting_states() -> tuple[int, ...]:
    """The 16384 probabilities of an edge, in 1/65536: the square of each byte of the file."""
    states = np.frombuffer(STATES.read_bytes(), np.uint8)
    if states.size != CONTEXTS or not states.all():
        raise RuntimeError(f"{STATES}: expected {CONTEXTS} bytes from 1 to 255; reinstall plic")
    return tuple((states.astype(int) ** 2).tolist())
