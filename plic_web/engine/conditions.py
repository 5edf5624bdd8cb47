"""From a payload's sections to the arrays that the decoder's graphs take.

Every array covers the coded picture, padded at the right and at the bottom to multiples of
32 by repeating the border; a section that is absent is zeros, as in training.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from plic_web.engine.pack import Pack
from plic_web.engine.quantiser import quality_map
from plic_web.payload import Payload, SectionKind
from plic_web.payload.base import decode_base
from plic_web.payload.edges import decode_edges
from plic_web.payload.keep import Rect, decode_keep
from plic_web.payload.latents import Latents, coded_size, decode_latents
from plic_web.payload.resample import upsample

MULTIPLE = 32
MAX_CODED_SIDE = 1536
"""Without latents a picture is drawn at most so large, then enlarged: no more was sent."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Conditions:
    """Decoder inputs for one picture, without the batch axis, channels first.

    base [3, H/4, W/4] and keep [4, H, W] in -1..1 (keep's last channel is its mask 0/1),
    latents32 [C32, H/32, W/32], latents16 [C16, H/16, W/16], quality [1, H/16, W/16] in 0..1
    or -1 where no latents were sent, edges [2, H/4, W/4] (map, and whether one was sent).
    """

    width: int  # of the coded picture, before padding
    height: int
    base: Floats
    latents32: Floats
    latents16: Floats
    quality: Floats
    edges: Floats
    keep: Floats
    base_grid: NDArray[np.uint8] | None
    kept: tuple[tuple[Rect, NDArray[np.uint8]], ...]

    @property
    def arrays(self) -> dict[str, Floats]:
        """The arrays by the graph's input names."""
        names = ("base", "latents32", "latents16", "quality", "edges", "keep")
        return {name: getattr(self, name) for name in names}


def read_conditions(payload: Payload, pack: Pack) -> Conditions:
    """Decode the sections that the pack understands. Raises PayloadError for bad sections."""
    latents = _latents(payload, pack)
    scale = latents.scale if latents else _default_scale(payload.width, payload.height)
    width, height = coded_size(payload.width, payload.height, scale)
    columns, rows = -(-width // MULTIPLE), -(-height // MULTIPLE)
    latents32, latents16, quality = _latent_arrays(latents, pack, columns, rows)
    grid = _base_grid(payload)
    kept = tuple(_kept(payload))
    return Conditions(
        width=width,
        height=height,
        base=_base(grid, width, height, columns, rows),
        latents32=latents32,
        latents16=latents16,
        quality=quality,
        edges=_edges(payload, width, height, columns, rows),
        keep=_keep(kept, width / payload.width, height / payload.height, columns, rows),
        base_grid=grid,
        kept=kept,
    )


def _default_scale(width: int, height: int) -> int:
    return max(1, min(16, 16 * MAX_CODED_SIDE // max(width, height)))


def _latents(payload: Payload, pack: Pack) -> Latents | None:
    data = payload.get(SectionKind.LATENTS)
    if data is None or "latents" not in pack.conditions:
        return None
    return decode_latents(data, pack.tables, payload.width, payload.height)


def _latent_arrays(
    latents: Latents | None, pack: Pack, columns: int, rows: int
) -> tuple[Floats, Floats, Floats]:
    quantiser = pack.quantiser
    if latents is None:
        return (
            np.zeros((len(quantiser.gain32), rows, columns), np.float32),
            np.zeros((len(quantiser.gain16), 2 * rows, 2 * columns), np.float32),
            np.full((1, 2 * rows, 2 * columns), -1, np.float32),
        )
    u16 = quality_map(latents.q, latents.gain_map, 2 * rows, 2 * columns)
    return *quantiser.dequantise(latents.y32, latents.y16, u16), u16[None]


def _base_grid(payload: Payload) -> NDArray[np.uint8] | None:
    data = payload.get(SectionKind.BASE)
    return None if data is None else decode_base(data, payload.width, payload.height)


def _base(
    grid: NDArray[np.uint8] | None, width: int, height: int, columns: int, rows: int
) -> Floats:
    if grid is None:
        return np.zeros((3, 8 * rows, 8 * columns), np.float32)
    quarter = upsample(grid, -(-width // 4), -(-height // 4))
    return to_signed(pad(quarter, 8 * columns, 8 * rows))


def _edges(payload: Payload, width: int, height: int, columns: int, rows: int) -> Floats:
    edges = np.zeros((2, 8 * rows, 8 * columns), np.float32)
    data = payload.get(SectionKind.EDGES)
    if data is not None:
        drawn = decode_edges(data, payload.width, payload.height).astype(np.uint8)
        size = (-(-width // 4), -(-height // 4))
        edges[0, : size[1], : size[0]] = cv2.resize(drawn, size, interpolation=cv2.INTER_NEAREST)
        edges[1] = 1
    return edges


def _kept(payload: Payload) -> list[tuple[Rect, NDArray[np.uint8]]]:
    data = payload.get(SectionKind.KEEP)
    return [] if data is None else decode_keep(data, payload.width, payload.height)


def _keep(
    kept: tuple[tuple[Rect, NDArray[np.uint8]], ...], sx: float, sy: float, columns: int, rows: int
) -> Floats:
    keep = np.zeros((4, MULTIPLE * rows, MULTIPLE * columns), np.float32)
    for rect, pixels in kept:
        left, top = round(rect.left * sx), round(rect.top * sy)
        right = max(left + 1, round((rect.left + rect.width) * sx))
        bottom = max(top + 1, round((rect.top + rect.height) * sy))
        small = cv2.resize(pixels, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
        keep[:3, top:bottom, left:right] = to_signed(np.asarray(small, np.uint8))
        keep[3, top:bottom, left:right] = 1
    return keep


def pad(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Extend [h, w, channels] to the right and the bottom by repeating the border."""
    below, right = height - picture.shape[0], width - picture.shape[1]
    return np.pad(picture, ((0, below), (0, right), (0, 0)), mode="edge")


def to_signed(picture: NDArray[np.uint8]) -> Floats:
    """uint8 [h, w, channels] -> float32 [channels, h, w] in -1..1."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32) / np.float32(127.5) - 1
