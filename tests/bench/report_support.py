"""A small evaluation made from real pictures and real files, for the tests of the report."""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from bench.metrics.metric import Metric
from bench.report import Evaluation
from bench.results import Result

PICTURES = Path(__file__).parents[1] / "pictures"
SIZE = (192, 128)
# codec -> its format, and a quality for each asked rate
QUALITIES = {
    "jpeg": ("JPEG", {0.5: 10, 1.5: 60}),
    "webp": ("WEBP", {0.5: 5, 1.5: 50}),
}


def metric(name: str, label: str, unit: str, better: str, span: tuple, **more: bool) -> Metric:
    return Metric(
        name=name, label=label, unit=unit, better=better, span=span, source=f"of {label}",
        load=lambda: None, **more,
    )  # fmt: skip


PSNR = metric("psnr", "PSNR", "dB", "higher", (0, 100))
# A stand-in with the name of a metric that has published points: mean absolute difference.
DISTANCE = metric("lpips-alex", "LPIPS (AlexNet)", "", "lower", (0, 1))
# A stand-in for a metric that rewards the wrong thing: the spread of the decoded picture.
SHARPNESS = metric("brisque", "BRISQUE", "", "lower", (0, 150), optimise=False)
WORDS = metric("words", "Words", "%", "higher", (0, 100))


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return 10 * math.log10(255**2 / np.mean((a.astype(float) - b) ** 2))


def key(result: Result) -> str:
    return f"{result.digest[:16]}-{result.codec.replace(':', '-')}-{result.asked_bpp}"


def make_evaluation(folder: Path, **changes: object) -> Evaluation:
    """Three pictures through JPEG and WebP at two qualities each, with their real PSNR."""
    results = []
    names = {"kodim03": "kodim03", "kodim04": "<b>x</b>", "kodim23": "kodim23"}
    for number, (file, name) in enumerate(names.items()):
        image = Image.open(PICTURES / f"{file}.webp").convert("RGB").resize(SIZE)
        digest = hashlib.sha256(image.tobytes()).hexdigest()
        image.save(folder / f"{digest}.webp")
        for codec, (file_format, qualities) in QUALITIES.items():
            for rate, quality in qualities.items():
                result, decoded = _code(image, file_format, quality)
                result = replace(
                    result, picture=name, digest=digest, codec=codec, asked_bpp=rate,
                    kind=("photo", "photo", "text")[number],
                )  # fmt: skip
                if number == 0:
                    result.metrics["words"] = 50.0
                decoded.save(folder / f"{key(result)}.webp")
                results.append(result)
    fields = {
        "title": "kodak, 3 pictures",
        "set_name": "kodak",
        "results": results,
        "metrics": [DISTANCE, PSNR, SHARPNESS, WORDS],
        "labels": {"webp": "WebP", "jpeg": "JPEG"},
        "missing": ["dists: needs VGG16; plic models fetch vgg16"],
        "skipped": [("odd<i>.png", "cannot identify image file")],
        "pictures": folder,
        "key": key,
        "machine": "a machine",
        "command": "plic eval --set kodak '</script>'",
        "speed": None,
    }
    return Evaluation(**(fields | changes))


def _code(image: Image.Image, file_format: str, quality: int) -> tuple[Result, Image.Image]:
    stream = io.BytesIO()
    image.save(stream, file_format, quality=quality)
    decoded = Image.open(stream).convert("RGB")
    a, b = np.asarray(image), np.asarray(decoded)
    values = {
        "psnr": psnr(a, b),
        "lpips-alex": float(np.mean(np.abs(a.astype(float) - b))) / 255,
        "brisque": float(np.std(b)),
        "words": None,
    }
    result = Result(
        picture="", digest="", kind="", site="", width=image.width, height=image.height,
        codec="", version="1", asked_bpp=None, bytes=len(stream.getvalue()),
        encode_seconds=0.25, decode_seconds=0.125, metrics=values,
    )  # fmt: skip
    return result, decoded
