"""Can the original's text still be read? Read by PP-OCR in both pictures and compared in place."""

from __future__ import annotations

from functools import cache, partial

from bench.errors import MissingPartError, needed_by
from bench.metrics.last import OfLast
from bench.metrics.metric import Measure, Metric, Picture
from plic_web.quality.text import (
    Line,
    Reader,
    TextUnavailableError,
    character_accuracy,
    misread,
    text_in_place,
    words_kept,
)

__all__ = [
    "OCR",
    "SURE",
    "WORDS",
    "Line",
    "PairReader",
    "character_accuracy",
    "misread",
    "text_in_place",
    "words_kept",
]

SURE = 0.8
"""Lines of the original that are read less surely (0..1) are not asked for."""


class PairReader:
    """Reads originals and decoded pictures, each one once for both metrics."""

    def __init__(self) -> None:
        """Load PP-OCR. Raises MissingPartError where it is not installed."""
        try:
            self._reader = Reader()
        except TextUnavailableError as error:
            raise MissingPartError("needs rapidocr; pip install 'plic-web[eval]'") from error
        self.original = OfLast(self._sure_lines)
        self.decoded = OfLast(self._reader.read)  # the two metrics ask one after the other

    def _sure_lines(self, picture: Picture) -> list[Line]:
        return [line for line in self._reader.read(picture) if line.score >= SURE and line.words]


@cache
def _reader() -> PairReader:
    return PairReader()


def _load(name: str) -> Measure:
    with needed_by(name):
        reader = _reader()
    compare = character_accuracy if name == "ocr" else words_kept

    def measure(original: Picture, decoded: Picture) -> float | None:
        """None where nothing in the original is read surely."""
        wanted = reader.original(original)
        return compare(wanted, reader.decoded(decoded)) if wanted else None

    return measure


SOURCE = "PP-OCRv6 small (rapidocr 3.10) on both pictures, lines compared in place"

OCR = Metric(
    name="ocr",
    label="Characters read again",
    unit="",
    better="higher",
    source=f"1 - edits / letters; {SOURCE}",
    span=(0, 1),
    load=partial(_load, "ocr"),
)
WORDS = Metric(
    name="words",
    label="Words read again",
    unit="",
    better="higher",
    source=f"share of words of 3 letters or more; {SOURCE}",
    span=(0, 1),
    load=partial(_load, "words"),
)
