"""An engine that counts, sleeps, fails or dies as the test's folder PLIC_FAKE_ENGINE says."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plic_web.payload import Payload


class PackError(Exception):
    """As the real engine's."""


@dataclass(frozen=True)
class Pack:
    id: str = "fake-1"


def _word(name: str) -> str:
    try:
        return (Path(os.environ["PLIC_FAKE_ENGINE"]) / name).read_text()
    except OSError:
        return ""


def load_pack(name: str, *, provider: str = "cpu", threads: int | None = None) -> Pack:
    if name == "broken":
        raise PackError("pack broken: pack.json is missing")
    time.sleep(float(_word("load_seconds") or 0))
    return Pack()


def reconstruct(
    payload: Payload, *, width: int | None = None, pack: Pack, steps: int | None = None
) -> NDArray[np.uint8]:
    width = width or payload.width
    with (Path(os.environ["PLIC_FAKE_ENGINE"]) / "decodes").open("a") as log:
        log.write(f"{width}\n")
    if _word("die") == str(payload.width):
        os._exit(9)
    if _word("fail"):
        raise RuntimeError("secret detail of the session")
    time.sleep(float(_word("seconds") or 0))
    height = max(1, round(width * payload.height / payload.width))
    ramp = np.linspace(0, 255, width, dtype=np.uint8)
    return np.broadcast_to(ramp[None, :, None], (height, width, 3)).copy()
