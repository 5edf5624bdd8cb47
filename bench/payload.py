"""What the payload's sections cost: ``python -m bench.payload [FOLDER]``; ``--slowest``.

The first form prints the bytes of the base and the PSNR of its enlargement, and the bytes of the
edge map, over a folder of pictures. The second looks for the bytes that take longest.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from exporter.edges import canny_map
from plic_web.payload import Payload, PayloadError, Section, SectionKind
from plic_web.payload.base import decode_base, encode_base
from plic_web.payload.container import MAX_PAYLOAD
from plic_web.payload.edges import decode_edges, encode_edges
from plic_web.payload.keep import decode_keep
from plic_web.payload.keep_blocks import MAX_QUALITY
from plic_web.payload.latents import LatentTables, decode_latents
from plic_web.payload.resample import upsample
from plic_web.payload.text import decode_text
from plic_web.payload.varint import write_varint

REPOSITORY = Path(__file__).resolve().parents[1]
KODAK = REPOSITORY.parent / "shared" / "data" / "kodak"
FIXTURES = REPOSITORY / "tests" / "pictures"
LARGEST = (4096, 3906)  # the most pixels that the format allows
_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}


def rates(folder: Path) -> str:
    """The table of costs over the pictures of a folder."""
    base_bytes, decibels, edge_bytes = [], [], []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES):
        rgb = np.asarray(Image.open(path).convert("RGB"))
        height, width, _ = rgb.shape
        base = encode_base(rgb)
        base_bytes.append(len(base))
        decibels.append(psnr(upsample(decode_base(base, width, height), width, height), rgb))
        edge_bytes.append(len(encode_edges(canny_map(rgb))))
    if not base_bytes:
        raise click.ClickException(f"{folder}: no PNG, JPEG or WebP pictures")
    return (
        f"{len(base_bytes)} pictures of {folder}\n"
        f"base   {min(base_bytes)} / {np.mean(base_bytes):.1f} / {max(base_bytes)} bytes "
        f"(min/mean/max), {np.mean(decibels):.2f} dB mean\n"
        f"edges  {np.mean(edge_bytes):.1f} bytes mean"
    )


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two RGB pictures in dB."""
    error = np.mean((one.astype(np.float64) - other) ** 2)
    return math.inf if error == 0 else float(10 * np.log10(255**2 / error))


def slowest(tables: LatentTables) -> str:
    """The slowest parse and section decode among hostile bytes, in milliseconds."""
    names = {"parse": Payload.parse} | section_decoders(tables)
    lines = []
    for name, decode in names.items():
        worst, what = max(
            (_milliseconds(decode, data), label) for label, data in hostile_bytes(name, tables)
        )
        lines.append(f"{name:8s} {worst:8.1f} ms  {what}")
    return "\n".join(lines)


def section_decoders(tables: LatentTables) -> dict[str, Callable[[bytes], object]]:
    """Each section's decoder, for the largest picture."""
    return {
        "base": lambda data: decode_base(data, *LARGEST),
        "edges": lambda data: decode_edges(data, *LARGEST),
        "latents": lambda data: decode_latents(data, tables, *LARGEST),
        "keep": lambda data: decode_keep(data, *LARGEST),
        "text": decode_text,
    }


def hostile_bytes(name: str, tables: LatentTables) -> list[tuple[str, bytes]]:
    """Labelled inputs of almost the largest size that begin as the section should."""
    rng = np.random.default_rng(0)
    size = MAX_PAYLOAD - 200
    keep = b"".join(map(write_varint, (0, 0, 512, 256)))
    heads = {
        "latents": bytes([tables.pack, tables.version, 15 << 4, 20]),
        "keep": bytes([MAX_QUALITY, 1]) + keep,
    }
    bodies = {
        "zeros": bytes(size),
        "ones": b"\xff" * size,
        "random": rng.bytes(size),
        "sparse": np.where(rng.random(size) < 0.05, rng.integers(0, 256, size), 0)
        .astype(np.uint8)
        .tobytes(),
        "high": rng.integers(200, 256, size).astype(np.uint8).tobytes(),
    }
    if name == "parse":
        sections = tuple(
            Section(kind, body[:4000])
            for kind, body in zip(SectionKind, bodies.values(), strict=False)
        )
        whole = Payload(*LARGEST, sections).to_bytes()
        return [("whole", whole), ("cut", whole[:-1]), *bodies.items()]
    return [(label, heads.get(name, b"") + body) for label, body in bodies.items()]


def _milliseconds(decode: Callable[[bytes], object], data: bytes) -> float:
    start = time.process_time()
    with contextlib.suppress(PayloadError):
        decode(data)
    return 1e3 * (time.process_time() - start)


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--slowest", "search", is_flag=True, help="Search for the slowest decodes instead.")
def main(folder: Path | None, search: bool) -> None:
    """Measure the payload's sections over FOLDER (default: the Kodak pictures)."""
    if search:
        click.echo(slowest(LatentTables.untrained(1, 1, 24, 24)))
    else:
        click.echo(rates(folder or (KODAK if KODAK.is_dir() else FIXTURES)))


if __name__ == "__main__":
    main()
