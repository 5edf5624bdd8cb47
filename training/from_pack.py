"""Take up training where a pack's weights are: its fp16 ONNX weights back into the modules.

The optimiser's state, and the rate model that only training needs, are not in a pack: warm up
gently, and expect the rate to settle within some hundred steps. A model may have more residual
blocks than the pack: those start as identities, so growing a pack costs no quality.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from training.model import ResBlock

if TYPE_CHECKING:
    from training.train import LitePack

# Where each graph's names begin inside LitePack.
PREFIXES = {"encoder": "", "control": "", "unet": "unet."}


def load_pack_weights(model: LitePack, folder: Path) -> None:
    """Set a model's weights from the pack in ``folder``; its sizes must be the model's.

    Raises ValueError if the pack lacks a weight of the networks or has one of another shape.
    """
    state = model.state_dict()
    found: set[str] = set()
    for graph, prefix in PREFIXES.items():
        for name, array in _weights(folder / f"{graph}.onnx").items():
            key = prefix + name
            if key in state:
                _copy(state, key, array)
                found.add(key)
    with np.load(folder / "quantiser.npz", allow_pickle=False) as gains:
        for level in ("gain32", "gain16"):
            _copy(state, f"quantiser.{level}", gains[level])
    # The batch norm was folded into its convolution: there it is the identity.
    state["encoder.norm16.running_mean"].zero_()
    state["encoder.norm16.running_var"].fill_(1)
    networks = {n for n, _ in model.named_parameters() if not n.startswith("quantiser.")}
    if missing := networks - found - _silence_new_blocks(model, found):
        raise ValueError(f"{folder}: lacks {', '.join(sorted(missing))}")


@torch.no_grad()
def _silence_new_blocks(model: LitePack, found: set[str]) -> set[str]:
    """Make residual blocks that the pack has not into identities; their parameters' names."""
    names: set[str] = set()
    for prefix, block in model.named_modules():
        own = {f"{prefix}.{name}" for name, _ in block.named_parameters()}
        if isinstance(block, ResBlock) and not own & found:
            block.second.weight.zero_()
            block.second.bias.zero_()
            names |= own
    return names


def _weights(path: Path) -> dict[str, np.ndarray]:
    """A graph's weights as float32 by parameter name, the folded convolution under its own."""
    graph = onnx.load(str(path)).graph
    arrays = {
        i.name.removesuffix("_fp16"): numpy_helper.to_array(i).astype(np.float32)
        for i in graph.initializer
    }
    for node in graph.node:
        if node.op_type == "Conv" and node.output[0] == "y16":
            for part, name in zip(("weight", "bias"), node.input[1:], strict=True):
                arrays[f"encoder.head16.{part}"] = arrays[name]
    return arrays


def _copy(state: dict[str, torch.Tensor], key: str, array: np.ndarray) -> None:
    if state[key].shape != array.shape:
        raise ValueError(
            f"{key}: the pack's is {array.shape}, the model's {tuple(state[key].shape)}"
        )
    state[key].copy_(torch.from_numpy(array))
