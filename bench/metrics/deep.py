"""LPIPS and DISTS: distances of deep features, by the graphs of ``bench.metrics.graphs``."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from bench.errors import needed_by
from bench.metrics.metric import Measure, Metric, Picture
from bench.models import model_path
from plic_web.quality.lpips import MIN_SIDE, WEIGHTS, FeatureDistance

VGG16_PIXELS = 1024 * 1024
"""Larger pictures are reduced to so many for VGG16, which takes 2 kB of memory for each."""


def _measure(path: Path, most_pixels: int | None = None) -> Measure:
    # One thread: a run keeps every core busy with a process of its own.
    graph = FeatureDistance(path, threads=1)

    def measure(original: Picture, decoded: Picture) -> float | None:
        if min(original.shape[:2]) < MIN_SIDE:
            return None
        if most_pixels is not None:
            original, decoded = (reduced(p, most_pixels) for p in (original, decoded))
        return graph.distance(original, decoded)

    return measure


def reduced(picture: Picture, most_pixels: int) -> Picture:
    """The picture, or where it has more pixels an area-averaged copy that has about so many."""
    height, width = picture.shape[:2]
    scale = (most_pixels / (height * width)) ** 0.5
    if scale >= 1:
        return picture
    size = (max(MIN_SIDE, round(width * scale)), max(MIN_SIDE, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _load_fetched(metric: str, file: str) -> Measure:
    with needed_by(metric):
        return _measure(model_path("vgg16") / file, VGG16_PIXELS)


LPIPS_SOURCE = "Zhang et al., CVPR 2018, version 0.1, as in the package lpips"

LPIPS_ALEX = Metric(
    name="lpips-alex",
    label="LPIPS (AlexNet)",
    unit="",
    better="lower",
    source=f"{LPIPS_SOURCE}; AlexNet",
    span=(0, 1),
    load=lambda: _measure(WEIGHTS),
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
