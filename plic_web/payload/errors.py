"""The one exception of the payload package."""

from __future__ import annotations


class PayloadError(ValueError):
    """Bytes that are not a valid payload, or a picture that no payload can hold.

    The message says what was wrong, where (byte offset or section) and what was expected.
    """
