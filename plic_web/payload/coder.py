"""Adaptive binary range coder: the integer machine under every coded section.

A 32-bit range coder with byte-wise renormalisation and carry propagation (after LZMA's),
driven by 16-bit probabilities. An adaptive context keeps two estimates, one that moves by
1/16 and one by 1/128, and predicts their mean: quick to learn, precise once it has learnt.
Only integers, so that every machine decodes the same bits.

The codec objects are closures, not classes: in CPython a call with cell variables costs half
of one with attributes, and a picture takes tens of thousands of calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from plic_web.payload.errors import PayloadError

HALF = 1 << 15  # the probability of a fair bit
MAX_OVERRUN = 8  # zero bytes that a decoder may read beyond the end of its data

_TOP = 1 << 32
_RENORMALISE = 1 << 24


class BinaryEncoder(NamedTuple):
    """`encode(context, bit)` adapts; `encode_fixed(p, bit)` does not; `finish()` gives the bytes.

    `p` is the probability of a 1 in 1/65536, 1..65535.
    """

    encode: Callable[[int, int], None]
    encode_fixed: Callable[[int, int], None]
    finish: Callable[[], bytes]


class BinaryDecoder(NamedTuple):
    """`decode(context)` and `decode_fixed(p)` return 0 or 1, as `BinaryEncoder` was given.

    Both raise PayloadError once more than `MAX_OVERRUN` bytes beyond the data are needed.
    """

    decode: Callable[[int], int]
    decode_fixed: Callable[[int], int]


class Walker(NamedTuple):
    """What a walk over a section's decisions calls: with the bit wanted; the bit coded comes back.

    One walk then serves encoder, decoder and training: a decoder gives back what it read, the
    others what was wanted.
    """

    bit: Callable[[int, int], int]  # (context, wanted)
    fair: Callable[[int], int]  # (wanted), at even odds


def binary_encoder(starts: Iterable[int] = ()) -> BinaryEncoder:
    """A coder whose context i starts at probability `starts[i]` (of a 1, in 1/65536)."""
    fast = list(starts)
    slow = fast.copy()
    low, size = 0, _RENORMALISE
    out = bytearray()

    def carry() -> None:
        at = len(out) - 1
        while out[at] == 255:
            out[at] = 0
            at -= 1
        out[at] += 1

    def encode_fixed(p: int, bit: int) -> None:
        nonlocal low, size
        bound = (size >> 16) * p
        if bit:
            size = bound
        else:
            low += bound
            size -= bound
            if low >= _TOP:
                carry()
                low -= _TOP
        while size < _RENORMALISE:
            out.append(low >> 24)
            low = (low & 0xFFFFFF) << 8
            size <<= 8

    def encode(context: int, bit: int) -> None:
        quick, calm = fast[context], slow[context]
        encode_fixed((quick + calm) >> 1, bit)
        if bit:
            fast[context] = quick + ((65536 - quick) >> 4)
            slow[context] = calm + ((65536 - calm) >> 7)
        else:
            fast[context] = quick - (quick >> 4)
            slow[context] = calm - (calm >> 7)

    def finish() -> bytes:
        """Bytes of the shortest number inside the final interval, trailing zeros dropped."""
        value = (low + _RENORMALISE - 1) >> 24  # size >= 2**24, so this lies inside
        if value > 255:
            carry()
        out.append(value & 255)
        # The first byte is always 0: the interval starts 2**24 wide. The decoder reads three
        # bytes beyond the last.
        return bytes(out[1:].rstrip(b"\0").ljust(len(out) + 2 - MAX_OVERRUN, b"\0"))

    return BinaryEncoder(encode, encode_fixed, finish)


def binary_decoder(data: bytes, starts: Iterable[int] = ()) -> BinaryDecoder:
    """The decoder of `binary_encoder(starts)`; `data` is exactly the encoder's bytes."""
    fast = list(starts)
    slow = fast.copy()
    padded = data + bytes(MAX_OVERRUN)
    code, size, at = int.from_bytes(padded[:3], "big"), _RENORMALISE, 3

    def renormalise() -> None:
        nonlocal code, size, at
        while size < _RENORMALISE:
            if at >= len(padded):
                raise PayloadError(
                    f"coded data ended too early: all {len(data)} bytes and the {MAX_OVERRUN} "
                    "implied zero bytes were read before the last value"
                )
            code = code << 8 | padded[at]
            at += 1
            size <<= 8

    def decode_fixed(p: int) -> int:
        nonlocal code, size
        if size < _RENORMALISE:
            renormalise()
        bound = (size >> 16) * p
        if code < bound:
            size = bound
            return 1
        code -= bound
        size -= bound
        return 0

    def decode(context: int) -> int:
        nonlocal code, size
        if size < _RENORMALISE:
            renormalise()
        quick, calm = fast[context], slow[context]
        bound = (size >> 16) * ((quick + calm) >> 1)
        if code < bound:
            size = bound
            fast[context] = quick + ((65536 - quick) >> 4)
            slow[context] = calm + ((65536 - calm) >> 7)
            return 1
        code -= bound
        size -= bound
        fast[context] = quick - (quick >> 4)
        slow[context] = calm - (calm >> 7)
        return 0

    return BinaryDecoder(decode, decode_fixed)


def writer(starts: Iterable[int]) -> tuple[Walker, Callable[[], bytes]]:
    """A walker that encodes what is wanted, and the function that gives the bytes."""
    encoder = binary_encoder(starts)

    def bit(context: int, wanted: int) -> int:
        encoder.encode(context, wanted)
        return wanted

    def fair(wanted: int) -> int:
        encoder.encode_fixed(HALF, wanted)
        return wanted

    return Walker(bit, fair), encoder.finish


def reader(data: bytes, starts: Iterable[int]) -> Walker:
    """A walker that decodes `data`; what is wanted is not looked at."""
    decoder = binary_decoder(data, starts)
    decode, fixed = decoder.decode, decoder.decode_fixed
    return Walker(lambda context, _: decode(context), lambda _: fixed(HALF))
