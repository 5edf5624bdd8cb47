"""Codecs under test, behind one small interface (``bench.codecs.codec``)."""

from __future__ import annotations

from collections.abc import Callable

from bench.codecs import formats, hashes, plic, span
from bench.codecs.codec import Codec
from bench.codecs.conventional import Conventional
from bench.errors import BenchError

ABLATION = plic.ABLATION

_MAKERS: dict[str, Callable[[], Codec]] = {
    "avif": lambda: Conventional(formats.avif()),
    "webp": lambda: Conventional(formats.webp()),
    "jpeg": lambda: Conventional(formats.jpeg()),
    "jxl": lambda: Conventional(formats.jxl()),
    span.NAME: span.AvifSpan,
    "thumbhash": hashes.ThumbHash,
    "blurhash": hashes.BlurHash,
}

CODECS: tuple[str, ...] = ("plic", *(f"plic:{p}" for p in plic.PROFILES), *_MAKERS)
"""Names for help texts; a plic name may go on with /STEPS and @PACK."""


def make_codec(name: str) -> Codec:
    """The codec of that name.

    Raises MissingPartError where it lacks a package or a model here, and BenchError for an
    unknown name or a pack that cannot be used.
    """
    if name in _MAKERS:
        return _MAKERS[name]()
    if name == "plic" or name.startswith(("plic:", "plic@")):
        return plic.Plic(name)
    raise BenchError(f"{name}: no such codec; there are {', '.join(CODECS)}")
