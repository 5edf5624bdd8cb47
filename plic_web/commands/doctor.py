"""``plic doctor``: what is installed, which providers there are, and a timed test decode."""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

import click
import onnxruntime as ort

from plic_web.engine import EngineError, load_pack, reconstruct
from plic_web.payload import Payload

PACKAGES = (
    "plic-web",
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "opencv-python-headless",
    "pillow",
)
RUNS = 5


@click.command()
@click.option("--pack", default="lite", show_default=True, help="Pack's name or folder.")
@click.option("--provider", default="cpu", show_default=True, type=click.Choice(["cpu", "cuda"]))
def doctor(pack: str, provider: str) -> None:
    """Check the installation: versions, providers, the pack, and how fast it decodes."""
    click.echo(f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores")
    for name in PACKAGES:
        click.echo(f"  {name:<16} {_version(name)}")
    if _version("onnxruntime") != "absent" and _version("onnxruntime-gpu") != "absent":
        click.echo(
            "  onnxruntime and onnxruntime-gpu overwrite each other: uninstall one", err=True
        )
    click.echo(f"Providers: {', '.join(ort.get_available_providers())}")
    try:
        loaded = load_pack(pack, provider=provider)
    except EngineError as error:
        click.echo(f"Pack: {error}", err=True)
        sys.exit(1)
    click.echo(f"Pack {loaded.id}: {len(loaded.files)} files verified, {loaded.licence}")
    payload = Payload.parse(shipped_payload())
    seconds = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        reconstruct(payload, pack=loaded)
        seconds.append(time.perf_counter() - start)
    warm = sorted(seconds[1:])[RUNS // 2]
    click.echo(
        f"Test decode {payload.width}x{payload.height}: {warm:.2f} s warm "
        f"(median of {RUNS}), {seconds[0]:.2f} s cold, "
        f"peak memory {peak_memory_mb():.0f} MB"
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def shipped_payload() -> bytes:
    """The payload of a 768x512 photograph that ships with the project."""
    return (files("plic_web.commands") / "doctor.plic").read_bytes()


def peak_memory_mb() -> float:
    """Peak resident memory of this process, in megabytes of 10^6 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6
