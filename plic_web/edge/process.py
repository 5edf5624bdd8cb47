"""Starting, restarting and ending the decode process."""

from __future__ import annotations

import atexit
import json
import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress

from plic_web.edge.errors import DecoderStartError
from plic_web.edge.runtime import Runtime
from plic_web.edge.settings import EdgeSettings

#: Seconds between two starts, by the crashes in a row: at once first, then slower.
_PAUSES = (0.0, 1.0, 5.0, 30.0)
#: A process that lived this long starts the pauses over, seconds.
_STABLE_SECONDS = 60.0
#: Given to a process that was asked to end, seconds.
_STOP_SECONDS = 5.0

_log = logging.getLogger("plic.edge")


class DecodeProcess:
    """One decode process after the other; call `ensure` now and then, `stop` at the end."""

    def __init__(self, settings: EdgeSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._failures = 0

    def ensure(self) -> None:
        """Start the process where none runs, not more often than the pauses allow.

        Raises:
            DecoderStartError: no decode process has been ready yet, and this one says that
                it cannot load its pack.
        """
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._bury(self._process)
        pause = _PAUSES[min(self._failures, len(_PAUSES)) - 1] if self._failures else 0.0
        if time.monotonic() >= self._started + pause:
            self._start()

    def keep(self) -> None:
        """Ensure from a thread of this process, until the interpreter ends.

        For an application that runs without `serve`: in a test, or another WSGI server with
        a single process.
        """
        self.ensure()
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(0.2):
                try:
                    self.ensure()
                except DecoderStartError as error:
                    _log.error("%s", error)
                    return

        thread = threading.Thread(target=watch, name="decoder-keeper", daemon=True)
        thread.start()

        def end() -> None:
            ended.set()
            thread.join()
            self.stop()
            self._runtime.remove()

        atexit.register(end)

    def stop(self) -> None:
        """End the process and wait for it; a decode under way is not finished."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()  # the lifeline: the process ends by itself
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close_inherited(self) -> None:
        """In a forked HTTP worker: let go of the parent's end of the lifeline.

        Otherwise the decode process would outlive a killed parent until the last worker ends.
        """
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def _start(self) -> None:
        # -P: the current folder, perhaps somebody's site, must not provide Python modules.
        command = [sys.executable, "-P", "-m", "plic_web.edge.decoder", str(self._runtime.folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)
        self._started = time.monotonic()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it died at once; the next `ensure` says so
            self._process.stdin.write(json.dumps(self._settings.to_json()).encode() + b"\n")
            self._process.stdin.flush()

    def _bury(self, process: subprocess.Popen[bytes]) -> None:
        self._process = None
        with suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        said = self._runtime.take_failure()
        if said and self._runtime.identity() is None:
            raise DecoderStartError(f"the decode process cannot start: {said}")
        lived = time.monotonic() - self._started
        self._failures = 1 if lived > _STABLE_SECONDS else self._failures + 1
        digest = self._runtime.blame()
        _log.error(
            "the decode process ended after %.0f s%s%s; it is started again",
            lived,
            f", decoding {digest}" if digest else "",
            f" ({said})" if said else "",
        )
