"""What kind of picture it is, from cheap and robust statistics of its pixels.

A drawing is told from a photo by three things that survive JPEG and scaling: areas without
any texture, edges with a flat shore on both sides, and few colours. No model, a few
milliseconds a picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_BLOCK = 8
# Statistics need the pixels as they are, but not all of them: a stripe pattern of bands.
_ENOUGH_PIXELS = 3_000_000


@dataclass(frozen=True)
class Statistics:
    """Shares are of the picture's 8x8 blocks, in 0..1.

    Attributes:
        flat: blocks without texture (within 4 grey levels, median-filtered).
        two_toned: of the blocks with strong contrast, those whose pixels nearly all lie close
            to one of two grey levels: letters, lines, bars.
        contrast: blocks with strong contrast.
        colours: how many of 4096 colours cover 95 % of the pixels.
        dominant: the share of pixels of the most frequent of 4096 colours.
        noise: median over textured, not contrasty blocks of their fine texture, grey levels.
    """

    flat: float
    two_toned: float
    contrast: float
    colours: int
    dominant: float
    noise: float


def measure(rgb: NDArray[np.uint8]) -> Statistics:
    """Measure an RGB picture, uint8 [height, width, 3], at least 8 pixels a side."""
    rgb = _bands(rgb)
    grey = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    blocks = _blocks(grey)
    smooth = _blocks(cv2.medianBlur(grey, 3))
    flat = np.ptp(smooth, axis=1) <= 4
    low, high = blocks.min(1, keepdims=True), blocks.max(1, keepdims=True)
    span = (high - low)[:, 0]
    contrast = span >= 64
    near = np.minimum(blocks - low, high - blocks) <= span[:, None] * 0.18
    two_toned = near.mean(1) >= 0.75
    texture = np.abs(blocks - smooth).mean(1)
    quiet = texture[~contrast]
    histogram = np.sort(_colour_histogram(rgb))[::-1]
    covered = np.cumsum(histogram)
    return Statistics(
        flat=float(flat.mean()),
        two_toned=float(two_toned[contrast].mean()) if contrast.any() else 0.0,
        contrast=float(contrast.mean()),
        colours=int(np.searchsorted(covered, 0.95 * covered[-1])) + 1,
        dominant=float(histogram[0] / covered[-1]),
        noise=float(np.median(quiet)) if quiet.size else 0.0,
    )


def _bands(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every n-th band of 8 rows of a large picture."""
    height, width = rgb.shape[:2]
    every = -(-height * width // _ENOUGH_PIXELS)
    if every == 1:
        return rgb
    rows = np.arange(height)
    chosen: NDArray[np.uint8] = rgb[(rows // _BLOCK) % every == 0]
    return chosen


def _blocks(grey: NDArray[np.generic] | cv2.typing.MatLike) -> NDArray[np.int16]:
    """The whole 8x8 blocks as rows, int16 [blocks, 64]."""
    rows, columns = grey.shape[0] // _BLOCK, grey.shape[1] // _BLOCK
    whole = grey[: rows * _BLOCK, : columns * _BLOCK].astype(np.int16)
    tiled = whole.reshape(rows, _BLOCK, columns, _BLOCK).swapaxes(1, 2)
    return tiled.reshape(rows * columns, _BLOCK * _BLOCK)


def _colour_histogram(rgb: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Counts of the colours at 4 bits a channel."""
    four = (rgb >> 4).astype(np.int32)
    index = (four[..., 0] << 8) | (four[..., 1] << 4) | four[..., 2]
    return np.bincount(index.ravel(), minlength=4096)


def kind_of(statistics: Statistics, exact_colours: int | None = None) -> str:
    """Name the kind: "photo", "illustration", "graphic" or "text".

    The thresholds were set on the pictures of real sites beside charts, logos, maps, scanned
    pages and screenshots, each also as JPEG and scaled. Taking a chart for a photo is the worse
    error, so the doubtful are graphics.

    Args:
        exact_colours: how many colours a lossless file's pixels nearly all have; None
            where compression has blurred that number.
    """
    s = statistics
    if s.two_toned * s.contrast >= 0.10 and s.dominant >= 0.25:
        return "text"
    if s.contrast >= 0.02 and s.flat + s.two_toned >= 1.15:
        return "graphic"
    if exact_colours is not None and exact_colours <= 256 and s.flat >= 0.15:
        return "graphic"
    if s.flat >= 0.75 and s.contrast < 0.10 and s.noise < 0.5:
        return "illustration"
    return "photo"


def drawing_name(statistics: Statistics, width: int, height: int) -> str:
    """What a "graphic" probably is: "logo or icon", "screenshot" or "chart, diagram or map".

    For the reader of a report only: all of them are treated alike.
    """
    if max(width, height) <= 320:
        return "logo or icon"
    wide = 1.2 <= width / height <= 2.4 and min(width, height) >= 360
    if wide and statistics.flat >= 0.5 and statistics.two_toned * statistics.contrast >= 0.03:
        return "screenshot"
    return "chart, diagram or map"


def exact_colours(rgb: NDArray[np.uint8]) -> int:
    """How many of the 2**24 colours cover 90 % of an RGB picture, uint8 [height, width, 3]."""
    pixels = _bands(rgb).reshape(-1, 3).astype(np.uint32)
    _, counts = np.unique(pixels @ np.array([65536, 256, 1], np.uint32), return_counts=True)
    covered = np.cumsum(np.sort(counts)[::-1])
    return int(np.searchsorted(covered, 0.9 * covered[-1])) + 1
