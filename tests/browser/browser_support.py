"""A small edge whose every answer a test decides, and the pictures that it serves."""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from exporter.bundle import BundlePicture, encode_bundle
from plic_web.payload.base import encode_base

STATIC = Path(__file__).resolve().parents[2] / "static"


@dataclass(frozen=True)
class Answer:
    """What the edge says to one request for a picture."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass
class FakeEdge:
    """A site of pictures under a strict Content-Security-Policy.

    Attributes:
        files: what is served, by path.
        answers: by digest, the answers to come; the last one stays.
        held: digests whose answers wait until they are taken out of here.
        asked: (seconds, path) of every request so far.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    held: set[str] = field(default_factory=set)
    asked: list[tuple[float, str]] = field(default_factory=list)
    address: str = ""
    pictures: list[BundlePicture] = field(default_factory=list)

    def add_picture(self, name: str, colours: np.ndarray, alt: str = "") -> str:
        """Add a picture and its original; returns its digest."""
        digest = f"{len(self.pictures):04x}" * 4
        height, width = colours.shape[:2]
        original = f"images/{name}.png"
        self.files[f"/{original}"] = encoded(255 - colours, "PNG")
        self.files[f"/_plic/{digest}/{width}.webp"] = encoded(colours, "WEBP")
        self.files[f"/_plic/{digest}/{width // 2}.webp"] = encoded(colours[::2, ::2], "WEBP")
        self.pictures.append(
            BundlePicture(digest, width, height, 184_230, 812, original, encode_base(colours))
        )
        return digest

    def add_page(self, body: str, lang: str = "en", head: str = "", path: str = "/") -> str:
        """Add a page around `body`; returns its address."""
        self.files["/_plic/page.bases"] = encode_bundle(self.pictures)
        self.files[path] = (
            f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Test</title>'
            '<meta name="viewport" content="width=device-width">'
            '<link rel="stylesheet" href="/site.css"><link rel="stylesheet" href="/_plic/page.css">'
            '<link rel="plic" href="/_plic/page.bases">'
            f'<script type="module" src="/_plic/shim.js"></script>{head}'
            f"<body><main>{body}</main></html>"
        ).encode()
        return self.address + path

    def asked_for(self, digest: str) -> list[float]:
        """When a picture was asked for."""
        return [when for when, path in self.asked if f"/{digest}/" in path]


def encoded(colours: np.ndarray, kind: str) -> bytes:
    """An image file."""
    out = io.BytesIO()
    Image.fromarray(colours).save(out, kind, quality=80)
    return out.getvalue()


def landscape(width: int = 480, height: int = 320, seed: int = 0) -> np.ndarray:
    """Sky over land with a dark tree: smooth colours with an edge, different for each seed."""
    y, x = np.mgrid[0:height, 0:width] / [[[height]], [[width]]]
    sky = np.stack([90 + 120 * x, 140 + 80 * y, 230 - 40 * x], axis=-1)
    land = np.stack([60 + 60 * y, 110 + 30 * x, 40 + 20 * seed % 60 + 0 * x], axis=-1)
    picture = np.where((y > 0.55 + 0.1 * np.sin(6 * x + seed))[..., None], land, sky)
    picture[(abs(x - 0.3) < 0.06) & (y > 0.25) & (y < 0.8)] = (50, 40, 30)
    return np.clip(picture, 0, 255).astype(np.uint8)
