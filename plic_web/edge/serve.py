"""gunicorn around the application: HTTP workers, and the decode process beside them."""

from __future__ import annotations

import logging
import os
import socket
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from plic_web.edge.app import create_app
from plic_web.edge.errors import DecoderStartError
from plic_web.edge.manifest import Manifest
from plic_web.edge.process import DecodeProcess
from plic_web.edge.runtime import Runtime
from plic_web.edge.settings import EdgeSettings
from plic_web.edge.worker import EdgeWorker

#: Bounds on what is read before any of our code runs.
REQUEST_LINE_BYTES = 4094
REQUEST_FIELDS = 64
REQUEST_FIELD_BYTES = 8190
#: Connections that may wait to be accepted.
BACKLOG = 1024
#: Seconds that requests under way get when the edge stops.
GRACEFUL_SECONDS = 10


def serve(settings: EdgeSettings, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve until SIGTERM or SIGINT; prints the address once pictures can be answered.

    Args:
        settings: see EdgeSettings.
        host: address to listen on.
        port: TCP port; 0 lets the operating system choose.

    Raises:
        ManifestError: the folder's manifest cannot be used.
        DecoderStartError: the pack cannot be loaded.
        OSError: the address cannot be listened on.
    """
    logging.basicConfig(format="%(asctime)s edge %(levelname)s %(message)s")
    Manifest(settings.site / "_plic" / "manifest.json")  # refuse before anything starts
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    runtime = Runtime.create()
    decoder = DecodeProcess(settings, runtime)
    main_process = os.getpid()
    try:
        application = _Application(settings, runtime, decoder, listener)
        arbiter = _Arbiter(application, runtime, decoder)
        try:
            arbiter.run()
        except SystemExit as ended:
            if os.getpid() != main_process:
                # A worker ends here, in a copy of our caller's stack: neither our clean-up
                # nor the caller's is its to run.
                _leave(ended.code)
            if ended.code:
                raise
        if arbiter.failure is not None:
            raise arbiter.failure
    finally:
        decoder.stop()
        runtime.remove()


class _Application(BaseApplication):  # type: ignore[misc]
    """gunicorn's configuration, and the application that each worker loads after its fork."""

    def __init__(
        self,
        settings: EdgeSettings,
        runtime: Runtime,
        decoder: DecodeProcess,
        listener: socket.socket,
    ) -> None:
        self.settings = settings
        self._runtime = runtime
        self._decoder = decoder
        host, port = listener.getsockname()[:2]
        #: Where it listens, the port as the system chose it.
        self.address: tuple[str, int] = (host, port)
        self._descriptor = listener.detach()  # gunicorn's from here on: it closes it
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        options: dict[str, Any] = {
            "bind": f"fd://{self._descriptor}",
            "backlog": BACKLOG,
            "workers": self.settings.workers,
            "worker_class": EdgeWorker,
            "threads": self.settings.threads,
            "graceful_timeout": GRACEFUL_SECONDS,
            "limit_request_line": REQUEST_LINE_BYTES,
            "limit_request_fields": REQUEST_FIELDS,
            "limit_request_field_size": REQUEST_FIELD_BYTES,
            # Below errors gunicorn logs every malformed request with its address: anybody
            # could fill the disk, and addresses are nobody's business.
            "loglevel": "error",
            "control_socket_disable": True,
            "post_fork": lambda _arbiter, _worker: self._decoder.close_inherited(),
        }
        for name, value in options.items():
            if name in self.cfg.settings:  # the control socket is newer than gunicorn 23
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called by each worker after its fork."""
        return create_app(self.settings, self._runtime)


class _Arbiter(Arbiter):  # type: ignore[misc]
    """gunicorn's main process, which looks after the decode process as well."""

    def __init__(self, app: _Application, runtime: Runtime, decoder: DecodeProcess) -> None:
        super().__init__(app)
        self._application = app
        self._runtime = runtime
        self._decoder = decoder
        self._announced = False
        self.failure: DecoderStartError | None = None

    def manage_workers(self) -> None:
        """Called once a second, and at once when a child of ours ends."""
        try:
            self._decoder.ensure()
        except DecoderStartError as error:
            self.failure = error
            raise StopIteration from None  # gunicorn's own way to an orderly end
        super().manage_workers()
        if not self._announced:
            self._announce()

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        """Shorter rounds until the address has been printed."""
        signals: list[int] = super().wait_for_signals(timeout if self._announced else 0.1)
        return signals

    def _announce(self) -> None:
        identity = self._runtime.identity()
        if identity is None:
            return
        host, port = self._application.address
        shown = f"[{host}]" if ":" in host else host
        print(f"serving on http://{shown}:{port}/ with {identity.pack}; Ctrl-C stops", flush=True)
        self._announced = True


def _leave(status: object) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 1)
