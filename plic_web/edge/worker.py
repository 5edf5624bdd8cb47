"""gunicorn's threaded worker, with a time limit on reading a request.

Without it, a client that sends half a request line, or one byte a second, holds a thread for
ever, and as many of them as there are threads stop the edge.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class EdgeWorker(ThreadWorker):  # type: ignore[misc]
    """Hangs up on connections whose request does not arrive within `read_timeout` seconds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience: float = self.app.settings.read_timeout
        self._reading: dict[socket.socket, float] = {}

    def handle(self, conn: Any) -> Any:
        """In a thread: read and answer one request of a connection."""
        self._reading[conn.sock] = time.monotonic() + self._patience
        try:
            return super().handle(conn)
        finally:
            self._reading.pop(conn.sock, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """In the same thread: the request has been read."""
        self._reading.pop(conn.sock, None)
        return super().handle_request(req, conn)

    def notify(self) -> None:
        """In the main thread, at least once a second: tell the arbiter that this worker lives."""
        super().notify()
        now = time.monotonic()
        for connection, end in list(self._reading.items()):
            if now > end:
                with suppress(OSError):  # closed since
                    # Ends the thread's recv as if the client had hung up.
                    connection.shutdown(socket.SHUT_RD)
