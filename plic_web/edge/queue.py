"""The decode queue: bounded, with a deadline, one decode for any number of equal requests.

Runs in the decode process's event loop; only the work itself runs in a thread, one at a time,
because one decode already uses every core.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from plic_web.edge.errors import Busy, ClientBusy
from plic_web.edge.metrics import Metrics
from plic_web.edge.rendition import Rendition
from plic_web.edge.settings import EdgeSettings

#: Weight of the newest decode in the running mean that Retry-After is computed from.
_NEWEST = 0.3
#: Assumed before the first decode, seconds.
_FIRST_GUESS = 1.0
#: Nobody is told to come back later than this, seconds.
_LONGEST_RETRY = 120

Work = Callable[[Rendition], bytes]


@dataclass(eq=False)
class _Flight:
    """One decode and those who wait for it."""

    rendition: Rendition
    done: asyncio.Future[bytes]
    waiting: int = field(default=0)


class DecodeQueue:
    """First come, first served.

    Args:
        work: reconstructs one rendition into a finished file; may raise EdgeError. Called in
            a thread.
        settings: queue_size, deadline, client_limit, decode_timeout.
        metrics: where joins, decodes and abandoned flights are counted.
        on_hang: called when a decode exceeds decode_timeout. A thread cannot be stopped, so
            the process has to end.
    """

    def __init__(
        self,
        work: Work,
        settings: EdgeSettings,
        metrics: Metrics,
        on_hang: Callable[[Rendition], None],
    ) -> None:
        self._work = work
        self._settings = settings
        self._metrics = metrics
        self._on_hang = on_hang
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._flights: dict[Rendition, _Flight] = {}
        self._pending: deque[_Flight] = deque()
        self._arrived = asyncio.Event()
        self._clients: Counter[str] = Counter()
        self._decoding = False
        self._seconds = _FIRST_GUESS

    @property
    def length(self) -> int:
        """Decodes that wait, the one under way not counted."""
        return len(self._pending)

    async def render(self, rendition: Rendition, client: str) -> bytes:
        """The finished file, by a decode of its own or by joining an equal one.

        Cancelling this withdraws one waiter only: the decode goes on for the others, and a
        decode that nobody waits for any more leaves the queue undone.

        Raises:
            ClientBusy: this client has `client_limit` pictures waiting.
            Busy: the queue is full, too long for the deadline, or the deadline passed.
            EdgeError: whatever `work` raised.
        """
        if self._clients[client] >= self._settings.client_limit:
            raise ClientBusy("too many pictures asked for at once", self.retry_after())
        flight = self._flights.get(rendition)
        if flight is None:
            flight = self._admit(rendition)
        else:
            self._metrics.add("plic_single_flight_joins_total")
        flight.waiting += 1
        self._clients[client] += 1
        try:
            # shield: a waiter that leaves must not cancel the decode of the others.
            async with asyncio.timeout(self._settings.deadline):
                return await asyncio.shield(flight.done)
        except TimeoutError:
            raise Busy("no decode within the deadline", self.retry_after()) from None
        finally:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]
            flight.waiting -= 1
            self._drop_if_abandoned(flight)

    def retry_after(self) -> int:
        """Whole seconds until the queue of now will be done, by the recent decode time."""
        ahead = self.length + self._decoding
        return max(1, min(_LONGEST_RETRY, math.ceil((ahead + 1) * self._seconds)))

    async def run(self) -> None:
        """Decode, one after the other, until cancelled."""
        while True:
            while not self._pending:
                self._arrived.clear()
                await self._arrived.wait()
            flight = self._pending.popleft()
            self._decoding = True
            try:
                await self._decode(flight)
            finally:
                self._decoding = False
                del self._flights[flight.rendition]

    def _admit(self, rendition: Rendition) -> _Flight:
        # The second test refuses at once what would only time out later; never for an empty
        # queue, or one slow decode would lock the edge up for good.
        too_long = self.length * self._seconds > self._settings.deadline
        if self.length >= self._settings.queue_size or (self.length and too_long):
            raise Busy("the decode queue is full", self.retry_after())
        flight = _Flight(rendition, asyncio.get_running_loop().create_future())
        # Nobody may be left to fetch a late failure; that is no error of the program.
        flight.done.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._flights[rendition] = flight
        self._pending.append(flight)
        self._arrived.set()
        return flight

    def _drop_if_abandoned(self, flight: _Flight) -> None:
        if not flight.waiting and flight in self._pending:
            self._pending.remove(flight)
            del self._flights[flight.rendition]
            self._metrics.add("plic_abandoned_total")

    async def _decode(self, flight: _Flight) -> None:
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        work = loop.run_in_executor(self._thread, self._work, flight.rendition)
        try:
            async with asyncio.timeout(self._settings.decode_timeout):
                flight.done.set_result(await asyncio.shield(work))
        except TimeoutError:
            self._on_hang(flight.rendition)
        except Exception as error:
            flight.done.set_exception(error)
        seconds = time.monotonic() - began
        self._seconds += _NEWEST * (seconds - self._seconds)
        self._metrics.decode(seconds)
