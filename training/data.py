"""Training photos: read once from tar shards, held in memory, cut into random crops.

The shards hold WebP or JPEG files named ``set/number.ext``. One photo in 64, chosen by
the digest of its name, is held out for validation and never trained on.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

HELD_OUT_IN = 64
MIN_SIDE = 160


def read_photos(
    folder: Path, *, limit: int | None = None, part: int = 0, parts: int = 1
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (name, RGB uint8 [H, W, 3]) of every readable photo in the folder's tar shards.

    Of ``parts`` processes that share the work each reads its own ``part``, 0 to parts - 1.
    """
    count = 0
    shards = sorted(folder.glob("*.tar"))
    if not shards:
        raise FileNotFoundError(f"{folder}: no *.tar shards of training photos there")
    for shard in shards:
        with tarfile.open(shard) as archive:
            for position, member in enumerate(archive):
                if position % parts != part:
                    continue
                if not member.isfile() or not member.name.endswith((".webp", ".jpg", ".png")):
                    continue
                stream = archive.extractfile(member)
                if stream is None:
                    continue
                image = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_COLOR)
                if image is None or min(image.shape[:2]) < MIN_SIDE:
                    continue
                yield member.name, np.ascontiguousarray(image[..., ::-1])
                count += 1
                if limit is not None and count >= limit:
                    return


def is_held_out(name: str) -> bool:
    """Whether a photo belongs to validation: decided by its name alone, so it never moves."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % HELD_OUT_IN == 0


class Photos:
    """All photos of a folder, split into ``train`` and ``held_out`` lists of uint8 arrays."""

    def __init__(self, folder: Path, *, limit: int | None = None) -> None:
        self.train: list[np.ndarray] = []
        self.held_out: list[np.ndarray] = []
        for name, photo in read_photos(folder, limit=limit):
            (self.held_out if is_held_out(name) else self.train).append(photo)

    def crop(
        self, rng: np.random.Generator, size: int, scales: tuple[float, float]
    ) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
        """Draw one photo at a random scale, and a square crop of it.

        Returns the whole rescaled photo (uint8 [H, W, 3], perhaps mirrored), the crop
        (uint8 [size, size, 3]) and the crop's (top, left).
        """
        photo = self.train[rng.integers(len(self.train))]
        if rng.random() < 0.5:
            photo = photo[:, ::-1]
        height, width = photo.shape[:2]
        scale = max(rng.uniform(*scales), size / min(height, width))
        height, width = max(size, round(height * scale)), max(size, round(width * scale))
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        photo = cv2.resize(
            np.ascontiguousarray(photo), (width, height), interpolation=interpolation
        )
        top = int(rng.integers(height - size + 1))
        left = int(rng.integers(width - size + 1))
        return photo, photo[top : top + size, left : left + size], (top, left)
