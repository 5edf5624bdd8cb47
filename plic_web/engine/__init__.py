"""The engine: packs, ONNX sessions, the sampler, and ``reconstruct()``."""

from plic_web.engine.errors import EngineError, PackError, ProviderError
from plic_web.engine.pack import Pack, load_pack
from plic_web.engine.reconstruct import reconstruct

__all__ = ["EngineError", "Pack", "PackError", "ProviderError", "load_pack", "reconstruct"]
