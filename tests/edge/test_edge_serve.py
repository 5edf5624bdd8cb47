"""A real edge: gunicorn, several workers, one decode process."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from edge_support import Edge, Export, FakeEngine, StartEdge, wait_until

from plic_web.edge import EdgeSettings
from plic_web.payload import Payload, Section, SectionKind


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _runtime_folder(decoder: int) -> Path:
    return Path(Path(f"/proc/{decoder}/cmdline").read_bytes().split(b"\0")[4].decode())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_starts_answers_and_leaves_nothing_behind(
    start_edge: StartEdge, export: Export, number: int
) -> None:
    edge = start_edge()
    assert edge.line.startswith(f"serving on http://127.0.0.1:{edge.port}/ with fake-1")
    assert edge.get("/readyz")[0] == 200
    status, headers, body = edge.get(export.url())
    assert (status, headers["Content-Type"]) == (200, "image/webp")
    assert int(headers["Content-Length"]) == len(body)
    below = edge.descendants()
    assert len(below) == 3  # two HTTP workers and the decode process
    runtime = _runtime_folder(edge.decoder_pid())
    assert edge.stop(number) == 0
    wait_until(lambda: not any(_alive(pid) for pid in below))
    assert not runtime.exists()


def test_a_killed_edge_leaves_no_orphan(start_edge: StartEdge) -> None:
    edge = start_edge()
    below = edge.descendants()
    runtime = _runtime_folder(edge.decoder_pid())
    edge.process.kill()
    edge.process.wait()
    wait_until(lambda: not any(_alive(pid) for pid in below), 40)
    shutil.rmtree(runtime)  # nobody was left to do it


def _get_many(edge: Edge, urls: list[str]) -> list[tuple[int, dict[str, str], bytes]]:
    with ThreadPoolExecutor(len(urls)) as pool:
        return list(pool.map(edge.get, urls))


def _samples(edge: Edge) -> dict[str, float]:
    lines = edge.get("/metrics")[2].decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_fifty_equal_requests_to_all_workers_are_one_decode(
    start_edge: StartEdge, export: Export, engine: FakeEngine
) -> None:
    engine.tell("seconds", "1")
    edge = start_edge(client_limit=100, threads=80)
    answers = _get_many(edge, [export.url()] * 50)
    assert [status for status, _, _ in answers] == [200] * 50
    assert len({body for _, _, body in answers}) == 1
    assert engine.decodes() == 1
    samples = _samples(edge)
    assert samples['plic_requests_total{route="rendition",status="200"}'] == 50
    hits = samples["plic_cache_hits_total"]
    assert samples["plic_single_flight_joins_total"] + hits == 49
    assert samples["plic_decodes_total"] == 1


def test_overload_is_refused_with_a_time_and_recovers(
    start_edge: StartEdge, export: Export, engine: FakeEngine
) -> None:
    engine.tell("seconds", "0.4")
    edge = start_edge(queue_size=2)
    with ThreadPoolExecutor(12) as pool:
        waiting = [pool.submit(edge.get, export.url(number)) for number in range(12)]
        wait_until(lambda: engine.decodes() > 0)
        began = time.monotonic()
        assert edge.get("/healthz")[0] == 200
        assert edge.get("/readyz")[0] == 200
        assert edge.get("/")[0] == 200
        assert time.monotonic() - began < 0.4  # not behind the queue
        answers = [future.result() for future in waiting]
    refused = [headers for status, headers, _ in answers if status == 503]
    assert len(refused) >= 8
    assert all(1 <= int(headers["Retry-After"]) <= 10 for headers in refused)
    assert all(headers["Cache-Control"] == "no-store" for headers in refused)
    assert sum(status == 200 for status, _, _ in answers) == 12 - len(refused)
    engine.tell("seconds", "0")
    for number in range(12):
        assert edge.get(export.url(number))[0] == 200
    assert _samples(edge)['plic_refused_total{reason="Busy"}'] == len(refused)


def test_one_greedy_client_gets_429(
    start_edge: StartEdge, export: Export, engine: FakeEngine
) -> None:
    engine.tell("seconds", "0.5")
    edge = start_edge(client_limit=2, trusted_proxies=1)
    with ThreadPoolExecutor(6) as pool:
        greedy = [
            pool.submit(edge.get, export.url(number), "GET", {"X-Forwarded-For": "192.0.2.1"})
            for number in range(5)
        ]
        wait_until(lambda: engine.decodes() > 0)
        modest = pool.submit(edge.get, export.url(9), "GET", {"X-Forwarded-For": "192.0.2.2"})
        answers = [future.result() for future in greedy]
        assert modest.result()[0] == 200
    assert sorted(status for status, _, _ in answers) == [200, 200, 429, 429, 429]
    assert all("Retry-After" in headers for status, headers, _ in answers if status == 429)


def test_a_request_past_its_deadline_is_never_decoded(
    start_edge: StartEdge, export: Export, engine: FakeEngine
) -> None:
    engine.tell("seconds", "2.5")
    edge = start_edge(deadline=0.4)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(edge.get, export.url(0))
        wait_until(lambda: engine.decodes() == 1)
        answers = [edge.get(export.url(1)), first.result()]
    assert [status for status, _, _ in answers] == [503, 503]
    assert all("Retry-After" in headers for _, headers, _ in answers)
    wait_until(lambda: _samples(edge)["plic_decodes_total"] == 1)
    assert _samples(edge)["plic_abandoned_total"] == 1
    assert engine.decodes() == 1
    # The work that had begun was kept: the same request later finds it.
    assert _samples(edge)["plic_cache_bytes"] > 0


def test_a_client_that_leaves_takes_its_decode_out_of_the_queue(
    start_edge: StartEdge, export: Export, engine: FakeEngine
) -> None:
    engine.tell("seconds", "0.6")
    edge = start_edge()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(edge.get, export.url(0))
        wait_until(lambda: engine.decodes() == 1)
        leaver = http.client.HTTPConnection("127.0.0.1", edge.port)
        leaver.request("GET", export.url(1))
        wait_until(lambda: _samples(edge)["plic_queue_length"] == 1)
        leaver.close()
        wait_until(lambda: _samples(edge)["plic_abandoned_total"] == 1)
        assert first.result()[0] == 200
    assert edge.get(export.url(2))[0] == 200
    assert engine.decodes() == 2


def test_a_decode_process_that_dies_is_replaced(
    start_edge: StartEdge, export: Export, engine: FakeEngine
) -> None:
    edge = start_edge()
    assert edge.get(export.url(0))[0] == 200
    first = edge.decoder_pid()
    engine.tell("seconds", "5")
    engine.tell("load_seconds", "1")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(edge.get, export.url(1))
        wait_until(lambda: engine.decodes() == 2)
        os.kill(first, signal.SIGKILL)
        status, headers, _ = waiting.result(5)
    assert (status, headers["Retry-After"]) == (503, "2")
    assert edge.get("/readyz")[0] == 503  # the pack is loading again
    assert edge.get("/healthz")[0] == 200
    assert edge.get(export.url(0))[0] == 200  # from the cache, decoder or not
    engine.tell("seconds", "0")
    wait_until(lambda: edge.get("/readyz")[0] == 200)
    assert edge.decoder_pid() != first
    assert edge.get(export.url(1))[0] == 200
    assert _samples(edge)["plic_decodes_total"] == 2  # the first one's count is not lost


def test_a_decode_that_does_not_end_is_given_up(
    start_edge: StartEdge, export: Export, engine: FakeEngine
) -> None:
    engine.tell("seconds", "600")
    edge = start_edge(decode_timeout=1)
    began = time.monotonic()
    assert edge.get(export.url(0))[0] == 503
    assert time.monotonic() - began < 5
    engine.tell("seconds", "0")
    wait_until(lambda: edge.get(export.url(1))[0] == 200)


def test_the_cache_outlives_a_restart(
    start_edge: StartEdge, export: Export, engine: FakeEngine
) -> None:
    edge = start_edge()
    first = edge.get(export.url())
    edge.stop()
    again = start_edge().get(export.url())
    assert again[2] == first[2]
    assert again[1]["ETag"] == first[1]["ETag"]
    assert engine.decodes() == 1


def test_requests_under_way_are_finished_before_the_end(
    start_edge: StartEdge, export: Export, engine: FakeEngine
) -> None:
    engine.tell("seconds", "1")
    edge = start_edge()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(edge.get, export.url())
        wait_until(lambda: engine.decodes() == 1)
        assert edge.stop() == 0
        assert waiting.result()[0] == 200


def test_a_pack_that_cannot_be_loaded_ends_serve_with_its_reason(
    settings: EdgeSettings, export: Export
) -> None:
    code = (
        "import sys; from plic_web.edge import DecoderStartError, EdgeSettings\n"
        "from plic_web.edge.serve import serve\n"
        "try:\n"
        "    serve(EdgeSettings(site=sys.argv[1], engine='fake_engine', pack='broken',"
        " cache_dir=sys.argv[2]), port=0)\n"
        "except DecoderStartError as error:\n"
        "    print(error)\n"
        "    sys.exit(2)\n"
    )
    command = [sys.executable, "-c", code, str(export.root), str(settings.cache_dir)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert "pack broken: pack.json is missing" in ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_picture_that_kills_decoders_is_not_tried_for_ever(
    start_edge: StartEdge, export: Export, engine: FakeEngine
) -> None:
    payload = Payload(122, 80, (Section(SectionKind.BASE, b"\3"),))
    export.add(payload, "poison.jpg")
    engine.tell("die", "122")
    edge = start_edge()
    wait_until(lambda: edge.get(export.url(-1))[0] == 500, 15)
    assert engine.decodes() == 2
    assert edge.get(export.url(0))[0] == 200


def test_half_requests_do_not_hold_the_threads(
    start_edge: StartEdge,
) -> None:
    edge = start_edge(workers=1, threads=4, read_timeout=1)
    address = ("127.0.0.1", edge.port)
    stalled = [socket.create_connection(address) for _ in range(8)]
    try:
        for connection in stalled:
            connection.sendall(b"GET / HT")
        began = time.monotonic()
        assert edge.get("/healthz")[0] == 200
        assert time.monotonic() - began < 10
        assert all(connection.recv(100) == b"" for connection in stalled)
    finally:
        for connection in stalled:
            connection.close()


def test_stopping_does_not_wait_for_a_pack_that_loads(
    start_edge: StartEdge, engine: FakeEngine
) -> None:
    edge = start_edge()
    engine.tell("load_seconds", "60")
    first = edge.decoder_pid()
    os.kill(first, signal.SIGKILL)
    edge.decoder_pid(but=first)
    time.sleep(0.7)  # it has its settings and loads
    began = time.monotonic()
    assert edge.stop() == 0
    assert time.monotonic() - began < 4
