from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plic_web.payload import Payload, PayloadError, Section, SectionKind
from plic_web.payload.container import MAX_PAYLOAD

sections = st.dictionaries(
    st.sampled_from([*SectionKind, 12, 14]), st.binary(max_size=200), max_size=8
).map(lambda parts: tuple(Section(int(kind), parts[kind]) for kind in sorted(parts)))
payloads = st.builds(Payload, st.integers(1, 4096), st.integers(1, 3906), sections)
EXAMPLE = Payload(768, 512, (Section(SectionKind.BASE, b"b" * 92), Section(2, b"l" * 700)))


@given(payloads)
def test_round_trip(payload):
    assert Payload.parse(payload.to_bytes()) == payload


@given(payloads)
def test_a_cut_file_is_a_poorer_picture_or_an_error(payload):
    data = payload.to_bytes()
    body = sum(len(section.data) for section in payload.sections)
    for length in range(len(data)):
        if length < len(data) - 2 - body:
            with pytest.raises(PayloadError):
                Payload.parse(data[:length])
            continue
        cut = Payload.parse(data[:length])
        assert cut.truncated
        assert cut.sections == payload.sections[: len(cut.sections)]
        assert (cut.width, cut.height) == (payload.width, payload.height)


def test_a_cut_at_a_section_end_keeps_the_section():
    data = EXAMPLE.to_bytes()
    cut = Payload.parse(data[: len(data) - 2 - 700])
    assert cut.sections == EXAMPLE.sections[:1]
    assert cut.get(SectionKind.LATENTS) is None


@given(payloads, st.data())
def test_a_flipped_bit_never_goes_unseen_in_a_whole_file(payload, data):
    raw = bytearray(payload.to_bytes())
    at = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[at // 8] ^= 1 << at % 8
    try:
        damaged = Payload.parse(bytes(raw))
    except PayloadError:
        return
    assert damaged.truncated  # a length in the directory grew: it looks like a cut file


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_or_truncated(data):
    for raw in (data, b"\xf7p\x12" + data):
        try:
            payload = Payload.parse(raw)
        except PayloadError:
            continue
        assert payload.width * payload.height <= 16_000_000


def test_usual_headers_are_at_most_twelve_bytes():
    spr = Payload(1200, 800, (Section(0, bytes(92)), Section(2, bytes(1200))))
    plic = Payload(
        1200, 800, (Section(0, bytes(92)), Section(4, bytes(300)), Section(8, b"t" * 20))
    )
    for payload in (spr, plic):
        body = sum(len(section.data) for section in payload.sections)
        assert len(payload.to_bytes()) - body - 2 <= 12


def test_unknown_sections_are_skipped_and_critical_ones_refused():
    assert Payload.parse(Payload(9, 9, (Section(12, b"new"),)).to_bytes()).get(12) == b"new"
    with pytest.raises(PayloadError, match="critical"):
        Payload.parse(Payload(9, 9, (Section(13, b"new"),)).to_bytes())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: b"", "not a payload"),
        (lambda d: b"\x89PNG\r\n", "not a payload"),
        (lambda d: d[:5], "header"),
        (lambda d: d[:2] + b"\x22" + d[3:], "version"),
        (lambda d: d[:3] + b"\xff\xff\xff" + d[6:], "pixels"),
        (lambda d: d[:6] + b"\x80" * 20, "more than 10 bytes"),
        (lambda d: d[:6] + b"\xf0\xff\xff\x7f" + d[8:], "at most 65536"),
        (lambda d: d[:6] + d[8:10] + d[6:8] + d[10:], "ascending"),
        (lambda d: d + b"\0", "behind the end"),
        (lambda d: d[:-1] + bytes([d[-1] ^ 1]), "checksum"),
        (lambda d: d + bytes(MAX_PAYLOAD), "at most 65536"),
    ],
)
def test_errors_say_what_is_wrong(damage, message):
    with pytest.raises(PayloadError, match=message):
        Payload.parse(damage(EXAMPLE.to_bytes()))


@pytest.mark.parametrize(
    "payload",
    [
        Payload(0, 5),
        Payload(4097, 5),
        Payload(4096, 4096),
        Payload(5, 5, (Section(0, b""), Section(0, b""))),
        Payload(5, 5, (Section(16, b""),)),
        Payload(5, 5, (Section(0, bytes(MAX_PAYLOAD)),)),
    ],
)
def test_what_no_payload_can_hold_is_not_written(payload):
    with pytest.raises(PayloadError):
        payload.to_bytes()


def test_parsing_allocates_little():
    data = Payload(4096, 3906, (Section(0, bytes(65000)),)).to_bytes()
    tracemalloc.start()
    Payload.parse(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MAX_PAYLOAD
