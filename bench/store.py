"""Results on disk, so that a run that was stopped goes on where it was.

Below a run's folder: ``results/KEY.json``, the encoded files ``files/KEY.bin``, and what the
report shows: ``pictures/KEY.webp`` decoded, ``pictures/DIGEST.webp`` originals. KEY is a digest
of everything that a result depends on: the picture's pixels, the codec with its versions and
settings, the asked rate.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from bench.metrics.metric import Picture
from bench.results import Result
from plic_web.commands.files import write_whole

# Raised when a metric's implementation changes its values: stored numbers are measured anew
# from the stored files.
MEASURED = 1
# Of the pictures shown in the report; nothing is measured on these.
SHOWN_QUALITY = 88
SHOWN_WIDTH = 1024


def key_of(digest: str, codec: str, version: str, asked_bpp: float | None) -> str:
    """The name of a result's files."""
    parts = json.dumps([digest, codec, version, asked_bpp])
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def key_of_result(result: Result) -> str:
    """The name of the files that belong to a result."""
    return key_of(result.digest, result.codec, result.version, result.asked_bpp)


@dataclass(frozen=True)
class Store:
    """A run's folder."""

    folder: Path

    def load(self, key: str) -> tuple[Result, bytes] | None:
        """A stored result and its encoded file, or None; metrics of other days are dropped."""
        try:
            record = json.loads((self.folder / "results" / f"{key}.json").read_bytes())
            data = (self.folder / "files" / f"{key}.bin").read_bytes()
            result = Result(**record["result"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if record.get("measured") != MEASURED:
            result.metrics.clear()
        return result, data

    def save(self, key: str, result: Result, data: bytes) -> None:
        """Keep a result and its encoded file."""
        write_whole(self.folder / "files" / f"{key}.bin", data)
        self.save_measured(key, result)

    def save_measured(self, key: str, result: Result) -> None:
        """Keep a result whose file is here already."""
        record = {"measured": MEASURED, "result": asdict(result)}
        text = json.dumps(record, indent=1, sort_keys=True) + "\n"
        write_whole(self.folder / "results" / f"{key}.json", text.encode())

    def show(self, name: str, picture: Picture) -> None:
        """Keep a picture for the report, at most SHOWN_WIDTH wide."""
        path = self.folder / "pictures" / f"{name}.webp"
        if path.exists():
            return
        image = Image.fromarray(picture)
        image.thumbnail((SHOWN_WIDTH, SHOWN_WIDTH), Image.Resampling.LANCZOS)
        stream = io.BytesIO()
        image.save(stream, "WEBP", quality=SHOWN_QUALITY)
        write_whole(path, stream.getvalue())
