"""``plic encode``: pictures to payloads."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from exporter.encode import encode_picture
from exporter.faces import MARGIN, face_rectangles
from exporter.profiles import PROFILES, needs_text
from plic_web.commands import worker
from plic_web.commands.files import Job, Outcome, plan, run_jobs, write_whole
from plic_web.payload import PayloadError
from plic_web.payload.container import MAX_PIXELS, MAX_SIDE

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".gif"})

FAVOURS = ("none", "faces")


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="X.plic, or folder."
)
@click.option("--profile", default="auto", show_default=True, type=click.Choice(PROFILES),
              help="Which sections are written.")  # fmt: skip
@click.option("--bpp", type=click.FloatRange(0, 8, min_open=True),
              help="Bits per pixel of the whole file [0.03].")  # fmt: skip
@click.option("--favour", default="none", show_default=True, type=click.Choice(FAVOURS),
              help="What gets a higher quality than the rest, at the same rate.")  # fmt: skip
@click.option("--text", help="A prompt to send along, at most 240 characters.")
@click.option("--pack", default="lite", show_default=True, help="Pack's name or folder.")
@click.option("--jobs", type=click.IntRange(1), help="Processes at once [the cores].")
def encode(
    inputs: tuple[Path, ...],
    output: Path,
    profile: str,
    bpp: float | None,
    favour: str,
    text: str | None,
    pack: str,
    jobs: int | None,
) -> None:
    """Encode pictures (files, or folders of them) as payloads."""
    if needs_text(profile) and not text:
        raise click.UsageError(f"--profile {profile}: needs --text")
    if favour != "none" and profile not in ("auto", "spr"):
        raise click.UsageError(f"--favour {favour}: --profile {profile} has no latents to vary")
    todo = plan(inputs, output, SUFFIXES, ".plic")
    run_jobs(
        todo,
        functools.partial(_encode_one, profile=profile, bpp=bpp, favour=favour, text=text),
        processes=jobs or os.cpu_count() or 1,
        start=functools.partial(worker.start, pack),
        label="Encoding",
    )


def _encode_one(
    job: Job, *, profile: str, bpp: float | None, favour: str, text: str | None
) -> Outcome:
    try:
        rgb = read_picture(job.source)
        data = encode_picture(
            rgb,
            pack=worker.pack(),
            profile=profile,
            bpp=bpp,
            text=text,
            favour=face_rectangles(rgb, margin=MARGIN) if favour == "faces" else (),
        )
        write_whole(job.target, data)
    except (PayloadError, UnreadablePictureError) as error:
        return Outcome(job, f"{job.source}: {error}", 0)
    except OSError as error:
        return Outcome(job, f"{error.filename or job.target}: {error.strerror or error}", 0)
    return Outcome(job, None, len(data))


class UnreadablePictureError(ValueError):
    """A file that is no picture, or one that no payload can hold."""


def read_picture(path: Path) -> np.ndarray:
    """Read a picture upright as RGB uint8 [H, W, 3], transparency laid over white.

    The size in the header is checked before pixels are decoded. Raises UnreadablePictureError, or
    OSError where the file itself cannot be read.
    """
    with path.open("rb") as stream:
        try:
            image = Image.open(stream)
            _check_size(*image.size)
            upright = _eight_bits(ImageOps.exif_transpose(image))
            rgba = upright.convert("RGBA")
        except UnreadablePictureError:
            raise
        except UnidentifiedImageError:
            raise UnreadablePictureError("not a picture that can be read") from None
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise UnreadablePictureError(f"not a picture that can be read: {error}") from error
    white = Image.new("RGBA", rgba.size, "white")
    return np.asarray(Image.alpha_composite(white, rgba).convert("RGB"))


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey scaled to 8 bits; Pillow's own conversion would clip it to white."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise UnreadablePictureError(
            f"{width}x{height} pixels; a payload holds at most {MAX_SIDE} a side and "
            f"{MAX_PIXELS / 1e6:.0f} megapixels"
        )
