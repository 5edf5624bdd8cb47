"""How long a visit takes over a slow, far link, by a model that fits in a few lines."""

from __future__ import annotations

SPEEDS = {"64 kbit/s": 64_000, "256 kbit/s": 256_000, "1 Mbit/s": 1_000_000}
"""The links of the report, in bits per second."""

ROUND_TRIP = 0.6
"""Seconds there and back by way of a geostationary satellite."""

HEADER_BYTES = 100
"""What the headers of one answer weigh, compressed as HTTP/2 does."""

# TCP's and TLS 1.3's opening, a round trip each.
_OPENINGS = 2
# RFC 6928: ten segments may be under way before the first is acknowledged.
_FIRST_WINDOW = 10 * 1460


def wire_bytes(size: int, requests: int) -> int:
    """What travels for so many bytes of files: they and the headers of their answers."""
    return size + requests * HEADER_BYTES


def seconds(
    size: int,
    requests: int,
    bits_per_second: float,
    round_trip: float = ROUND_TRIP,
    pages: int = 1,
) -> float:
    """Seconds from asking for a page until its last byte is there, nothing being cached.

    One connection, opened in two round trips (TCP, then TLS 1.3; names are known). A page is
    asked for in one more, and all that it needs in another, at once, as HTTP/2 does. What is
    then sent flows as one stream: 10 segments of 1460 bytes in the first round trip, twice as
    many in each that follows (TCP's slow start), until a round trip's worth fills the link;
    from there on at the link's speed. Losses, the server's own time, the bytes of requests and
    what stylesheets ask for later are left out.

    Args:
        size: bytes of the files.
        requests: how many files, the pages included.
        bits_per_second: the link's speed, above 0.
        round_trip: seconds.
        pages: how many are opened, one after another on the same connection.
    """
    if not requests:
        return 0.0
    spent = (_OPENINGS + min(requests, 2 * pages)) * round_trip
    left = wire_bytes(size, requests)
    window, full = _FIRST_WINDOW, bits_per_second * round_trip / 8
    while left > window and window < full:
        spent += round_trip
        left -= window
        window *= 2
    return spent + 8 * left / bits_per_second
