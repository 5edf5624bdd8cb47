"""The lite pack's networks: latents encoder, ControlNet branch, diffusion UNet.

All pictures are float tensors [N, 3, H, W] in [-1, 1] with H and W multiples of 32.

* ``Encoder`` makes two levels of latents, at 1/32 and 1/16. Its sources are its own
  convolutions (distortion) and AlexNet features (semantics), after SPRDiff's several
  encoders (arXiv 2606.01608).
* ``ControlBranch`` turns what was sent (latents, base, edges, kept pixels) into hints at 1/16
  and 1/8 and a coarse reconstruction, after ControlNet (arXiv 2302.05543).
* ``UNet`` predicts the clean picture x from x_t, the time t and the hints (x-prediction).

No layer takes statistics over the picture (no group or batch norm), so a picture that is
reconstructed in overlapping tiles has no seams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.1


@dataclass(frozen=True)
class Widths:
    """Sizes of the networks; ``lite()`` is what the shipped pack has."""

    latents32: int = 16  # latent channels at 1/32
    latents16: int = 16  # latent channels at 1/16
    c16: int = 192  # channels at 1/16, in all three networks
    c8: int = 80  # channels at 1/8
    c4: int = 40  # channels at 1/4
    encoder_blocks: int = 3  # at 1/16
    control_blocks: int = 4  # at 1/16
    trunk_blocks: int = 10  # at 1/16
    leave8_blocks: int = 3  # at 1/8, after the trunk
    leave4_blocks: int = 2  # at 1/4, after those


class Conditions(NamedTuple):
    """What the payload says, as tensors. An absent condition is zeros, as in training."""

    base: Tensor  # [N, 3, H/4, W/4], the upsampled base, -1..1
    latents32: Tensor  # [N, C32, H/32, W/32], dequantised
    latents16: Tensor  # [N, C16, H/16, W/16], dequantised
    quality: Tensor  # [N, 1, H/16, W/16], 0..1 where latents are present, -1 where absent
    edges: Tensor  # [N, 2, H/4, W/4]: the map 0/1, and 1 where a map was sent
    keep: Tensor  # [N, 4, H, W]: kept pixels -1..1 (0 elsewhere), and their mask 0/1


def _conv(cin: int, cout: int, kernel: int = 3) -> nn.Conv2d:
    return nn.Conv2d(cin, cout, kernel, padding=kernel // 2)


def _zero(layer: nn.Conv2d) -> nn.Conv2d:
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _act(x: Tensor) -> Tensor:
    return F.leaky_relu(x, SLOPE)


class ResBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut; a time embedding may scale and shift between."""

    def __init__(self, channels: int, embedding: int = 0) -> None:
        super().__init__()
        self.first = _conv(channels, channels)
        self.second = _conv(channels, channels)
        # Without normalisation, starting near the identity keeps deep stacks stable (Fixup).
        with torch.no_grad():
            self.second.weight.mul_(0.1)
        self.film = nn.Linear(embedding, 2 * channels) if embedding else None

    def forward(self, x: Tensor, embedding: Tensor | None = None) -> Tensor:
        h = self.first(_act(x))
        if self.film is not None and embedding is not None:
            scale, shift = self.film(embedding)[..., None, None].chunk(2, dim=1)
            h = h * (1 + scale) + shift
        return x + self.second(_act(h))


