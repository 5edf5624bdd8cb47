"""Finite scalar quantisation, the rival of ``training.latents`` in ``training.ablate``.

After FSQ (arXiv 2309.15505): a tanh bounds every channel before it is rounded, so a position
has a finite alphabet, and a categorical model predicts the symbol. FSQ as published has one
rate; here the width of each channel's alphabet is learned per quality, as the gains are.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.latents import ANCHORS, Quantised, interpolate_anchors

HALF = 4  # symbols lie in -HALF..HALF
SYMBOLS = 2 * HALF + 1
WIDEST = HALF + 0.49


class FsqQuantiser(nn.Module):
    """In place of ``LatentQuantiser``: the same inputs, outputs and number of channels."""

    def __init__(self, channels32: int, channels16: int) -> None:
        super().__init__()
        # at half a symbol's width nothing but zeros is left
        widths = torch.linspace(math.log(0.55), math.log(WIDEST), ANCHORS)
        self.gain32 = nn.Parameter(widths.repeat(channels32, 1))
        self.gain16 = nn.Parameter(widths.repeat(channels16, 1))
        self.scale32 = nn.Parameter(torch.zeros(channels32 * SYMBOLS, ANCHORS))
        self.context = nn.Sequential(
            nn.Conv2d(channels32 + 1, 64, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(64, channels16 * SYMBOLS, 1),
        )

    def forward(self, y32: Tensor, y16: Tensor, u16: Tensor) -> Quantised:
        u32 = u16[..., ::2, ::2]
        width32 = interpolate_anchors(self.gain32, u32).exp().clamp_max(WIDEST)
        width16 = interpolate_anchors(self.gain16, u16).exp().clamp_max(WIDEST)
        z32, z16 = y32.tanh() * width32, y16.tanh() * width16
        k32, k16 = (z + (z.round() - z).detach() for z in (z32, z16))
        latents32, latents16 = k32 / width32, k16 / width16
        context = torch.cat([F.interpolate(latents32, scale_factor=2.0), u16], 1)
        bits = _bits(z32, interpolate_anchors(self.scale32, u32)) + _bits(
            z16, self.context(context)
        )
        return Quantised(latents32, latents16, k32, k16, bits)


def _bits(z: Tensor, logits: Tensor) -> Tensor:
    """Bits [N] of z [N, C, h, w] under logits [N, C * SYMBOLS, h, w].

    Between two symbols the probability is interpolated, which is what lets the rate have a
    gradient.
    """
    chances = logits.unflatten(1, (z.shape[1], SYMBOLS)).softmax(2)
    position = (z + HALF).clamp(0, SYMBOLS - 1 - 1e-4)
    lower = position.detach().floor()
    share = position - lower
    below, above = (
        chances.gather(2, (lower + step).long().unsqueeze(2)).squeeze(2) for step in (0, 1)
    )
    return -torch.log2(((1 - share) * below + share * above).clamp_min(1e-6)).sum((1, 2, 3))
