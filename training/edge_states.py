"""Train the starting states of the edge map's contexts on photographs.

    python -m training.edge_states ../shared/data/train

writes plic_web/payload/edge_states.bin. Photographs are shrunk to a short side of 128 samples,
the size of the map of a 768x512 picture, and counted as they are and mirrored.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from exporter.edges import thin_edges
from plic_web.payload.edges import CONTEXTS, STATES
from training.photographs import photographs

_SHORT_SIDE = 128
_PRIOR_WEIGHT = 3.0  # samples that a context's parent counts for
# Position (row, column) of each bit of a context, least significant first; as edges.walk.
_TEMPLATE = [(0, -1), (0, -2), (0, -3)]
_TEMPLATE += [(-1, x) for x in range(3, -3, -1)] + [(-2, x) for x in range(2, -3, -1)]
# Bits in the order in which they are forgotten to find a context's parent: the farthest first.
_FORGET = (8, 9, 13, 2, 3, 10, 12, 4, 7, 1, 11, 5, 6, 0)


def count(folder: Path) -> NDArray[np.float64]:
    """How often each context was followed by 0 and 1: [CONTEXTS, 2]."""
    counts = np.zeros((CONTEXTS, 2))
    for rgb in photographs(folder):
        height, width, _ = rgb.shape
        scale = _SHORT_SIDE / min(height, width)
        size = (round(width * scale), round(height * scale))
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        edges = thin_edges(np.asarray(small, np.uint8))
        for view in (edges, edges[:, ::-1]):
            context = contexts(view)
            for bit in (0, 1):
                counts[:, bit] += np.bincount(context[view == bit], minlength=CONTEXTS)
    return counts


def contexts(edges: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The context of every sample of a map."""
    rows, columns = edges.shape
    padded = np.zeros((rows + 2, columns + 6), np.int64)
    padded[2:, 3:-3] = edges
    context = np.zeros((rows, columns), np.int64)
    for bit, (y, x) in enumerate(_TEMPLATE):
        context |= padded[2 + y : 2 + y + rows, 3 + x : 3 + x + columns] << bit
    return context


def probabilities(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance of an edge in each context; rare contexts lean on those with fewer neighbours."""
    bits = len(_TEMPLATE)
    levels = [counts.reshape((2,) * bits + (2,))]
    for bit in _FORGET:
        levels.append(levels[-1].sum(axis=bits - 1 - bit, keepdims=True))
    chance = levels[-1][..., 1] / levels[-1].sum(axis=-1)
    for level in reversed(levels[:-1]):
        chance = (level[..., 1] + _PRIOR_WEIGHT * chance) / (level.sum(axis=-1) + _PRIOR_WEIGHT)
    return chance.reshape(-1)


if __name__ == "__main__":
    roots = np.rint(np.sqrt(probabilities(count(Path(sys.argv[1]))) * 65536))
    STATES.write_bytes(np.clip(roots, 4, 254).astype(np.uint8).tobytes())
