"""What the edge answers when it cannot serve, and what it raises before it starts.

Exception
├── EdgeSettingsError    a setting out of its bounds: nothing starts
├── ManifestError        no usable manifest: nothing starts, or the last good one stays
├── DecoderStartError    the decode process refused its pack: nothing starts
└── EdgeError            one request refused; carries status, public message, Retry-After
    ├── NotOffered       404: no such picture, width, format or file
    ├── Unreadable       500: the payload on disk is missing or damaged
    ├── DecodeFailed     500: the pack failed on a valid payload
    ├── Busy             503: queue full, deadline passed, decoder starting or gone
    └── ClientBusy       429: one client has too many pictures waiting
"""

from __future__ import annotations

from typing import ClassVar


class EdgeSettingsError(ValueError):
    """A setting that the edge cannot run with; the message names it and what it expects."""


class ManifestError(ValueError):
    """The exported folder has no usable manifest; the message names the file and the fault."""


class DecoderStartError(RuntimeError):
    """The decode process ended before it was ready; the message is what it said."""


class EdgeError(Exception):
    """One request refused.

    Attributes:
        status: the HTTP status.
        message: one line for the client; no paths of this machine, no traces.
        retry_after: whole seconds for the Retry-After header, or None for no header.
    """

    status: ClassVar[int] = 500

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class NotOffered(EdgeError):  # noqa: N818 - named for what the client meets, like its siblings
    """404: this edge offers no such picture, width, format or file."""

    status = 404


class Unreadable(EdgeError):  # noqa: N818
    """500: the payload on disk is missing, damaged or not the one that the manifest names."""

    status = 500


class DecodeFailed(EdgeError):  # noqa: N818
    """500: the pack failed on a payload that parses."""

    status = 500


class Busy(EdgeError):  # noqa: N818
    """503: no room or no time for this decode now; `retry_after` says when there may be."""

    status = 503


class ClientBusy(EdgeError):  # noqa: N818
    """429: this client already has as many pictures waiting as one client may."""

    status = 429


#: The refusals that travel from the decode process to an HTTP worker, by name.
REFUSALS: dict[str, type[EdgeError]] = {
    kind.__name__: kind for kind in (Unreadable, DecodeFailed, Busy, ClientBusy)
}
