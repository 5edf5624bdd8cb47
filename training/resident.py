"""Training photos in the accelerator's own memory, cut into batches there.

A GPU trains faster than a processor can resize, so every photo is prepared once, in a few
variants (scale, base), and stays on the device as bytes; a batch is then nothing but gathered
indices. The conditions are those of ``training.batches``.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from exporter.edges import canny_map
from training.batches import (
    CELLS,
    Q_LEVELS,
    SCALES,
    SHARE_WITH_EDGES,
    SHARE_WITH_GAIN_MAP,
    SHARE_WITH_KEEP,
    SHARE_WITHOUT_LATENTS,
    Batch,
    base_of,
)
from training.data import is_held_out, read_photos


class Prepared(NamedTuple):
    """Variants of photos, one after the other, as bytes."""

    pixels: np.ndarray  # uint8: [H, W, 3] of each
    quarters: np.ndarray  # uint8: [H/4, W/4, 4] of each, base and edge map
    shapes: np.ndarray  # int64 [n, 2]: H and W, multiples of 4


def prepare(folder: Path, variants: int, size: int, seed: int, parts: int, part: int) -> Prepared:
    """One part of the folder's training photos, each at ``variants`` random scales."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, part])
    pixels, quarters, shapes = [], [], []
    for name, photo in read_photos(folder, part=part, parts=parts):
        for _ in range(0 if is_held_out(name) else variants):
            whole, quarter = _variant(photo, size, rng)
            pixels.append(whole.ravel())
            quarters.append(quarter.ravel())
            shapes.append(whole.shape[:2])
    return Prepared(_join(pixels), _join(quarters), np.array(shapes, np.int64).reshape(-1, 2))


def _join(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(arrays) if arrays else np.zeros(0, np.uint8)


def _variant(
    photo: np.ndarray, size: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    sides = np.array(photo.shape[:2])
    scale = max(rng.uniform(*SCALES), size / min(sides))
    height, width = (int(n) for n in np.maximum(size, np.round(sides * scale)) // 4 * 4)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    pixels = np.asarray(cv2.resize(photo, (width, height), interpolation=interpolation))
    base = base_of(pixels, np.exp(rng.uniform(*np.log(CELLS))))
    edges = canny_map(pixels)[..., None].astype(np.uint8)
    return pixels, np.concatenate([base, edges], 2)


class ResidentPhotos:
    """All variants on one device. ``draw`` cuts a batch of random crops out of them."""

    def __init__(
        self, folder: Path, *, variants: int, size: int, device: torch.device, seed: int
    ) -> None:
        workers = os.cpu_count() or 1
        work = partial(prepare, folder, variants, size, seed, 4 * workers)
        # spawn: a process that has used torch's threads does not survive a fork
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            done = list(pool.map(work, range(4 * workers)))
        self.device = device
        self.pixels = torch.cat([torch.from_numpy(p.pixels).to(device) for p in done])
        self.quarters = torch.cat([torch.from_numpy(p.quarters).to(device) for p in done])
        self.shapes = torch.from_numpy(np.concatenate([p.shapes for p in done])).to(device)
        areas = self.shapes.prod(1)
        self.starts = torch.cat([areas.new_zeros(1), areas.cumsum(0)[:-1]])
        self.generator = torch.Generator(device).manual_seed(seed)

    def draw(self, count: int, size: int) -> Batch:
        """A batch of ``count`` random crops of side ``size``, mirrored or not."""
        chosen = self._integers(len(self.shapes), count)
        height, width = self.shapes[chosen].unbind(1)
        top = (self._uniform(count) * (height - size + 4)).long() // 4
        left = (self._uniform(count) * (width - size + 4)).long() // 4
        start = self.starts[chosen]
        picture = _gather(self.pixels, 3 * start, width, 4 * top, 4 * left, size, 3)
        quarter = _gather(self.quarters, start // 4, width // 4, top, left, size // 4, 4)
        mirrored = self._uniform(count) < 0.5
        picture, quarter = (_mirror(a, mirrored) for a in (picture, quarter))
        picture = picture.float() / 127.5 - 1
        has_latents = self._uniform(count) >= SHARE_WITHOUT_LATENTS
        has_edges = ~has_latents | (self._uniform(count) < SHARE_WITH_EDGES)
        edges = torch.stack([quarter[:, 3], torch.ones_like(quarter[:, 3])], 1).float()
        return Batch(
            picture,
            quarter[:, :3].float() / 127.5 - 1,
            edges * has_edges.view(-1, 1, 1, 1),
            self._keep(picture),
            self._quality(count, size),
            has_latents.float(),
        )

    def _keep(self, picture: Tensor) -> Tensor:
        """One kept rectangle in some of the pictures: pixels and mask [N, 4, S, S]."""
        n, _, _, size = picture.shape
        sides = size // 8 + (self._uniform(2, n) * (size // 2 - size // 8)).long()
        first = (self._uniform(2, n) * (size - sides)).long()
        line = torch.arange(size, device=self.device)
        inside = (line >= first[..., None]) & (line < (first + sides)[..., None])
        mask = (inside[0][:, :, None] & inside[1][:, None, :])[:, None].float()
        mask = mask * (self._uniform(n) < SHARE_WITH_KEEP).view(-1, 1, 1, 1)
        return torch.cat([picture * mask, mask], 1)

    def _quality(self, n: int, size: int) -> Tensor:
        """Quality maps [N, 1, S/16, S/16] in 0..1, some with a random gain map."""
        cells = size // 64
        q = self._integers(Q_LEVELS, n).view(-1, 1, 1)
        offsets = 2 * (self._integers(16, n) - 8).view(-1, 1, 1)
        share = 0.2 + 0.6 * self._uniform(n, 1, 1)
        blobs = torch.rand(n, cells, cells, generator=self.generator, device=self.device) < share
        mapped = (self._uniform(n) < SHARE_WITH_GAIN_MAP).view(-1, 1, 1)
        q = (q + offsets * (blobs & mapped)).clamp(0, Q_LEVELS - 1) / (Q_LEVELS - 1)
        return q[:, None].repeat_interleave(4, 2).repeat_interleave(4, 3)

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator, device=self.device)

    def _integers(self, high: int, count: int) -> Tensor:
        return torch.randint(high, (count,), generator=self.generator, device=self.device)


def _gather(
    flat: Tensor, start: Tensor, width: Tensor, top: Tensor, left: Tensor, size: int, channels: int
) -> Tensor:
    """Crops uint8 [N, channels, size, size] out of pictures that lie one after the other."""
    line = torch.arange(size, device=flat.device)
    rows = (top[:, None] + line) * width[:, None]
    pixels = rows[:, :, None] + (left[:, None] + line)[:, None, :]
    index = start.view(-1, 1, 1) + channels * pixels
    return torch.stack([flat[index + channel] for channel in range(channels)], 1)


def _mirror(pictures: Tensor, mirrored: Tensor) -> Tensor:
    return torch.where(mirrored.view(-1, 1, 1, 1), pictures.flip(-1), pictures)


def resident_batches(photos: ResidentPhotos, size: int, count: int) -> Iterator[Batch]:
    """Endless batches."""
    while True:
        yield photos.draw(count, size)
