"""A discriminator of patches, for texture that distances alone do not ask for.

After pix2pix's PatchGAN (arXiv 1611.07004), conditioned on the coarse picture, with spectral
normalisation (arXiv 1802.05957) and the hinge loss. Each output judges a patch of 40 pixels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

WIDTHS = (64, 128, 192)


class Discriminator(nn.Module):
    """Pictures and enlarged coarse pictures [N, 3, S, S] in -1..1 -> scores [N, 1, s, s]."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 4 * 6
        for position, width in enumerate(WIDTHS):
            stride = 2 if position else 1
            convolution = nn.Conv2d(channels, width, 3 + stride - 1, stride, 1)
            layers += [spectral_norm(convolution), nn.LeakyReLU(0.2)]
            channels = width
        self.body = nn.Sequential(*layers, spectral_norm(nn.Conv2d(channels, 1, 3, padding=1)))

    def forward(self, picture: Tensor, coarse: Tensor) -> Tensor:
        return self.body(F.pixel_unshuffle(torch.cat([picture, coarse], 1), 2))


def discriminator_loss(real: Tensor, drawn: Tensor) -> Tensor:
    """Hinge loss: scores of real patches above 1, of drawn ones below -1."""
    return F.relu(1 - real).mean() + F.relu(1 + drawn).mean()


def generator_loss(drawn: Tensor) -> Tensor:
    """What the decoder lowers by being taken for real."""
    return -drawn.mean()
