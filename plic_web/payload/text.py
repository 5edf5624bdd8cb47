"""The text section: the prompt, coded bit by bit after a model that has read a dictionary.

Each bit of the text's UTF-8 is predicted from the one to four bytes before it. The contexts
do not begin empty: the coder first reads text_dictionary.txt, typical descriptions of pictures,
so that the first words of a text are already cheap.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from plic_web.payload.coder import BinaryDecoder, BinaryEncoder, binary_decoder, binary_encoder
from plic_web.payload.errors import PayloadError

MAX_CHARACTERS = 240
_MAX_BYTES = 4 * MAX_CHARACTERS
_END = 0xFF  # never a byte of UTF-8
_LONGEST = 4  # contexts of 0 to 4 bytes
_LEAST = 32  # of a probability, in 1/65536
# How far, in 1/256, a context's own estimate replaces that of the shorter contexts once it has
# been seen 1, 2, 3... times.
_TRUST = (96, 150, 178, 196, 208, 216)
_DICTIONARY = Path(__file__).with_name("text_dictionary.txt")

# What a context knows: for each node of the byte's binary tree (1, then 1 and the bits so far)
# the probability of a 1 in 1/65536 and how often it was seen (up to 255).
_Table = dict[int, tuple[int, int]]
_UNSEEN = (1 << 15, 0)


def encode_text(text: str | None) -> bytes:
    """The section for a text of 1 to 240 characters; None says "use the page's alt".

    Raises PayloadError for a text that is empty, too long or not valid Unicode.
    """
    if text is None:
        return b""
    if not 0 < len(text) <= MAX_CHARACTERS:
        raise PayloadError(f"text of {len(text)} characters; expected 1 to {MAX_CHARACTERS}")
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise PayloadError(f"text is not valid Unicode: {error}") from None
    model, encoder = _Model(_read_dictionary()), binary_encoder()
    for byte in (*data, _END):
        model.code(byte, encoder, None)
    return encoder.finish() or b"\0"  # an empty section means "use alt"


def decode_text(data: bytes) -> str | None:
    """The text of a section, or None for "use the page's alt".

    Raises PayloadError if the section ends early, is not UTF-8 or longer than 240 characters.
    """
    if not data:
        return None
    model, decoder = _Model(_read_dictionary()), binary_decoder(data)
    text = bytearray()
    try:
        while (byte := model.code(0, None, decoder)) != _END:
            if len(text) == _MAX_BYTES:
                raise PayloadError(f"no end within {_MAX_BYTES} bytes")
            text.append(byte)
        decoded = text.decode()
    except PayloadError as error:
        raise PayloadError(f"text section: {error}") from None
    except UnicodeDecodeError as error:
        raise PayloadError(f"text section: not valid UTF-8: {error}") from None
    if not 0 < len(decoded) <= MAX_CHARACTERS:
        raise PayloadError(
            f"text section: {len(decoded)} characters; expected 1 to {MAX_CHARACTERS}"
        )
    return decoded


class _Model:
    """Estimates after the dictionary and whatever was coded since."""

    def __init__(self, dictionary: dict[bytes, _Table]) -> None:
        self.tables: dict[bytes, _Table] = {}
        self._dictionary = dictionary
        self._history = bytes([_END])

    def code(self, byte: int, encoder: BinaryEncoder | None, decoder: BinaryDecoder | None) -> int:
        """Code one byte, most significant bit first, and learn it; with neither, only learn."""
        tables = self._contexts()
        node = 1
        for shift in range(7, -1, -1):
            bit = byte >> shift & 1
            if encoder:
                encoder.encode_fixed(_predict(tables, node), bit)
            elif decoder:
                bit = decoder.decode_fixed(_predict(tables, node))
            _learn(tables, node, bit)
            node = node << 1 | bit
        self._history = (self._history + bytes([node & 255]))[-_LONGEST:]
        return node & 255

    def _contexts(self) -> list[_Table]:
        """The tables of the last 0, 1, 2... bytes; the dictionary's are copied, not changed."""
        tables = []
        for start in range(len(self._history), -1, -1):
            context = self._history[start:]
            if context not in self.tables:
                self.tables[context] = dict(self._dictionary.get(context, {}))
            tables.append(self.tables[context])
        return tables


def _predict(tables: list[_Table], node: int) -> int:
    p = 1 << 15
    for table in tables:
        estimate, seen = table.get(node, _UNSEEN)
        if seen:
            p += (estimate - p) * _TRUST[min(seen, len(_TRUST)) - 1] >> 8
    return min(max(p, _LEAST), 65536 - _LEAST)


def _learn(tables: list[_Table], node: int, bit: int) -> None:
    for table in tables:
        estimate, seen = table.get(node, _UNSEEN)
        # The first sights move the estimate far, later ones by no less than a sixteenth.
        divisor = 2 * seen + 3 if seen < 15 else 32
        estimate += ((bit << 16) - estimate) * 2 // divisor
        table[node] = estimate, seen + 1 if seen < 255 else 255


@cache
def _read_dictionary() -> dict[bytes, _Table]:
    """Tables after the dictionary, each of whose lines ends as a text does."""
    model = _Model({})
    for byte in _DICTIONARY.read_bytes().replace(b"\n", bytes([_END])):
        model.code(byte, None, None)
    return model.tables
