"""Validation on held-out photos: LPIPS, PSNR and model rate at several qualities, one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from training.batches import Batch, base_of
from training.data import Photos
from training.latents import Quantised
from training.model import enlarge
from training.perceptual import LPIPS

if TYPE_CHECKING:
    from training.train import LitePack

from plic_web.engine.sampler import KAPPA

COUNT = 32
PIECE = 8
SIDE = 256
CELL = 24
QUALITIES = (0.1, 0.35, 0.6, 0.85)


def held_out_pieces(photos: Photos, quality: float, count: int = COUNT) -> list[Batch]:
    """Centre crops of the first ``count`` held-out photos, with base and latents at one quality.

    In pieces of PIECE, which bound the memory.
    """
    pictures, bases = [], []
    for photo in photos.held_out[:count]:
        height, width = photo.shape[:2]
        if min(height, width) < SIDE:
            continue
        top, left = (height - SIDE) // 2 & ~3, (width - SIDE) // 2 & ~3
        crop = photo[top : top + SIDE, left : left + SIDE]
        quarter = base_of(photo, CELL)[top // 4 : (top + SIDE) // 4, left // 4 : (left + SIDE) // 4]
        pictures.append(crop.transpose(2, 0, 1) / np.float32(127.5) - 1)
        bases.append(quarter.transpose(2, 0, 1) / np.float32(127.5) - 1)
    n = len(pictures)
    batch = Batch(
        torch.from_numpy(np.stack(pictures)),
        torch.from_numpy(np.stack(bases)),
        torch.zeros(n, 2, SIDE // 4, SIDE // 4),
        torch.zeros(n, 4, SIDE, SIDE),
        torch.full((n, 1, SIDE // 16, SIDE // 16), quality),
        torch.ones(n),
    )
    split = [part.split(PIECE) for part in batch]
    return [Batch(*piece) for piece in zip(*split, strict=True)]


@torch.no_grad()
def reconstruct(model: LitePack, lpips: LPIPS, batch: Batch) -> tuple[Tensor, Quantised]:
    """One-step reconstruction [N, 3, H, W] in -1..1, and the latents behind it."""
    conditions, quantised, _ = model.condition(batch, lpips.features(batch.picture))
    hint16, hint8, coarse = model.control(conditions)
    large = enlarge(coarse)
    noise = torch.randn(large.shape, generator=torch.Generator().manual_seed(0)).to(large.device)
    t = torch.ones(len(large), device=large.device)
    return model.unet(large + KAPPA * noise, t, hint16, hint8, coarse).clamp(-1, 1), quantised


@torch.no_grad()
def judge(model: LitePack, lpips: LPIPS, batch: Batch) -> tuple[Quantised, Tensor]:
    """The latents, and [N, 2]: LPIPS-Alex and PSNR in dB of the one-step reconstruction."""
    picture, quantised = reconstruct(model, lpips, batch)
    psnr = -10 * torch.log10(((picture - batch.picture) ** 2).mean((1, 2, 3)) / 4)
    return quantised, torch.stack([lpips(picture, batch.picture), psnr], 1)


@torch.no_grad()
def validate(
    model: LitePack, lpips: LPIPS, photos: Photos, device: torch.device
) -> dict[str, list[float]]:
    """{"u 0.35": [model bits per pixel, LPIPS-Alex, PSNR in dB], ...} on held-out photos."""
    results = {}
    for quality in QUALITIES:
        rows = []
        for piece in held_out_pieces(photos, quality):
            batch = Batch(*(part.to(device) for part in piece))
            quantised, scores = judge(model, lpips, batch)
            bpp = quantised.bits / SIDE**2
            rows.append(torch.cat([bpp[:, None], scores], 1).cpu())
        results[f"u {quality}"] = [round(v, 4) for v in torch.cat(rows).mean(0).tolist()]
    return results
