"""Random training batches: crops with the conditions that a payload would give them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from exporter.edges import canny_map
from plic_web.payload.base import dequantise, quantise
from plic_web.payload.resample import upsample
from training.data import Photos

SCALES = (0.6, 1.25)
# Side of a base cell in pixels of the coded picture: about 16 for a picture of 400x300,
# 32 for 768x512, 64 for 1536x1024.
CELLS = (16, 64)
Q_LEVELS = 64
SHARE_WITHOUT_LATENTS = 0.12
SHARE_WITH_EDGES = 0.35
SHARE_WITH_KEEP = 0.15
SHARE_WITH_GAIN_MAP = 0.3


class Batch(NamedTuple):
    """One batch on the CPU. Pictures are -1..1; see ``training.model.Conditions``."""

    picture: Tensor  # [N, 3, S, S]
    base: Tensor  # [N, 3, S/4, S/4]
    edges: Tensor  # [N, 2, S/4, S/4]
    keep: Tensor  # [N, 4, S, S]
    u16: Tensor  # [N, 1, S/16, S/16], quality 0..1
    latents: Tensor  # [N], 1 where latents are sent


def base_of(photo: np.ndarray, cell: float) -> np.ndarray:
    """The base of a photo at quarter size, as the payload codec would send it.

    ``cell`` is the side of a grid cell in pixels. Returns uint8 [H/4, W/4, 3].
    """
    height, width = photo.shape[:2]
    gw = int(np.clip(round(width / cell), 2, 64))
    gh = int(np.clip(round(height / cell), 2, 64))
    grid = cv2.resize(photo, (gw, gh), interpolation=cv2.INTER_AREA).astype(np.float64)
    return upsample(dequantise(quantise(grid)), -(-width // 4), -(-height // 4))


def draw_quality(rng: np.random.Generator, cells: int) -> np.ndarray:
    """A quality map [cells, cells] in 0..1: one level, or with a random gain map around it."""
    q = rng.integers(Q_LEVELS)
    if rng.random() < SHARE_WITH_GAIN_MAP:
        offsets = rng.integers(-8, 8) * (rng.random((cells, cells)) < rng.uniform(0.2, 0.8))
        q = np.clip(q + 2 * offsets, 0, Q_LEVELS - 1)
    return np.broadcast_to(q / (Q_LEVELS - 1), (cells, cells)).astype(np.float32)


def draw_keep(rng: np.random.Generator, crop: np.ndarray) -> np.ndarray:
    """Kept pixels and mask float32 [S, S, 4] of one random rectangle of the crop."""
    size = crop.shape[0]
    keep = np.zeros((size, size, 4), np.float32)
    h, w = rng.integers(size // 8, size // 2, 2)
    top, left = rng.integers(0, size - h), rng.integers(0, size - w)
    inside = np.s_[top : top + h, left : left + w]
    keep[inside][..., :3] = crop[inside] / 127.5 - 1
    keep[inside][..., 3] = 1
    return keep


def draw_sample(photos: Photos, rng: np.random.Generator, size: int) -> tuple[np.ndarray, ...]:
    """One sample: the arrays of ``Batch``, channels last, without the batch axis."""
    photo, _, (top, left) = photos.crop(rng, size, SCALES)
    top, left = top & ~3, left & ~3
    crop = photo[top : top + size, left : left + size]
    cell = np.exp(rng.uniform(*np.log(CELLS)))
    quarter = np.s_[top // 4 : (top + size) // 4, left // 4 : (left + size) // 4]
    base = base_of(photo, cell)[quarter] / np.float32(127.5) - 1
    has_latents = rng.random() >= SHARE_WITHOUT_LATENTS
    edges = np.zeros((size // 4, size // 4, 2), np.float32)
    if not has_latents or rng.random() < SHARE_WITH_EDGES:
        edges[..., 0] = canny_map(photo)[quarter]
        edges[..., 1] = 1
    keep = np.zeros((size, size, 4), np.float32)
    if rng.random() < SHARE_WITH_KEEP:
        keep = draw_keep(rng, crop)
    u16 = draw_quality(rng, size // 64).repeat(4, 0).repeat(4, 1)[..., None]
    return crop / np.float32(127.5) - 1, base, edges, keep, u16, np.float32(has_latents)


def batches(photos: Photos, size: int, count: int, seed: int, ahead: int = 4) -> Iterator[Batch]:
    """Endless batches of ``count`` samples of side ``size``, made ahead in a thread."""
    ready: queue.Queue[Batch] = queue.Queue(ahead)

    def make() -> None:
        rng = np.random.default_rng(seed)
        while True:
            columns = zip(*(draw_sample(photos, rng, size) for _ in range(count)), strict=True)
            *pictures, latents = (torch.from_numpy(np.stack(c)) for c in columns)
            chw = (p.permute(0, 3, 1, 2).contiguous() for p in pictures)
            ready.put(Batch(*chw, latents))

    threading.Thread(target=make, daemon=True).start()
    while True:
        yield ready.get()
