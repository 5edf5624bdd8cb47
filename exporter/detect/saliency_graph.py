"""Make the saliency network that ships: U2-Net-p for one small input, its weights as fp16.

``python -m exporter.detect.saliency_graph u2netp.onnx exporter/detect/u2netp_192.onnx``, where
the first file is the network as PyTorch exports it, for 320x320 pixels. It holds convolutions,
pools and enlargements only, so the same weights work at other sizes; 192x192 takes a third of
the time. The six side outputs, of use in training, go, and what the graph computes of shapes
becomes constants. Weights are cast back when the graph is loaded: arithmetic is float32.
Needs the package onnx.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

SIDE = 192
FP16_FROM = 64  # smaller arrays stay float32


def shrink(source: Path, target: Path) -> None:
    """Write the network of `source` to `target`, for SIDE x SIDE pixels."""
    model = onnx.load(source)
    graph = model.graph
    del graph.output[1:]
    for value in (*graph.input, *graph.output):
        for side in value.type.tensor_type.shape.dim[2:]:
            side.dim_value = SIDE
    _fix_sizes(model)
    _drop_unused(graph)
    _halve_weights(graph)
    onnx.checker.check_model(model)
    target.write_bytes(model.SerializeToString())


def _fix_sizes(model: onnx.ModelProto) -> None:
    """Each enlargement's size, computed from shapes so far, becomes a constant."""
    enlargements = [node for node in model.graph.node if node.op_type == "Resize"]
    names = [node.input[3] for node in enlargements]
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    probe.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.INT64, [4]) for name in names
    )
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(probe.SerializeToString(), options)
    blank = np.zeros((1, 3, SIDE, SIDE), np.float32)
    sizes = session.run(names, {model.graph.input[0].name: blank})
    for node, size in zip(enlargements, sizes, strict=True):
        node.input[3] = f"size_{node.output[0]}"
        model.graph.initializer.append(numpy_helper.from_array(size, node.input[3]))


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Leave the nodes and weights that the output needs."""
    needed = {graph.output[0].name}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    weights = [weight for weight in graph.initializer if weight.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(weights)


def _halve_weights(graph: onnx.GraphProto) -> None:
    """Store large arrays as fp16, with a cast before their use."""
    casts = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= FP16_FROM:
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_fp16"))
            casts.append(helper.make_node("Cast", [f"{name}_fp16"], [name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="U2-Net-p as ONNX, 320x320 pixels")
    parser.add_argument("target", type=Path, help="the file to write")
    arguments = parser.parse_args()
    shrink(arguments.source, arguments.target)
    print(f"{arguments.target}: {arguments.target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
