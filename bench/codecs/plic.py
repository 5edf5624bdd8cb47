"""plic itself as a codec under test: a profile, a pack and a number of steps."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

import onnxruntime

from bench.codecs.codec import Picture
from bench.codecs.kept import LONGEST, QUALITY, SHARE, kept_rectangles
from bench.errors import BenchError
from exporter.cache import engine_versions
from exporter.encode import encode_picture
from exporter.faces import MARGIN, face_rectangles
from exporter.gain import DEFAULT_AHEAD
from exporter.profiles import SECTIONS
from plic_web.engine import EngineError, Pack, load_pack, reconstruct
from plic_web.engine.pack import MAX_STEPS
from plic_web.payload import Payload

KEEPING = "plic+keep"
FAVOURING = "spr+faces"
PROFILES = (*SECTIONS, KEEPING, FAVOURING)
ABLATION = ("plic:pic", "plic:pics", "plic:plic", f"plic:{KEEPING}")
"""PLIC's study, step by step: text; with edges; with colour (the base); with kept pixels."""

# There is no captioner here. One prompt that is true of nearly every photograph stands for a
# caption: it costs what a caption costs, and says of no picture what is not in it.
PROMPT = "a photograph, natural light, sharp focus, high detail"

_NAME = re.compile(r"plic(?::(?P<profile>[a-z+]+)(?:/(?P<steps>\d+))?)?(?:@(?P<pack>.+))?")


class Plic:
    """``plic``, ``plic:PROFILE``, ``plic:PROFILE/STEPS``, each also with ``@PACK``.

    PROFILE is one of ``PROFILES`` (``spr`` if none is given), STEPS the network evaluations of
    the decoder, PACK the name or folder of a pack (``lite`` if none is given).
    """

    def __init__(self, name: str, *, threads: int = 1) -> None:
        """Raises BenchError for a name of another form, or a pack that cannot be used."""
        match = _NAME.fullmatch(name)
        profile = (match and match["profile"]) or "spr"
        if not match or profile not in PROFILES:
            raise BenchError(
                f"{name}: expected plic[:PROFILE[/STEPS]][@PACK], "
                f"PROFILE one of {', '.join(PROFILES)}"
            )
        self._profile = profile.split("+")[0]
        self._keeps, self._favours = profile == KEEPING, profile == FAVOURING
        self._pack = _pack(match["pack"] or "lite", threads)
        self._steps = self._pack.default_steps if match["steps"] is None else int(match["steps"])
        if not 1 <= self._steps <= MAX_STEPS:
            raise BenchError(f"{name}: {self._steps} steps; expected 1 to {MAX_STEPS}")
        self.name = name
        # A pack in training has the id of the shipped one.
        named = f"@{Path(match['pack']).absolute().name}" if match["pack"] else ""
        self.label = f"plic ({self._pack.id}{named}, {profile}{_counted(match['steps'])})"
        # The other profiles' sections have a size of their own.
        self.scalable = self._profile == "spr"
        self.version = ", ".join(
            [
                f"1, {self._pack.id}, {_digest(self._pack)}, {profile}, {self._steps} steps",
                *self._settings(),
                f"{engine_versions()} onnxruntime-{onnxruntime.__version__}",
            ]
        )

    def encode(self, image: Picture, budget: int) -> bytes:
        """The payload; profiles other than ``spr`` carry the prompt and ignore the budget."""
        height, width = image.shape[:2]
        if self.scalable:
            # A half above, so that the division does not cost the last byte.
            bpp = 8 * (budget + 0.5) / (width * height)
            favour = face_rectangles(image, margin=MARGIN) if self._favours else ()
            return encode_picture(
                image, pack=self._pack, profile=self._profile, bpp=bpp, favour=favour
            )
        return encode_picture(
            image,
            pack=self._pack,
            profile=self._profile,
            text=PROMPT,
            keep=kept_rectangles(image) if self._keeps else (),
            keep_quality=QUALITY,
        )

    def decode(self, data: bytes) -> Picture:
        """The reconstruction, at the original's size."""
        return reconstruct(Payload.parse(data), pack=self._pack, steps=self._steps)

    def _settings(self) -> list[str]:
        """What is decided here, not by the pack: the prompt, and what is kept or favoured."""
        if self._favours:
            return [f"{DEFAULT_AHEAD} levels ahead, margin {MARGIN}"]
        if self.scalable:
            return []
        prompt = f"prompt {PROMPT!r}"
        if not self._keeps:
            return [prompt]
        return [prompt, f"keep quality {QUALITY}, 1/{SHARE} of a side, at most {LONGEST} pixels"]


def _counted(steps: str | None) -> str:
    if steps is None:
        return ""
    return f", {steps} step{'s' * (steps != '1')}"


@cache
def _pack(name_or_folder: str, threads: int) -> Pack:
    """A pack, verified once a process; its graphs are loaded when they are first used."""
    try:
        return load_pack(name_or_folder, threads=threads)
    except EngineError as error:
        raise BenchError(str(error)) from error


def _digest(pack: Pack) -> str:
    """Of pack.json, which holds the digests of all other files."""
    return hashlib.sha256(Path(pack.folder, "pack.json").read_bytes()).hexdigest()[:12]
