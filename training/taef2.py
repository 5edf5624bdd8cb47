"""TAEF2's encoder, frozen: the VAE source of SPRDiff's three, for ``training.ablate``.

The tiny autoencoder of FLUX.2's latent space, after github.com/madebyollin/taesd (MIT), read
from its state dict ``taef2_encoder.pth``. It costs 222 kMAC per pixel.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS, WIDTH = 32, 64


class Block(nn.Module):
    """Three 3x3 convolutions beside a shortcut; ``pool`` adds statistics of the whole picture."""

    def __init__(self, *, pool: bool) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            _conv(), nn.ReLU(), _conv(), nn.ReLU(), _conv()
        )  # the places of the convolutions are the state dict's names
        self.pool = (
            nn.Sequential(
                nn.Conv2d(WIDTH, 4 * WIDTH, 1, bias=False),
                nn.GroupNorm(4, 4 * WIDTH),
                nn.ReLU(),
                nn.Conv2d(4 * WIDTH, WIDTH, 1, bias=False),
            )
            if pool
            else None
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.pool is not None:
            x = x + self.pool(x)
        return F.relu(x + self.conv(x))


def _conv() -> nn.Conv2d:
    return nn.Conv2d(WIDTH, WIDTH, 3, padding=1)


def _down() -> nn.Conv2d:
    return nn.Conv2d(WIDTH, WIDTH, 3, 2, 1, bias=False)


class TAEF2(nn.Module):
    """Pictures [N, 3, H, W] in -1..1 -> latents [N, 32, H/8, W/8]; sides are multiples of 16.

    Raises RuntimeError if ``path`` holds another network's weights.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, WIDTH, 3, padding=1), Block(pool=False)]
        for stage in range(3):
            layers += [_down(), *(Block(pool=stage == 2) for _ in range(3))]
        self.layers = nn.Sequential(*layers, nn.Conv2d(WIDTH, CHANNELS, 3, padding=1))
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.layers.load_state_dict({name: value.float() for name, value in state.items()})
        self.requires_grad_(False)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        return self.layers((x + 1) / 2)
