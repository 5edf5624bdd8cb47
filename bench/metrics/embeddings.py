"""Is it still a picture of the same things? Cosine of image embeddings of CLIP and DINOv2.

The models come from a local folder, ``$PLIC_MODELS/clip`` and ``$PLIC_MODELS/dinov2``: any
checkpoint of these classes in transformers' format, as safetensors. ``plic models fetch``
fetches the ones that are named here. Results do not tell checkpoints apart.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError, MissingPartError, needed_by
from bench.metrics.last import OfLast
from bench.metrics.metric import Measure, Metric, Picture
from bench.models import model_path

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

Embed = Callable[[Picture], NDArray[np.float32]]


def _load(name: str) -> Measure:
    with needed_by(name):
        folder = model_path(name)
    embed = _embedder(name, folder)
    original_embedding = OfLast(embed)

    def measure(original: Picture, decoded: Picture) -> float:
        """Cosine of the two embeddings, -1..1."""
        a, b = original_embedding(original), embed(decoded)
        return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))

    return measure


def _embedder(name: str, folder: Path) -> Embed:
    """A function from a picture to its embedding.

    Raises MissingPartError without torch and transformers, BenchError where the folder does
    not hold a checkpoint of the class.
    """
    try:
        import torch
        from safetensors import SafetensorError
        from transformers import (
            BitImageProcessor,
            CLIPImageProcessor,
            CLIPModel,
            Dinov2Model,
        )
        from transformers.utils import logging
    except ImportError as error:
        raise MissingPartError(
            f"{name}: needs torch and transformers; pip install torch transformers"
        ) from error
    kind, processor = {
        "clip": (CLIPModel, CLIPImageProcessor),
        "dinov2": (Dinov2Model, BitImageProcessor),
    }[name]
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        prepare = processor.from_pretrained(folder, local_files_only=True)
        model, loaded = kind.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise BenchError(f"{folder}: is no checkpoint of {kind.__name__}: {error}") from error
    if lacking := [*loaded["missing_keys"], *loaded["mismatched_keys"]]:
        # transformers would go on with random numbers
        raise BenchError(
            f"{folder}: is no checkpoint of {kind.__name__}: it lacks {len(lacking)} of its weights"
        )
    model.eval()

    @torch.inference_mode()
    def embed(picture: Picture) -> NDArray[np.float32]:
        pixels: Tensor = prepare(images=picture, return_tensors="pt")["pixel_values"]
        if name == "clip":  # projected into the space that pictures share with texts
            vector = model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output)
        else:  # the class token
            vector = model(pixel_values=pixels).pooler_output
        return np.asarray(vector[0], np.float32)

    return embed


# Any checkpoint of the class may lie there, so the source names the one that is fetched as such.
_LOCAL = "local checkpoint, as fetched"

CLIP = Metric(
    name="clip",
    label="CLIP similarity",
    unit="",
    better="higher",
    source=f"cosine of image embeddings, Radford et al. 2021 (arXiv 2103.00020); {_LOCAL} ViT-L/14",
    span=(0, 1),
    load=partial(_load, "clip"),
)
DINOV2 = Metric(
    name="dinov2",
    label="DINOv2 similarity",
    unit="",
    better="higher",
    source=f"cosine of class tokens, Oquab et al. 2023 (arXiv 2304.07193); {_LOCAL} ViT-B/14",
    span=(0, 1),
    load=partial(_load, "dinov2"),
)
