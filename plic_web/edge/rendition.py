"""What one answer is made of, and the name that it has in the cache and in its ETag."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from plic_web.edge.settings import EdgeSettings

#: The formats that are offered, with their media types.
MEDIA_TYPES = {"webp": "image/webp", "avif": "image/avif"}

#: libwebp's effort: 4 is its default; 6 costs three times the time for 2 % fewer bytes.
WEBP_METHOD = 4
#: libaom's speed: 8 keeps a megapixel well below the decode's own time.
AVIF_SPEED = 8


@dataclass(frozen=True)
class Identity:
    """Who reconstructs: everything beside the payload that changes an answer's pixels.

    Attributes:
        pack: the pack's id, such as "lite-1".
        engine: versions of plic-web and ONNX Runtime, and the provider.
    """

    pack: str
    engine: str


@dataclass(frozen=True)
class Rendition:
    """One picture in one exact size and format: what an HTTP worker asks the decoder for."""

    digest: str
    width: int
    height: int
    format: str

    def to_json(self) -> dict[str, Any]:
        """Plain values that `Rendition(**values)` takes back."""
        return asdict(self)


def engine_version(provider: str) -> str:
    """Versions that change pixels, without importing ONNX Runtime into this process."""
    runtime = "none"
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            runtime = f"{name} {version(name)}"
            break
        except PackageNotFoundError:
            continue
    return f"plic-web {version('plic-web')}, {runtime}, {provider}"


def encoder_settings(format: str, settings: EdgeSettings) -> str:
    """The picture encoder's settings as text, Pillow's version included."""
    pillow = f"pillow {version('pillow')}"
    if format == "webp":
        return f"webp quality {settings.webp_quality} method {WEBP_METHOD} {pillow}"
    return f"avif quality {settings.avif_quality} speed {AVIF_SPEED} {pillow}"


def cache_key(rendition: Rendition, identity: Identity, settings: EdgeSettings) -> str:
    """32 hex digits, equal exactly where the answer's bytes would be interchangeable.

    Known before any work, so it is also the ETag.
    """
    parts = [
        rendition.digest,
        rendition.width,
        rendition.height,
        rendition.format,
        identity.pack,
        identity.engine,
        encoder_settings(rendition.format, settings),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
