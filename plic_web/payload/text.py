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
_ORDERS = 6  # contexts of 0 to 5 bytes
# How far, in 1/256, a context's own estimate replaces that of the shorter contexts once it has
# been seen 1, 2, 3... times.
_TRUST = (96, 150, 178, 196, 208, 216)
_DICTIONARY = Path(__file__).with_name("text_dictionary.txt")

# A context's estimate: probability of a 1 in 1/65536, and how often it was seen (up to 255).
_States = dict[bytes, tuple[int, int]]


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
    model, encoder = _Model(), binary_encoder()
    for byte in (*data, _END):
        model.code(byte, encoder, None)
    return encoder.finish() or b"\0"  # an empty section means "use alt"


def decode_text(data: bytes) -> str | None:
    """The text of a section, or None for "use the page's alt".

    Raises PayloadError if the section ends early, is not UTF-8 or longer than 240 characters.
    """
    if not data:
        return None
    model, decoder = _Model(), binary_decoder(data)
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

    def __init__(self, states: _States | None = None) -> None:
        self._states = dict(_read_dictionary()) if states is None else states
        self._history = bytes([_END])

    def code(self, byte: int, encoder: BinaryEncoder | None, decoder: BinaryDecoder | None) -> int:
        """Code one byte, most significant bit first, and learn it; with neither, only learn."""
        node = 1
        for shift in range(7, -1, -1):
            contexts = self._contexts(node)
            bit = byte >> shift & 1
            if encoder or decoder:
                p = self._predict(contexts)
                if encoder:
                    encoder.encode_fixed(p, bit)
                elif decoder:
                    bit = decoder.decode_fixed(p)
            self._learn(contexts, bit)
            node = node << 1 | bit
        self._history = (self._history + bytes([node & 255]))[1 - _ORDERS :]
        return node & 255

    def _contexts(self, node: int) -> list[bytes]:
        """Keys, shortest history first: the bits of this byte so far, then bytes before it."""
        known = min(len(self._history), _ORDERS - 1)
        return [
            bytes([node]) + self._history[len(self._history) - order :]
            for order in range(known + 1)
        ]

    def _predict(self, contexts: list[bytes]) -> int:
        p = 1 << 15
        for context in contexts:
            estimate, seen = self._states.get(context, (0, 0))
            if seen:
                p += (estimate - p) * _TRUST[min(seen, len(_TRUST)) - 1] >> 8
        return min(max(p, 32), 65536 - 32)

    def _learn(self, contexts: list[bytes], bit: int) -> None:
        for context in contexts:
            estimate, seen = self._states.get(context, (1 << 15, 0))
            # The first sights move the estimate far, later ones by no less than a sixteenth.
            divisor = min(2 * seen + 3, 32)
            estimate += ((bit << 16) - estimate) * 2 // divisor
            self._states[context] = (estimate, min(seen + 1, 255))


@cache
def _read_dictionary() -> _States:
    """Estimates after the dictionary, each of whose lines ends as a text does."""
    model = _Model({})
    for byte in _DICTIONARY.read_bytes().replace(b"\n", bytes([_END])):
        model.code(byte, None, None)
    return model._states
