"""``plic decode``: payloads to pictures."""

from __future__ import annotations

import functools
import io
import os
from pathlib import Path

import click
from PIL import Image

from plic_web.commands import worker
from plic_web.commands.files import BadInput, Job, Outcome, plan, run_jobs, write_whole
from plic_web.engine import reconstruct
from plic_web.payload import Payload, PayloadError
from plic_web.payload.container import MAX_PAYLOAD

FORMATS = {
    ".png": "PNG",
    ".webp": "WEBP",
    ".avif": "AVIF",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
}


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Picture, or folder."
)
@click.option("--width", type=click.IntRange(1, 4096), help="Width in pixels [the original's].")
@click.option("--steps", type=click.IntRange(1, 16), help="Diffusion steps [the pack's].")
@click.option("--pack", default="lite", show_default=True, help="Pack's name or folder.")
@click.option("--format", "kind", default="png", type=click.Choice([k[1:] for k in FORMATS]),
              show_default=True, help="Format of pictures in an output folder.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), help="Processes at once [the cores].")
def decode(
    inputs: tuple[Path, ...],
    output: Path,
    width: int | None,
    steps: int | None,
    pack: str,
    kind: str,
    jobs: int | None,
) -> None:
    """Reconstruct the pictures of payloads (.plic files, or folders of them)."""
    todo = plan(inputs, output, frozenset({".plic"}), f".{kind}")
    for job in todo:
        if job.target.suffix.lower() not in FORMATS:
            raise BadInput(f"{job.target}: expected a name ending in {', '.join(FORMATS)}")
    run_jobs(
        todo,
        functools.partial(_decode_one, width=width, steps=steps),
        processes=jobs or os.cpu_count() or 1,
        start=functools.partial(worker.start, pack),
        label="Decoding",
    )


def _decode_one(job: Job, *, width: int | None, steps: int | None) -> Outcome:
    try:
        payload = read_payload(job.source)
        picture = reconstruct(payload, pack=worker.pack(), width=width, steps=steps)
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, FORMATS[job.target.suffix.lower()])
        write_whole(job.target, buffer.getvalue())
    except PayloadError as error:
        return Outcome(job, f"{job.source}: {error}", 0)
    except OSError as error:
        return Outcome(job, f"{error.filename or job.target}: {error.strerror or error}", 0)
    return Outcome(job, None, buffer.tell())


def read_payload(path: Path) -> Payload:
    """Read and parse a payload file. Raises PayloadError or OSError."""
    with path.open("rb") as stream:
        return Payload.parse(stream.read(MAX_PAYLOAD + 1))
