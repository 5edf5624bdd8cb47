"""Can the original's text still be read? Read by PP-OCR in both pictures and compared in place.

Source of the reader: the package rapidocr 3.10 with PP-OCRv6's small detector and recogniser,
which lie in its wheel; nothing is downloaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from bench.errors import MissingPartError, needed_by
from bench.metrics.last import OfLast
from bench.metrics.metric import Measure, Metric, Picture

SURE = 0.8
"""Lines of the original that are read less surely (0..1) are not asked for."""
WORD = 3
"""Letters and digits that make a word; shorter ones are found anywhere."""


@dataclass(frozen=True)
class Line:
    """A line of text that was read, with its upright box in pixels and the reader's sureness."""

    text: str
    score: float
    left: float
    top: float
    right: float
    bottom: float

    @property
    def letters(self) -> str:
        """What is compared: letters and digits, without case."""
        return _letters(self.text)

    @property
    def words(self) -> list[str]:
        """The letters of each word that is long enough."""
        return [w for w in map(_letters, self.text.split()) if len(w) >= WORD]

    def meets(self, other: Line) -> bool:
        """Whether the two stand in one row and share a part of it."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        lower = min(self.bottom - self.top, other.bottom - other.top)
        return across > 0 and down > lower / 2


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


class Reader:
    """Reads pictures, each one once for both metrics."""

    def __init__(self) -> None:
        """Load PP-OCR. Raises MissingPartError where rapidocr is not installed."""
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            raise MissingPartError("needs rapidocr; pip install 'plic-web[eval]'") from error
        threads = "EngineConfig.onnxruntime.{}_op_num_threads"
        self._ocr = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,  # it turns lines that stand on their head
                threads.format("intra"): 1,
                threads.format("inter"): 1,
            }
        )
        self.original = OfLast(self._sure_lines)
        self.decoded = OfLast(self.read)  # the two metrics ask one after the other

    def read(self, picture: Picture) -> list[Line]:
        """The lines of text in an RGB picture."""
        result = self._ocr(np.ascontiguousarray(picture[..., ::-1]))
        if result.boxes is None:
            return []
        return [
            Line(text, score, *map(float, (*box.min(0), *box.max(0))))
            for text, score, box in zip(result.txts, result.scores, result.boxes, strict=True)
        ]

    def _sure_lines(self, picture: Picture) -> list[Line]:
        return [line for line in self.read(picture) if line.score >= SURE and line.words]


def text_in_place(line: Line, found: list[Line]) -> str:
    """The letters that were found where a line stands, from left to right."""
    meeting = sorted((other for other in found if other.meets(line)), key=lambda o: o.left)
    return "".join(other.letters for other in meeting)


def misread(wanted: str, found: str) -> int:
    """Edits that turn some part of ``found`` into ``wanted``; at most len(wanted).

    Levenshtein's distance, but what stands before and after costs nothing: two lines may have
    been read as one.
    """
    row = [0] * (len(found) + 1)
    for i, letter in enumerate(wanted, 1):
        above, row[0] = row[0], i
        for j, other in enumerate(found, 1):
            replaced = above + (letter != other)
            above = row[j]
            row[j] = min(replaced, row[j] + 1, row[j - 1] + 1)
    return min(row)


def character_accuracy(wanted: list[Line], found: list[Line]) -> float:
    """Share 0..1 of the lines' letters that are read again in place."""
    wrong = sum(misread(line.letters, text_in_place(line, found)) for line in wanted)
    return 1 - wrong / sum(len(line.letters) for line in wanted)


def words_kept(wanted: list[Line], found: list[Line]) -> float:
    """Share 0..1 of the lines' words that are read again, letter by letter, in place."""
    kept = [word in text_in_place(line, found) for line in wanted for word in line.words]
    return sum(kept) / len(kept)


@cache
def _reader() -> Reader:
    return Reader()


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
