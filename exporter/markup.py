"""HTML in a document: the document itself, or what an attribute such as `srcdoc` holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exporter.characters import Decoded, decode_attribute
from exporter.charset import Text
from exporter.documents import Slot
from exporter.said import plain
from exporter.srcset import parse_srcset
from exporter.tokenizer import Attribute, Tag


@dataclass(frozen=True)
class Markup:
    """HTML, and where in the document its characters stand.

    Attributes:
        document: the characters of the document.
        source: the HTML.
        at: the position in the document of each character of `source` and of its end; None
            where the one is the other.
    """

    document: Text
    source: str
    at: Sequence[int] | None = None

    @property
    def nested(self) -> bool:
        """True for HTML inside an attribute."""
        return self.at is not None

    def raw(self, tag: Tag, name: str) -> str:
        """An attribute's value as it stands there; "" without one."""
        found = tag.get(name)
        return self.source[found.value_start : found.value_end] if found else ""

    def value(self, tag: Tag, name: str) -> str:
        """An attribute's value, character references resolved; "" without one."""
        return decode_attribute(self.raw(tag, name)).text

    def plain(self, tag: Tag, name: str) -> str:
        """An attribute's words as a reader of the page sees them."""
        return plain(self.document, self.raw(tag, name))

    def decoded(self, attribute: Attribute) -> Decoded:
        """An attribute's value; positions are those in the document."""
        return self._placed(
            attribute, decode_attribute(self.source[attribute.value_start : attribute.value_end])
        )

    def inner(self, attribute: Attribute) -> Markup:
        """The HTML that an attribute holds."""
        raw = self.source[attribute.value_start : attribute.value_end]
        decoded = self._placed(attribute, decode_attribute(raw, self.document.written))
        return Markup(self.document, decoded.text, decoded.at)

    def slot(self, attribute: Attribute) -> Slot:
        """The one address that an attribute holds."""
        raw = self.source[attribute.value_start : attribute.value_end]
        return Slot(
            self.document.readable(decode_attribute(raw).text),
            self.position(attribute.value_start),
            self.position(attribute.value_end),
        )

    def slots(self, attribute: Attribute) -> list[Slot]:
        """The addresses of a `srcset`."""
        decoded = self.decoded(attribute)
        return [
            Slot(
                self.document.readable(decoded.text[found.start : found.end]),
                decoded.at[found.start],
                decoded.at[found.end],
                found.descriptor,
            )
            for found in parse_srcset(decoded.text)
        ]

    def position(self, index: int) -> int:
        """Where in the document a character of `source` stands."""
        return index if self.at is None else self.at[index]

    def positions(self, start: int, end: int) -> Sequence[int]:
        """The same for `source[start:end]`, the end included."""
        return range(start, end + 1) if self.at is None else self.at[start : end + 1]

    def _placed(self, attribute: Attribute, decoded: Decoded) -> Decoded:
        raw_at = self.positions(attribute.value_start, attribute.value_end)
        if isinstance(decoded.at, range):  # no references
            return Decoded(decoded.text, raw_at)
        return Decoded(decoded.text, [raw_at[offset] for offset in decoded.at])
