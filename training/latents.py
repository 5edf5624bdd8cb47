"""Gain, quantisation and the training-time rate model of the latents.

One model covers the whole ladder of rates: a quality u in 0..1, constant over each 64-pixel
cell, sets a learned gain per channel (after G-VAE, arXiv 2003.02012); values are rounded
after the gain. While training, rate is a Laplace model (additive noise in the rate term,
straight-through rounding in the distortion term); the shipped coder is the integer one of
``plic_web.payload.latents``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ANCHORS = 5
# Lagrangian weight of one bit per pixel, log-linear between the lowest and highest quality.
LAMBDA_LOW, LAMBDA_HIGH = 20.0, 0.1


class Quantised(NamedTuple):
    """Dequantised latents for the decoder, integers for the coder, and bits per sample."""

    latents32: Tensor
    latents16: Tensor
    k32: Tensor
    k16: Tensor
    bits: Tensor


def rate_weight(u: Tensor) -> Tensor:
    """Lambda for a quality u in 0..1: loss per bit per pixel."""
    return torch.exp(math.log(LAMBDA_LOW) + u * math.log(LAMBDA_HIGH / LAMBDA_LOW))


def interpolate_anchors(table: Tensor, u: Tensor) -> Tensor:
    """table [C, ANCHORS] at u [N, 1, h, w] in 0..1 -> [N, C, h, w], piecewise linear."""
    position = u.clamp(0, 1) * (ANCHORS - 1)
    knots = torch.arange(ANCHORS, device=u.device, dtype=u.dtype).view(1, -1, 1, 1)
    weights = (1 - (position - knots).abs()).clamp_min(0)
    return torch.einsum("ca,nahw->nchw", table, weights)


class LatentQuantiser(nn.Module):
    """Learned gains and the Laplace rate model of both levels."""

    def __init__(self, channels32: int, channels16: int) -> None:
        super().__init__()
        gains = torch.linspace(math.log(0.4), math.log(4.0), ANCHORS)
        self.gain32 = nn.Parameter(gains.repeat(channels32, 1))
        gains16 = torch.linspace(math.log(0.15), math.log(4.0), ANCHORS)
        self.gain16 = nn.Parameter(gains16.repeat(channels16, 1))
        self.scale32 = nn.Parameter(torch.zeros(channels32, ANCHORS))
        self.context = nn.Sequential(
            nn.Conv2d(channels32 + 1, 64, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(64, channels16, 1),
        )

    def gains(self, u16: Tensor) -> tuple[Tensor, Tensor]:
        """Gains at 1/32 and 1/16 for the quality map u16 [N, 1, H/16, W/16]."""
        u32 = u16[..., ::2, ::2]
        return (
            interpolate_anchors(self.gain32, u32).exp(),
            interpolate_anchors(self.gain16, u16).exp(),
        )

    def forward(self, y32: Tensor, y16: Tensor, u16: Tensor) -> Quantised:
        gain32, gain16 = self.gains(u16)
        z32, z16 = y32 * gain32, y16 * gain16
        k32, k16 = _round(z32), _round(z16)
        latents32, latents16 = k32 / gain32, k16 / gain16
        scale32 = interpolate_anchors(self.scale32, u16[..., ::2, ::2])
        context = torch.cat([F.interpolate(latents32, scale_factor=2.0), u16], 1)
        bits = _bits(_noisy(z32), scale32) + _bits(_noisy(z16), self.context(context))
        return Quantised(latents32, latents16, k32, k16, bits)


def _round(z: Tensor) -> Tensor:
    return z + (z.round() - z).detach()


def _noisy(z: Tensor) -> Tensor:
    return z + torch.rand_like(z) - 0.5


def _bits(z: Tensor, log_scale: Tensor) -> Tensor:
    """Bits [N] of values z [N, C, h, w] under Laplace(0, exp(log_scale)) and unit bins."""
    scale = log_scale.clamp(-6, 5).exp()
    upper = torch.distributions.Laplace(
        torch.zeros((), device=z.device), scale, validate_args=False
    )
    mass = (upper.cdf(z.abs() + 0.5) - upper.cdf(z.abs() - 0.5)).clamp_min(1e-6)
    return -torch.log2(mass).sum((1, 2, 3))
