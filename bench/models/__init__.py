"""Models that metrics and rival codecs need: fetched by an explicit command, checked."""

from bench.models.registry import MODELS, is_fetched, model_path

__all__ = ["MODELS", "is_fetched", "model_path"]
