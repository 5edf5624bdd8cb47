"""ONNX Runtime sessions: the asked provider or a clear refusal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from plic_web.engine.errors import PackError, ProviderError

Floats = NDArray[np.float32]

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def provider_name(provider: str) -> str:
    """ONNX Runtime's name of ``cpu`` or ``cuda``.

    Raises ProviderError for other words, and where CUDA was asked for and is not there: a
    fallback would be thirty times slower without saying so.
    """
    if provider not in PROVIDERS:
        raise ProviderError(f"provider: expected cpu or cuda, got {provider!r}")
    name = PROVIDERS[provider]
    if name not in ort.get_available_providers():
        raise ProviderError(
            f"{provider} was asked for, but this onnxruntime offers only "
            f"{', '.join(ort.get_available_providers())}; install plic-web[gpu] in an "
            "environment of its own (onnxruntime and onnxruntime-gpu cannot share one)"
        )
    return name


class Session:
    """One ONNX graph, loaded. ``run`` takes and gives arrays by name."""

    def __init__(self, path: Path, *, provider: str, threads: int | None) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.log_severity_level = 3  # its warnings are about graph clean-up, not about users
        # The arena keeps every peak for ever; an edge serves pictures of many sizes.
        options.enable_cpu_mem_arena = False
        name = provider_name(provider)
        try:
            self._session = ort.InferenceSession(str(path), options, providers=[name])
        except Exception as error:
            raise PackError(f"{path}: onnxruntime cannot load it: {error}") from error
        if name not in self._session.get_providers():
            raise ProviderError(f"{path}: {provider} was asked for, but its set-up failed here")
        self.outputs = [o.name for o in self._session.get_outputs()]

    def run(self, **arrays: Floats) -> dict[str, Floats]:
        """Evaluate the graph: arrays by input name -> arrays by output name."""
        results = self._session.run(self.outputs, arrays)
        return dict(zip(self.outputs, results, strict=True))
