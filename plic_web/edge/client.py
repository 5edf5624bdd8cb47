"""An HTTP worker's side of the decode process: ask, wait, notice a client that leaves."""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import suppress

from plic_web.edge.errors import REFUSALS, Busy, EdgeError
from plic_web.edge.rendition import Identity, Rendition
from plic_web.edge.runtime import Runtime
from plic_web.edge.settings import EdgeSettings
from plic_web.edge.wire import message, receive

#: Retry-After while the decode process starts, again or for the first time, seconds.
RESTART_SECONDS = 2
#: A decode process that does not answer a ping within this is not ready, seconds.
_PING_SECONDS = 1.0
#: Beyond the queue's own deadline, for the answer's way back, seconds.
_GRACE_SECONDS = 2.0


class ClientGone(Exception):  # noqa: N818 - an event, not a fault
    """The client closed its connection; nobody is left to answer."""


class DecoderClient:
    """Asks the decode process; thread-safe, one connection a request."""

    def __init__(self, settings: EdgeSettings, runtime: Runtime) -> None:
        self._runtime = runtime
        self._patience = settings.deadline + _GRACE_SECONDS
        # Waiting for decodes may never take the threads that answer everything else.
        self._seats = threading.BoundedSemaphore(settings.threads * 3 // 4)

    def identity(self) -> Identity:
        """The pack and engine that decode here; known also while the decoder restarts.

        Raises:
            Busy: the first decode process is not ready yet.
        """
        identity = self._runtime.identity()
        if identity is None:
            raise Busy("the pack is still loading", RESTART_SECONDS)
        return identity

    def ping(self) -> int | None:
        """Decodes waiting, or None where the decode process does not answer."""
        try:
            with self._connect(_PING_SECONDS) as connection:
                connection.sendall(message({"op": "ping"}))
                return int(receive(connection)[0]["queue"])
        except OSError:
            return None

    def render(self, rendition: Rendition, client: str, connection: socket.socket | None) -> bytes:
        """The finished file.

        Args:
            rendition: what to reconstruct.
            client: the client's address, for the bound on one client.
            connection: the client's socket where the server hands it over; a client that
                closes it is no longer waited for.

        Raises:
            EdgeError: as the decode process refuses, or Busy where it cannot be reached.
            ClientGone: the client closed its connection.
        """
        if not self._seats.acquire(blocking=False):
            raise Busy("too many pictures are being waited for", RESTART_SECONDS)
        try:
            return self._ask(rendition, client, connection)
        except OSError:
            # The decode process died or is restarting: the page tries again.
            raise Busy("the decoder is restarting", RESTART_SECONDS) from None
        finally:
            self._seats.release()

    def _ask(self, rendition: Rendition, client: str, client_socket: socket.socket | None) -> bytes:
        with self._connect(self._patience) as decoder:
            decoder.sendall(
                message({"op": "render", "rendition": rendition.to_json(), "client": client})
            )
            _wait(decoder, client_socket, self._patience)
            header, body = receive(decoder)
        if header["ok"]:
            return body
        raise _refusal(header["refusal"], header["message"], header["retry_after"])

    def _connect(self, timeout: float) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(str(self._runtime.socket))
        except OSError:
            connection.close()
            raise
        return connection


def _refusal(name: str, text: str, retry_after: int | None) -> EdgeError:
    return REFUSALS[name](text, retry_after)


def _wait(decoder: socket.socket, client: socket.socket | None, patience: float) -> None:
    """Return when the decoder has something to say.

    Raises:
        ClientGone: the client closed its connection first.
        TimeoutError: neither happened within `patience` seconds.
    """
    end = time.monotonic() + patience
    watched = [decoder] if client is None else [decoder, client]
    while (left := end - time.monotonic()) > 0:
        poller = select.poll()  # select() itself fails on descriptors beyond 1023
        for connection in watched:
            poller.register(connection, select.POLLIN)
        ready = {descriptor for descriptor, _ in poller.poll(left * 1000)}
        if decoder.fileno() in ready:
            return
        if client is not None and client.fileno() in ready:
            if _has_closed(client):
                raise ClientGone
            watched = [decoder]  # a pipelined request: its bytes would wake us for ever
    raise TimeoutError("the decode process did not answer")


def _has_closed(connection: socket.socket) -> bool:
    with suppress(BlockingIOError):
        try:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except ConnectionError:
            return True
    return False
