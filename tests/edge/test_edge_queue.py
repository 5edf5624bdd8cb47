"""The decode queue by itself: joins, bounds, deadlines, leavers."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from edge_support import make_export

from plic_web.edge import EdgeSettings
from plic_web.edge.errors import Busy, ClientBusy, DecodeFailed
from plic_web.edge.metrics import Metrics
from plic_web.edge.queue import DecodeQueue
from plic_web.edge.rendition import Rendition


def _rendition(number: int) -> Rendition:
    return Rendition(f"{number:016x}", 60, 40, "webp")


class Decoder:
    """Work that finishes when it is let go."""

    def __init__(self) -> None:
        self.begun: list[Rendition] = []
        self.gate = threading.Event()
        self.fails = False

    def __call__(self, rendition: Rendition) -> bytes:
        self.begun.append(rendition)
        assert self.gate.wait(10)
        if self.fails:
            raise DecodeFailed("broken")
        return rendition.digest.encode()


@pytest.fixture
def settings(tmp_path: Path) -> EdgeSettings:
    return EdgeSettings(site=make_export(tmp_path / "site", count=0).root)


Scenario = Callable[[DecodeQueue, Decoder], Awaitable[None]]


def _play(settings: EdgeSettings, folder: Path, scenario: Scenario) -> Metrics:
    metrics = Metrics(folder)
    decoder = Decoder()
    hung: list[Rendition] = []

    async def play() -> None:
        queue = DecodeQueue(decoder, settings, metrics, hung.append)
        running = asyncio.create_task(queue.run())
        try:
            await scenario(queue, decoder)
        finally:
            decoder.gate.set()
            running.cancel()

    asyncio.run(play())
    assert hung == []
    return metrics


async def _asked(queue: DecodeQueue, number: int, client: str = "c") -> asyncio.Task[bytes]:
    """A request that has reached the queue."""
    task = asyncio.create_task(queue.render(_rendition(number), client))
    await asyncio.sleep(0)
    return task


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


def test_equal_requests_share_one_decode(settings: EdgeSettings, tmp_path: Path) -> None:
    async def scenario(queue: DecodeQueue, decoder: Decoder) -> None:
        tasks = [await _asked(queue, 1, f"c{n}") for n in range(50)]
        decoder.gate.set()
        assert set(await asyncio.gather(*tasks)) == {_rendition(1).digest.encode()}
        assert len(decoder.begun) == 1
        await _asked(queue, 1)  # the flight is over: a later request decodes again
        await _until(lambda: len(decoder.begun) == 2)

    text = _play(settings, tmp_path, scenario).text({})
    assert "plic_single_flight_joins_total 49" in text


@pytest.mark.parametrize("while_decoding", [True, False])
def test_a_leader_that_leaves_does_not_fail_its_followers(
    settings: EdgeSettings, tmp_path: Path, while_decoding: bool
) -> None:
    async def scenario(queue: DecodeQueue, decoder: Decoder) -> None:
        if not while_decoding:
            await _asked(queue, 0)
            await _until(lambda: len(decoder.begun) == 1)
        leader, follower = await _asked(queue, 1), await _asked(queue, 1)
        if while_decoding:
            await _until(lambda: len(decoder.begun) == 1)
        leader.cancel()
        decoder.gate.set()
        assert await follower == _rendition(1).digest.encode()
        assert decoder.begun.count(_rendition(1)) == 1

    _play(settings, tmp_path, scenario)


def test_what_nobody_waits_for_is_never_decoded(settings: EdgeSettings, tmp_path: Path) -> None:
    async def scenario(queue: DecodeQueue, decoder: Decoder) -> None:
        first = await _asked(queue, 0)
        await _until(lambda: len(decoder.begun) == 1)
        leavers = [await _asked(queue, 1), await _asked(queue, 1)]
        last = await _asked(queue, 2)
        for leaver in leavers:
            leaver.cancel()
        decoder.gate.set()
        await asyncio.gather(first, last)
        assert decoder.begun == [_rendition(0), _rendition(2)]

    assert "plic_abandoned_total 1" in _play(settings, tmp_path, scenario).text({})


def test_a_passed_deadline_refuses_and_leaves_the_queue(
    settings: EdgeSettings, tmp_path: Path
) -> None:
    async def scenario(queue: DecodeQueue, decoder: Decoder) -> None:
        tasks = [await _asked(queue, 0), await _asked(queue, 1)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [Busy, Busy]
        assert all(result.retry_after for result in results if isinstance(result, Busy))
        assert queue.length == 0
        decoder.gate.set()
        assert await (await _asked(queue, 2)) == _rendition(2).digest.encode()
        assert _rendition(1) not in decoder.begun

    _play(dataclasses.replace(settings, deadline=0.2), tmp_path, scenario)


def test_a_full_queue_refuses_and_recovers(settings: EdgeSettings, tmp_path: Path) -> None:
    async def scenario(queue: DecodeQueue, decoder: Decoder) -> None:
        tasks = [await _asked(queue, 0)]
        await _until(lambda: len(decoder.begun) == 1)
        tasks += [await _asked(queue, number) for number in (1, 2)]
        with pytest.raises(Busy, match="full") as refusal:
            await queue.render(_rendition(3), "c")
        assert refusal.value.retry_after == 4  # three ahead and its own, a second each
        joined = await _asked(queue, 2)  # joining takes no room
        decoder.gate.set()
        await asyncio.gather(*tasks, joined)
        assert await queue.render(_rendition(3), "c") == _rendition(3).digest.encode()

    _play(dataclasses.replace(settings, queue_size=2), tmp_path, scenario)


def test_a_queue_longer_than_the_deadline_refuses_at_once(
    settings: EdgeSettings, tmp_path: Path
) -> None:
    async def scenario(queue: DecodeQueue, decoder: Decoder) -> None:
        tasks = [await _asked(queue, 0)]
        await _until(lambda: len(decoder.begun) == 1)
        tasks += [await _asked(queue, number) for number in (1, 2, 3)]
        with pytest.raises(Busy, match="full"):  # three of a second each, but 2.5 s of patience
            await queue.render(_rendition(4), "c")
        decoder.gate.set()
        await asyncio.gather(*tasks)

    _play(dataclasses.replace(settings, deadline=2.5), tmp_path, scenario)


def test_one_client_may_only_have_so_many_waiting(settings: EdgeSettings, tmp_path: Path) -> None:
    async def scenario(queue: DecodeQueue, decoder: Decoder) -> None:
        tasks = [await _asked(queue, number, "greedy") for number in (1, 2)]
        with pytest.raises(ClientBusy) as refusal:
            await queue.render(_rendition(3), "greedy")
        assert refusal.value.retry_after
        tasks.append(await _asked(queue, 3, "modest"))
        decoder.gate.set()
        await asyncio.gather(*tasks)
        assert await queue.render(_rendition(4), "greedy")

    _play(dataclasses.replace(settings, client_limit=2), tmp_path, scenario)


def test_a_failed_decode_fails_its_own_waiters_only(settings: EdgeSettings, tmp_path: Path) -> None:
    async def scenario(queue: DecodeQueue, decoder: Decoder) -> None:
        decoder.fails = True
        tasks = [await _asked(queue, 1), await _asked(queue, 1)]
        decoder.gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [DecodeFailed, DecodeFailed]
        decoder.fails = False
        assert await queue.render(_rendition(1), "c")

    _play(settings, tmp_path, scenario)


def test_retry_after_follows_the_recent_decode_time(settings: EdgeSettings, tmp_path: Path) -> None:
    async def scenario(queue: DecodeQueue, decoder: Decoder) -> None:
        decoder.gate.set()
        for number in range(20):
            await queue.render(_rendition(number), "c")
        decoder.gate.clear()
        tasks = [await _asked(queue, 100 + number) for number in range(10)]
        assert queue.retry_after() == 1  # ten decodes of a millisecond
        decoder.gate.set()
        await asyncio.gather(*tasks)

    _play(settings, tmp_path, scenario)
