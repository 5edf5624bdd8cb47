"""The forward process: residual shifting between the picture and its coarse reconstruction.

x_t = x + t (c - x) + KAPPA sqrt(t) e, after ResShift (arXiv 2307.12348). At t = 1 this is the
coarse picture plus noise, all of which the decoder has, so few steps suffice. The network
predicts x. ``plic_web.engine.sampler`` walks the same process backwards in numpy.
"""

from __future__ import annotations

import torch
from torch import Tensor

from plic_web.engine.sampler import KAPPA


def add_noise(x: Tensor, coarse: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """x_t for pictures x and coarse [N, 3, H, W] in -1..1, t [N] in 0..1, normal noise."""
    t = t.view(-1, 1, 1, 1)
    return x + t * (coarse - x) + KAPPA * t.sqrt() * noise


def draw_times(n: int, share_at_one: float, device: torch.device) -> Tensor:
    """Times [n] in (0, 1]: exactly 1 for the given share, uniform for the rest."""
    t = torch.rand(n, device=device).clamp_min(0.02)
    return torch.where(torch.rand(n, device=device) < share_at_one, torch.ones_like(t), t)
