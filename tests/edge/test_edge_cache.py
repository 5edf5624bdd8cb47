"""The disk cache: bound, order, torn files, several processes."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import time
from pathlib import Path

import pytest

from plic_web.edge.cache import DiskCache

LIMIT = 10_000


def _key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def _files(folder: Path) -> list[Path]:
    return list(folder.glob("??/*"))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder))


def test_gives_back_what_was_put_also_after_a_restart(tmp_path: Path) -> None:
    DiskCache(tmp_path / "a" / "b", LIMIT).put(_key(1), b"picture")
    again = DiskCache(tmp_path / "a" / "b", LIMIT)
    assert again.get(_key(1)) == b"picture"
    assert again.get(_key(2)) is None
    assert again.total() == _bytes(again.folder)


def test_never_exceeds_its_bound_and_drops_the_least_recently_used(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, LIMIT)
    for number in range(9):
        cache.put(_key(number), bytes(1000))
        os.utime(cache._path(_key(number)), (number, number))
    assert cache.get(_key(0)) is not None  # used now: no longer the oldest
    for number in range(9, 12):
        cache.put(_key(number), bytes(1000))
        assert _bytes(tmp_path) <= LIMIT
        assert cache.total() == _bytes(tmp_path)
    assert cache.get(_key(1)) is None
    assert cache.get(_key(0)) is not None
    assert cache.get(_key(11)) is not None


def test_a_number_lost_in_a_crash_is_counted_again(tmp_path: Path) -> None:
    for left in (b"", b"no number", b"0"):
        for number in range(9):
            DiskCache(tmp_path, LIMIT).put(_key(number), bytes(1000))
        (tmp_path / "lock").write_bytes(left)
        DiskCache(tmp_path, LIMIT).put(_key(9), bytes(1000))
        assert _bytes(tmp_path) <= LIMIT


def test_replacing_a_picture_counts_it_once(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, LIMIT)
    for _ in range(30):
        cache.put(_key(1), bytes(1000))
    assert cache.total() == _bytes(tmp_path) == 1032


def test_what_exceeds_the_whole_bound_is_not_kept(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, LIMIT)
    cache.put(_key(1), b"small")
    cache.put(_key(2), bytes(LIMIT))
    cache.put(_key(3), b"")
    assert cache.get(_key(1)) == b"small"
    assert cache.get(_key(2)) is cache.get(_key(3)) is None


@pytest.mark.parametrize("left", [b"", b"plic", b"\0" * 39])
def test_a_torn_file_is_a_miss_and_goes(tmp_path: Path, left: bytes) -> None:
    cache = DiskCache(tmp_path, LIMIT)
    cache.put(_key(1), b"picture")
    cache._path(_key(1)).write_bytes(left)
    assert cache.get(_key(1)) is None
    assert not cache._path(_key(1)).exists()


def test_every_cut_and_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, LIMIT)
    cache.put(_key(1), b"picture")
    path = cache._path(_key(1))
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        assert cache.get(_key(1)) is None
        path.write_bytes(whole[:cut] + bytes([whole[cut] ^ 1]) + whole[cut + 1 :])
        assert cache.get(_key(1)) is None
    path.write_bytes(whole)
    assert cache.get(_key(1)) == b"picture"


def test_a_full_disk_is_logged_not_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cache = DiskCache(tmp_path, LIMIT)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    cache.put(_key(1), b"picture")
    assert cache.get(_key(1)) is None
    assert "No space left on device" in caplog.text
    assert not list(tmp_path.glob("new-*"))


def test_keys_cannot_name_other_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 hex digits"):
        DiskCache(tmp_path, LIMIT).get("../../../../etc/passwd")


def test_remains_of_a_dead_writer_are_cleared(tmp_path: Path) -> None:
    stale, fresh = tmp_path / "new-stale", tmp_path / "new-fresh"
    stale.touch()
    fresh.touch()
    hours_ago = time.time() - 7200
    os.utime(stale, (hours_ago, hours_ago))
    DiskCache(tmp_path, LIMIT).put(_key(1), b"picture")
    assert (stale.exists(), fresh.exists()) == (False, True)


def _hammer(folder: Path, seed: int) -> None:
    cache = DiskCache(folder, LIMIT)
    for step in range(60):
        number = (seed * 7 + step) % 25
        body = bytes([number]) * (500 + number)
        cache.put(_key(number), body)
        assert cache.get(_key(number)) in (None, body)


def test_several_processes_share_one_folder(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_hammer, args=(tmp_path, seed)) for seed in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert _bytes(tmp_path) <= LIMIT
    assert not list(tmp_path.glob("new-*"))
