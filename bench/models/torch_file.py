"""Read float tensors from a file that ``torch.save`` wrote before version 1.6, without torch.

Such a file is a row of pickles (a magic number, a version, a description of the machine, the
object, the storages' keys) and then each storage's length and raw bytes. The object's pickle
names torch's classes; the unpickler here admits the two that a plain tensor needs and makes
numpy arrays of them.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C

Floats = NDArray[np.float32]


class _Tensors(pickle.Unpickler):
    """Admits float tensors, parameters, their storages and ordered dictionaries."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.storages: dict[str, Floats] = {}

    def persistent_load(self, pid: Any) -> Floats:
        _, _, key, _, count, *_ = pid
        return self.storages.setdefault(key, np.zeros(count, np.float32))

    def find_class(self, module: str, name: str) -> Any:
        admitted = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch", "FloatStorage"): "FloatStorage",
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
        }
        if (module, name) not in admitted:
            raise pickle.UnpicklingError(f"{module}.{name} does not belong in a file of weights")
        return admitted[module, name]


def _tensor(
    storage: Floats, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> Floats:
    if list(strides) != [int(np.prod(shape[i + 1 :])) for i in range(len(shape))]:
        raise pickle.UnpicklingError("a tensor that does not lie row by row")
    view = storage[offset : offset + int(np.prod(shape))]
    return view.reshape(shape)  # a view: the storage's numbers follow later in the file


def read_tensors(data: bytes) -> dict[str, Floats]:
    """The tensors of a state dictionary, by name, float32.

    Raises pickle.UnpicklingError where the file holds anything but plain float tensors.
    """
    stream = io.BytesIO(data)
    if _Tensors(stream).load() != MAGIC:
        raise pickle.UnpicklingError("not a file of torch.save before version 1.6")
    for _ in ("version", "machine"):
        _Tensors(stream).load()
    unpickler = _Tensors(stream)
    tensors: dict[str, Floats] = unpickler.load()
    for key in _Tensors(stream).load():
        count = int.from_bytes(stream.read(8), "little")
        unpickler.storages[key][:] = np.frombuffer(stream.read(4 * count), "<f4")
    return dict(tensors)