class Encoder(nn.Module):
    """Picture -> real-valued latents at 1/32 and 1/16, before gain and rounding.

    ``semantic`` holds AlexNet feature maps of the same picture (any size; resized here).
    """

    SEMANTIC = 192 + 256  # AlexNet's second and fifth taps

    def __init__(self, w: Widths) -> None:
        super().__init__()
        self.stem = _conv(192, w.c8 + 16)
        self.block8 = ResBlock(w.c8 + 16)
        self.down = _conv(4 * (w.c8 + 16), w.c16, 1)
        self.semantic = _conv(self.SEMANTIC, w.c16, 1)
        self.base = _conv(3, w.c16, 1)
        self.body = nn.Sequential(*(ResBlock(w.c16) for _ in range(w.encoder_blocks)))
        self.head16 = _conv(w.c16, w.latents16)
        # Unit variance, so that the gains alone set the rate: without it the low qualities'
        # rate shrank these channels until they were zero at every quality and stayed so.
        self.norm16 = nn.BatchNorm2d(w.latents16, affine=False, momentum=0.02)
        self.down32 = nn.Conv2d(w.c16, w.c16, 3, 2, 1)
        self.block32 = ResBlock(w.c16)
        self.head32 = _conv(w.c16, w.latents32, 1)

    def forward(self, x: Tensor, base: Tensor, semantic: list[Tensor]) -> tuple[Tensor, Tensor]:
        h = self.block8(self.stem(F.pixel_unshuffle(x, 8)))
        h = self.down(F.pixel_unshuffle(_act(h), 2))
        h = h + self.pretrained(x, semantic) + self.base(F.avg_pool2d(base, 4))
        h = self.body(h)
        h32 = self.block32(self.down32(_act(h)))
        return self.head32(_act(h32)), self.norm16(self.head16(_act(h)))

    def pretrained(self, x: Tensor, semantic: list[Tensor]) -> Tensor:
        """What the frozen networks contribute, [N, c16, H/16, W/16]."""
        size = (x.shape[-2] // 16, x.shape[-1] // 16)
        taps = [F.interpolate(t, size=size, mode="bilinear") for t in (semantic[1], semantic[4])]
        return self.semantic(0.1 * torch.cat(taps, 1))


class ControlBranch(nn.Module):
    """Conditions -> (hint at 1/16, hint at 1/8, coarse picture at 1/4)."""

    def __init__(self, w: Widths) -> None:
        super().__init__()
        # kept pixels 4*64, edges 2*4, base 3*4 after unshuffling to 1/8
        self.stem8 = _conv(256 + 8 + 12, w.c8, 1)
        self.edges8 = _conv(8, w.c8)
        self.down = _conv(4 * w.c8, w.c16, 1)
        self.latents = _conv(w.latents32 + w.latents16 + 1, w.c16)
        self.body = nn.Sequential(*(ResBlock(w.c16) for _ in range(w.control_blocks)))
        self.hint16 = _conv(w.c16, w.c16, 1)
        self.hint8 = _conv(w.c16, 4 * w.c8, 1)
        self.coarse = _zero(_conv(w.c16, 48, 1))

    def forward(self, c: Conditions) -> tuple[Tensor, Tensor, Tensor]:
        edges8 = F.pixel_unshuffle(c.edges, 2)
        flat = torch.cat([F.pixel_unshuffle(c.keep, 8), edges8, F.pixel_unshuffle(c.base, 2)], 1)
        h8 = self.stem8(flat) + self.edges8(edges8)
        latents32 = F.interpolate(c.latents32, scale_factor=2, mode="nearest")
        latents = torch.cat([latents32, c.latents16, c.quality], 1)
        h = self.body(self.down(F.pixel_unshuffle(_act(h8), 2)) + self.latents(latents))
        h = _act(h)
        coarse = c.base + F.pixel_shuffle(self.coarse(h), 4)
        return self.hint16(h), h8 + F.pixel_shuffle(self.hint8(h), 2), coarse


class UNet(nn.Module):
    """x_t [N, 3, H, W], t [N] in 0..1, hints, coarse -> the clean picture [N, 3, H, W]."""

    EMBEDDING = 96

    def __init__(self, w: Widths) -> None:
        super().__init__()
        e = self.EMBEDDING
        self.time = nn.Sequential(nn.Linear(16, e), nn.SiLU(), nn.Linear(e, e), nn.SiLU())
        self.stem = _conv(192, w.c8, 1)
        self.enter8 = ResBlock(w.c8, e)
        self.down = _conv(4 * w.c8, w.c16, 1)
        self.trunk = nn.ModuleList(ResBlock(w.c16, e) for _ in range(w.trunk_blocks))
        self.up8 = _conv(w.c16, 4 * w.c8, 1)
        self.leave8 = nn.ModuleList(ResBlock(w.c8, e) for _ in range(w.leave8_blocks))
        self.up4 = _conv(w.c8, 4 * w.c4, 1)
        self.leave4 = nn.ModuleList(ResBlock(w.c4, e) for _ in range(w.leave4_blocks))
        self.out = _conv(w.c4, 48)
        with torch.no_grad():
            self.out.weight.mul_(0.1)

    def forward(
        self, x: Tensor, t: Tensor, hint16: Tensor, hint8: Tensor, coarse: Tensor
    ) -> Tensor:
        embedding = self.time(_time_features(t))
        h8 = self.enter8(self.stem(F.pixel_unshuffle(x, 8)) + hint8, embedding)
        h = self.down(F.pixel_unshuffle(_act(h8), 2)) + hint16
        for block in self.trunk:
            h = block(h, embedding)
        h = h8 + F.pixel_shuffle(self.up8(_act(h)), 2)
        for block in self.leave8:
            h = block(h, embedding)
        h = F.pixel_shuffle(self.up4(_act(h)), 2)
        for block in self.leave4:
            h = block(h, embedding)
        return enlarge(coarse) + F.pixel_shuffle(self.out(_act(h)), 4)


def _time_features(t: Tensor) -> Tensor:
    """Sines and cosines [N, 16] of t at octaves from half a turn on."""
    angles = t[:, None] * (torch.pi * 2.0 ** torch.arange(8, device=t.device, dtype=t.dtype))
    return torch.cat([angles.sin(), angles.cos()], 1)


def enlarge(coarse: Tensor) -> Tensor:
    """The coarse picture [N, 3, H/4, W/4] at full size, bilinear, pixel centres aligned."""
    return F.interpolate(coarse, scale_factor=4, mode="bilinear", align_corners=False)
