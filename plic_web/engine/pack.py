"""Packs: a folder with a decoder's ONNX files, entropy tables and ``pack.json``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from plic_web.engine.errors import PackError
from plic_web.engine.quantiser import Quantiser
from plic_web.engine.session import Session, provider_name
from plic_web.payload.latent_tables import LatentTables

PACKS = Path(__file__).resolve().parents[1] / "packs"
FORMAT = 1
MAX_STEPS = 16


@dataclass(frozen=True)
class Pack:
    """A verified pack. Its graphs are loaded when first used and then kept.

    Fields mirror ``pack.json`` (docs/packs.md). ``provider`` and ``threads`` say how its
    sessions run; ``threads=None`` means every core.
    """

    folder: Path
    name: str
    version: int
    licence: str
    provenance: str
    conditions: tuple[str, ...]
    default_steps: int
    reimpose_cells: dict[str, int]
    files: dict[str, str] = field(repr=False)
    provider: str = "cpu"
    threads: int | None = None

    @property
    def id(self) -> str:
        """Name and version: part of every cache key, since another pack draws other pixels."""
        return f"{self.name}-{self.version}"

    @cached_property
    def control(self) -> Session:
        """Conditions -> hints and the coarse reconstruction."""
        return self._session("control.onnx")

    @cached_property
    def unet(self) -> Session:
        """x_t, t, hints, coarse -> the clean picture."""
        return self._session("unet.onnx")

    @cached_property
    def encoder(self) -> Session:
        """Picture and base -> latents; only the exporter needs it."""
        return self._session("encoder.onnx")

    @cached_property
    def quantiser(self) -> Quantiser:
        """The learned gains."""
        return Quantiser.load(self._path("quantiser.npz"))

    @cached_property
    def tables(self) -> LatentTables:
        """The entropy coder's starting states."""
        return LatentTables.load(self._path("tables.bin"))

    def steps(self, asked: int | None) -> int:
        """The asked number of steps, or the pack's default. ValueError outside 1..16."""
        if asked is None:
            return self.default_steps
        if not 1 <= asked <= MAX_STEPS:
            raise ValueError(f"steps: expected 1 to {MAX_STEPS}, got {asked}")
        return asked

    def _path(self, name: str) -> Path:
        if name not in self.files:
            raise PackError(f"{self.folder}: this pack has no {name}")
        return self.folder / name

    def _session(self, name: str) -> Session:
        return Session(self._path(name), provider=self.provider, threads=self.threads)


def load_pack(
    name_or_folder: str | Path = "lite", *, provider: str = "cpu", threads: int | None = None
) -> Pack:
    """Load an embedded pack by name, or any pack by its folder, and verify its files.

    Raises PackError if a file is missing or its sha256 differs from ``pack.json``, and
    ProviderError if the provider is not available.
    """
    provider_name(provider)
    folder = PACKS / name_or_folder if isinstance(name_or_folder, str) else name_or_folder
    if not (folder / "pack.json").is_file() and Path(name_or_folder).is_dir():
        folder = Path(name_or_folder)
    description = _read_description(folder)
    for name, expected in description["files"].items():
        _verify(folder / name, expected)
    return Pack(
        folder=folder,
        name=description["name"],
        version=description["version"],
        licence=description["licence"],
        provenance=description["provenance"],
        conditions=tuple(description["conditions"]),
        default_steps=description["default_steps"],
        reimpose_cells=dict(description["reimpose_cells"]),
        files=description["files"],
        provider=provider,
        threads=threads,
    )


def _read_description(folder: Path) -> dict[str, Any]:
    path = folder / "pack.json"
    try:
        description: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        names = ", ".join(sorted(p.parent.name for p in PACKS.glob("*/pack.json"))) or "none"
        raise PackError(f"{folder}: no pack.json there; embedded packs: {names}") from None
    except (OSError, ValueError) as error:
        raise PackError(f"{path}: cannot be read: {error}") from error
    if description.get("plic_pack") != FORMAT:
        raise PackError(f"{path}: expected plic_pack {FORMAT}, got {description.get('plic_pack')}")
    keys = ("name", "version", "licence", "provenance", "conditions", "default_steps")
    missing = [k for k in (*keys, "reimpose_cells", "files") if k not in description]
    if missing:
        raise PackError(f"{path}: lacks {', '.join(missing)}")
    return description


def _verify(path: Path, expected: str) -> None:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise PackError(f"{path}: cannot be read: {error.strerror}") from error
    if digest != expected:
        raise PackError(
            f"{path}: sha256 is {digest[:12]}..., expected {expected[:12]}...; the pack is "
            "damaged or incomplete, install it again"
        )
