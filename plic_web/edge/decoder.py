"""The decode process: owns the pack and its ONNX session, answers on a Unix socket.

Started as `python -m plic_web.edge.decoder RUNTIME` by `DecoderProcess`, never forked: ONNX
Runtime's threads do not survive a fork. The settings come on standard input, which then stays
open for as long as the parent lives: its end is this process's end too, so a parent that was
killed leaves no orphan.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from plic_web.edge.cache import DiskCache
from plic_web.edge.errors import EdgeError
from plic_web.edge.metrics import Metrics
from plic_web.edge.queue import DecodeQueue
from plic_web.edge.reconstruct import Reconstructor
from plic_web.edge.rendition import Rendition
from plic_web.edge.runtime import Runtime
from plic_web.edge.settings import EdgeSettings
from plic_web.edge.wire import WireError, message, receive_async

#: Exit status for a pack that cannot be loaded: restarting would not help.
EXIT_UNUSABLE = 2
#: Exit status for a decode that did not end: the next process starts afresh.
EXIT_HUNG = 3

_log = logging.getLogger("plic.edge")


class DecodeServer:
    """Answers messages: {"op": "ping"} and {"op": "render", "rendition", "client"}."""

    def __init__(self, queue: DecodeQueue) -> None:
        self._queue = queue

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            header, _ = await receive_async(reader)
            writer.write(await self._answer(header, reader))
            await writer.drain()
        except (WireError, ConnectionError):
            pass  # the worker's client went away; the queue has already forgotten it
        finally:
            writer.close()

    async def _answer(self, header: dict[str, Any], reader: asyncio.StreamReader) -> bytes:
        if header.get("op") == "ping":
            return message({"ok": True, "queue": self._queue.length})
        rendition = Rendition(**header["rendition"])
        render = asyncio.ensure_future(self._queue.render(rendition, header["client"]))
        # The worker sends nothing more: data's end means that its client went away.
        gone = asyncio.ensure_future(reader.read(1))
        await asyncio.wait({render, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not render.done():
            render.cancel()
            await asyncio.wait({render})
            raise WireError("withdrawn")
        gone.cancel()
        try:
            return message({"ok": True}, render.result())
        except EdgeError as refusal:
            return message(
                {
                    "ok": False,
                    "refusal": type(refusal).__name__,
                    "message": refusal.message,
                    "retry_after": refusal.retry_after,
                }
            )


async def _serve(settings: EdgeSettings, runtime: Runtime) -> None:
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _end_with_parent)
    engine = importlib.import_module(settings.engine)
    cache = DiskCache(settings.cache_dir, settings.cache_bytes)
    reconstructor = await asyncio.to_thread(Reconstructor, settings, engine, cache, runtime)

    def hung(rendition: Rendition) -> None:
        _log.error(
            "decoding %s took longer than %g s; the decode process restarts",
            rendition.digest,
            settings.decode_timeout,
        )
        os._exit(EXIT_HUNG)

    queue = DecodeQueue(reconstructor.render, settings, Metrics(runtime.folder), hung)
    server = await asyncio.start_unix_server(DecodeServer(queue).answer, runtime.socket)
    runtime.write_identity(reconstructor.identity)
    async with server:
        await queue.run()


def _end_with_parent() -> None:
    # A load or decode under way is a thread that nothing can stop; waiting helps nobody.
    if not os.read(sys.stdin.fileno(), 4096):
        os._exit(0)


def main() -> None:
    """Entry point of the process."""
    # Ctrl-C, and systemd's stop, reach every process at once. The parent ends its requests
    # first, and decoding last, by closing the lifeline.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.basicConfig(format="%(asctime)s decoder %(levelname)s %(message)s")
    runtime = Runtime(Path(sys.argv[1]))
    values = json.loads(_first_line())
    with contextlib.suppress(FileNotFoundError):
        runtime.socket.unlink()  # left by a predecessor that died
    try:
        asyncio.run(_serve(EdgeSettings(**values), runtime))
    except Exception as error:
        # Mostly the engine's PackError; whichever it is, the operator needs its one line.
        runtime.write_failure(f"{type(error).__name__}: {error}")
        _log.debug("the decode process cannot start", exc_info=True)
        os._exit(EXIT_UNUSABLE)


def _first_line() -> bytes:
    """The settings' line, unbuffered: the end of input is watched later on the descriptor."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(sys.stdin.fileno(), 1)
        if not byte:
            raise SystemExit("the decode process is started by plic serve, not by hand")
        line += byte
    return bytes(line)


if __name__ == "__main__":
    main()
