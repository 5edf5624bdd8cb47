"""Messages between HTTP workers and the decode process, over a Unix socket.

One message: header length and body length (u32, big-endian), a JSON object, raw bytes. One
connection carries one request and its answer; closing it early withdraws the request.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

_LENGTHS = struct.Struct(">II")
_MAX_HEADER = 4096
#: No finished picture of 16 megapixels comes near this.
_MAX_BODY = 64 << 20


class WireError(ConnectionError):
    """The other side went away or sent what is no message."""


def message(header: dict[str, Any], body: bytes = b"") -> bytes:
    """One message as bytes."""
    text = json.dumps(header).encode()
    return _LENGTHS.pack(len(text), len(body)) + text + body


def receive(connection: socket.socket) -> tuple[dict[str, Any], bytes]:
    """Read one message, blocking.

    Raises:
        WireError: the connection ended first, or the lengths are beyond the limits.
        TimeoutError: the socket's own timeout passed.
    """
    header, body = _lengths(_exactly(connection, _LENGTHS.size))
    return _parsed(_exactly(connection, header)), _exactly(connection, body)


async def receive_async(reader: asyncio.StreamReader) -> tuple[dict[str, Any], bytes]:
    """Read one message from a stream.

    Raises:
        WireError: as `receive`.
    """
    try:
        header, body = _lengths(await reader.readexactly(_LENGTHS.size))
        return _parsed(await reader.readexactly(header)), await reader.readexactly(body)
    except asyncio.IncompleteReadError:
        raise WireError("the connection ended within a message") from None


def _lengths(data: bytes) -> tuple[int, int]:
    header, body = _LENGTHS.unpack(data)
    if header > _MAX_HEADER or body > _MAX_BODY:
        raise WireError(f"expected a message within the limits, got {header} + {body} bytes")
    return header, body


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data)
    except ValueError:
        raise WireError("expected a JSON header") from None
    if not isinstance(header, dict):
        raise WireError("expected a JSON object as header")
    return header


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = connection.recv(min(count - len(data), 1 << 16))
        if not part:
            raise WireError("the connection ended within a message")
        data += part
    return bytes(data)
