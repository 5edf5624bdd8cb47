"""Text in a picture, read by PP-OCR: the exporter's gate and ``plic eval`` ask whether it stays.

Source of the reader: the package rapidocr 3.10 with PP-OCRv6's small detector and recogniser,
which lie in its wheel and are named to it by path, so it never looks for them on the network.
rapidocr is optional (the extra ``text``); importing this module does not load it.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD = 3
"""Letters and digits that make a word; shorter ones are found anywhere."""
MIN_SIDE = 8
"""Pictures with a shorter side have no room for a letter and are not read."""

_MODELS = {"Det": "PP-OCRv6_det_small.onnx", "Rec": "PP-OCRv6_rec_small.onnx"}

Picture = NDArray[np.uint8]


class TextUnavailableError(Exception):
    """Text cannot be read here; the message names what to install."""


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


def available() -> bool:
    """Whether text can be read here: rapidocr is installed and carries its models."""
    return not _missing()


def _models() -> Path | None:
    """The folder of rapidocr's models; found without importing it."""
    spec = find_spec("rapidocr")
    return Path(spec.origin).parent / "models" if spec and spec.origin else None


def _missing() -> str:
    """What keeps text from being read here, or ""."""
    folder = _models()
    if folder is None:
        return "needs rapidocr; pip install 'plic-web[text]'"
    absent = [name for name in _MODELS.values() if not (folder / name).is_file()]
    if absent:
        return f"needs rapidocr 3.10, whose wheel holds {', '.join(absent)}; {folder} does not"
    return ""


class Reader:
    """PP-OCR, loaded."""

    def __init__(self, *, side: int | None = None, threads: int = 1) -> None:
        """Load the detector and the recogniser.

        Args:
            side: the longer side in pixels of the copy in which lines are looked for, at most;
                None looks closely: at the picture itself, enlarged where its shorter side has
                less than 736 pixels. Lines are read from the picture itself in both cases.
            threads: for one picture, at least 1.

        Raises:
            TextUnavailableError: rapidocr is not installed or lacks its models.
        """
        if missing := _missing():
            raise TextUnavailableError(missing)
        from rapidocr import RapidOCR

        folder = _models()
        assert folder is not None
        options: dict[str, Any] = {
            "Global.log_level": "critical",
            "Global.use_cls": False,  # it turns lines that stand on their head
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            # A path given is a file taken: without it rapidocr checks the file's digest and
            # downloads it again where they differ.
            **{f"{part}.model_path": str(folder / name) for part, name in _MODELS.items()},
        }
        if side is not None:
            options |= {"Det.limit_type": "max", "Det.limit_side_len": side}
        self._ocr = RapidOCR(params=options)

    def read(self, picture: Picture) -> list[Line]:
        """The lines of text in an RGB picture, uint8 [H, W, 3], read with a score from 0.5."""
        if min(picture.shape[:2]) < MIN_SIDE:
            return []
        result: Any = self._ocr(np.ascontiguousarray(picture[..., ::-1]))
        if result.boxes is None or result.txts is None:
            return []
        return [
            Line(text, score, *map(float, (*box.min(0), *box.max(0))))
            for text, score, box in zip(result.txts, result.scores, result.boxes, strict=True)
        ]


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


def words_read(wanted: list[Line], found: list[Line]) -> tuple[int, int]:
    """How many of the lines' words are read again, letter by letter, in place; of how many."""
    kept = [word in text_in_place(line, found) for line in wanted for word in line.words]
    return sum(kept), len(kept)


def words_kept(wanted: list[Line], found: list[Line]) -> float:
    """Share 0..1 of the lines' words that are read again, letter by letter, in place."""
    kept, words = words_read(wanted, found)
    return kept / words
