"""The container: header, section directory, sections, checksum (docs/format.md, "Container").

Sections stand in the order of their numbers, which is the order in which they help, so a file
cut anywhere behind its header is a valid, poorer picture.
"""

from __future__ import annotations

from binascii import crc_hqx
from dataclasses import dataclass
from enum import IntEnum

from plic_web.payload.errors import PayloadError
from plic_web.payload.varint import read_varint, write_varint

MAGIC = b"\xf7p"
VERSION = 1
MAX_PAYLOAD = 1 << 16  # bytes of a whole file
MAX_SIDE = 4096  # pixels; 12 bits each of width - 1 and height - 1 in the header
MAX_PIXELS = 16_000_000
MAX_SECTIONS = 15  # four bits in the header
_CHECKSUM = 2
_FIXED = len(MAGIC) + 4  # magic, version and count, width and height


class SectionKind(IntEnum):
    """Numbers of the known sections. Odd numbers are critical: an unknown one refuses the file."""

    BASE = 0
    LATENTS = 2
    EDGES = 4
    KEEP = 6
    TEXT = 8
    SEED = 10


@dataclass(frozen=True)
class Section:
    """One part of a payload: `kind` 0..15 (see SectionKind) and its coded bytes."""

    kind: int
    data: bytes


@dataclass(frozen=True)
class Payload:
    """A picture's payload: its size in pixels and its sections, still coded.

    `truncated` marks a file that was cut: the sections are those that arrived whole, and
    their bytes could not be verified.
    """

    width: int
    height: int
    sections: tuple[Section, ...] = ()
    truncated: bool = False

    @classmethod
    def parse(cls, data: bytes) -> Payload:
        """Split a file into its sections, in time and memory O(len(data)); decodes none.

        Raises PayloadError for anything but a whole file with a correct checksum or the
        beginning of a file that reaches at least to the end of its directory.
        """
        if len(data) > MAX_PAYLOAD:
            raise PayloadError(f"payload of {len(data)} bytes; at most {MAX_PAYLOAD} are allowed")
        width, height, count = _read_fixed(data)
        directory, start = _read_directory(data, count)
        end = start + sum(length for _, length in directory) + _CHECKSUM
        if end > MAX_PAYLOAD:
            raise PayloadError(
                f"section directory: a payload of {end} bytes; at most {MAX_PAYLOAD} are allowed"
            )
        if len(data) > end:
            raise PayloadError(f"{len(data) - end} bytes behind the end of the payload at {end}")
        if len(data) == end:
            found = int.from_bytes(data[-_CHECKSUM:], "big")
            expected = _checksum(data[:-_CHECKSUM])
            if found != expected:
                raise PayloadError(
                    f"checksum at byte {end - _CHECKSUM}: found {found:04x}, expected "
                    f"{expected:04x}; the payload was damaged on its way"
                )
        sections = []
        for kind, length in directory:
            if start + length > len(data):
                break
            sections.append(Section(kind, data[start : start + length]))
            start += length
        return cls(width, height, tuple(sections), truncated=len(data) < end)

    def to_bytes(self) -> bytes:
        """The whole file, sections sorted by kind. Raises PayloadError beyond a limit."""
        check_size(self.width, self.height)
        sections = sorted(self.sections, key=lambda section: section.kind)
        kinds = [section.kind for section in sections]
        if len(set(kinds)) < len(kinds) or len(kinds) > MAX_SECTIONS or not set(kinds) <= _KINDS:
            raise PayloadError(
                f"sections {kinds}: expected at most {MAX_SECTIONS} different kinds of 0 to 15"
            )
        head = bytearray(MAGIC)
        head.append(VERSION << 4 | len(sections))
        head += ((self.width - 1) << 12 | (self.height - 1)).to_bytes(3, "big")
        for section in sections:
            head += write_varint(len(section.data) << 4 | section.kind)
        body = bytes(head) + b"".join(section.data for section in sections)
        if len(body) + _CHECKSUM > MAX_PAYLOAD:
            raise PayloadError(
                f"payload of {len(body) + _CHECKSUM} bytes; at most {MAX_PAYLOAD} are allowed"
            )
        return body + _checksum(body).to_bytes(_CHECKSUM, "big")

    def get(self, kind: int) -> bytes | None:
        """The coded bytes of the section of that kind, or None where the payload has none."""
        for section in self.sections:
            if section.kind == kind:
                return section.data
        return None


def check_size(width: int, height: int) -> None:
    """Raise PayloadError unless a picture of `width` x `height` pixels fits the format."""
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise PayloadError(
            f"picture of {width}x{height} pixels; expected sides of 1 to {MAX_SIDE} and at most "
            f"{MAX_PIXELS} pixels"
        )


_KINDS = set(range(16))
_KNOWN = set(SectionKind)


def _checksum(data: bytes) -> int:
    return crc_hqx(data, 0xFFFF)  # CRC-16/CCITT: polynomial 0x1021, start 0xFFFF, not reflected


def _read_fixed(data: bytes) -> tuple[int, int, int]:
    """Width, height and number of sections."""
    if data[: len(MAGIC)] != MAGIC:
        raise PayloadError(
            f"not a payload: it begins with {data[: len(MAGIC)].hex() or 'nothing'}, "
            f"expected {MAGIC.hex()}"
        )
    if len(data) < _FIXED:
        raise PayloadError(f"header: {len(data)} bytes; expected at least {_FIXED}")
    version, count = data[2] >> 4, data[2] & 15
    if version != VERSION:
        raise PayloadError(f"version at byte 2: {version}; this decoder reads {VERSION}")
    size = int.from_bytes(data[3:6], "big")
    width, height = (size >> 12) + 1, (size & 0xFFF) + 1
    check_size(width, height)
    return width, height, count


def _read_directory(data: bytes, count: int) -> tuple[list[tuple[int, int]], int]:
    """(kind, length) of each section, and the offset of the first one's data."""
    directory: list[tuple[int, int]] = []
    at = _FIXED
    for index in range(count):
        where = at
        entry, at = read_varint(data, at, f"directory entry {index}")
        kind, length = entry & 15, entry >> 4
        if directory and kind <= directory[-1][0]:
            raise PayloadError(
                f"directory entry {index} at byte {where}: section {kind} follows section "
                f"{directory[-1][0]}; expected ascending numbers"
            )
        if kind % 2 and kind not in _KNOWN:
            raise PayloadError(
                f"directory entry {index} at byte {where}: section {kind} is critical and "
                "unknown to this decoder"
            )
        directory.append((kind, length))
    return directory, at
