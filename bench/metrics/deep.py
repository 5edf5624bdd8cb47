"""LPIPS and DISTS: distances of deep features, by the graphs of ``bench.metrics.graphs``."""

from __future__ import annotations

from pathlib import Path

from bench.errors import MissingPartError
from bench.metrics.metric import Measure, Metric, Picture
from bench.models import model_path


def _measure(path: Path) -> Measure:
    from plic_web.quality.lpips import MIN_SIDE, FeatureDistance

    # One thread: a run keeps every core busy with a process of its own.
    graph = FeatureDistance(path, threads=1)

    def measure(original: Picture, decoded: Picture) -> float | None:
        if min(original.shape[:2]) < MIN_SIDE:
            return None
        return graph.distance(original, decoded)

    return measure


def _load_shipped() -> Measure:
    from plic_web.quality.lpips import WEIGHTS

    return _measure(WEIGHTS)


def _load_fetched(metric: str, file: str) -> Measure:
    try:
        return _measure(model_path("vgg16") / file)
    except MissingPartError as error:
        raise MissingPartError(f"{metric}: {error}") from error


LPIPS_SOURCE = "Zhang et al., CVPR 2018, version 0.1, as in the package lpips"

LPIPS_ALEX = Metric(
    name="lpips-alex",
    label="LPIPS (AlexNet)",
    unit="",
    better="lower",
    source=f"{LPIPS_SOURCE}; AlexNet",
    span=(0, 1),
    load=_load_shipped,
)
LPIPS_VGG = Metric(
    name="lpips-vgg",
    label="LPIPS (VGG16)",
    unit="",
    better="lower",
    source=f"{LPIPS_SOURCE}; VGG16",
    span=(0, 1),
    load=lambda: _load_fetched("lpips-vgg", "lpips_vgg.onnx"),
)
DISTS = Metric(
    name="dists",
    label="DISTS",
    unit="",
    better="lower",
    source="Ding et al., arXiv 2004.07728, weights of DISTS-pytorch 0.1; VGG16 with L2 pooling",
    span=(0, 1),
    load=lambda: _load_fetched("dists", "dists.onnx"),
)
