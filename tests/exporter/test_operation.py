"""Running `plic export` again, checking, watching, failing, being killed."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fake_codec import FakeCodec
from PIL import Image

from exporter.cli import export
from exporter.exchange import exchange
from exporter.folder import FolderError, replacing
from exporter.lock import locked
from exporter.watch import watch

TESTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def fake_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "exporter.operation.PackCodec", lambda asked: FakeCodec(settings=str(asked))
    )
    monkeypatch.setattr("exporter.policy.find_marks", lambda *_, **__: [])  # which takes its time


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A site of one page and two photos."""
    folder = tmp_path / "small"
    shutil.copytree(TESTS / "site" / "images", folder / "images")
    (folder / "index.html").write_text(
        '<!doctype html><html><head><title>x</title></head><body><img src="images/dress-360.jpg" '
        'alt=""><img src="images/shorts.webp" alt=""></body></html>'
    )
    return folder


def plic(*arguments: object) -> Result:
    words = [str(argument) for argument in arguments]
    return CliRunner().invoke(export, [*words, "--jobs", "1"])


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def manifest(out: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((out / "_plic" / "manifest.json").read_bytes())
    return content


def test_nothing_is_done_twice(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    first = json.loads(plic(small, "--out", out, "--json").stdout)
    assert first["written"] is True
    made = out.stat().st_ino
    monkeypatch.setattr("exporter.operation.export", None)  # not called
    again = plic(small, "--out", out)
    assert again.stdout.startswith("nothing to do, the output is up to date: 2 payloads on 1 pages")
    assert json.loads(plic(small, "--out", out, "--json").stdout) == first | {"written": False}
    assert out.stat().st_ino == made


def _replace(path: str, data: bytes) -> Callable[[Path, Path], None]:
    def change(site: Path, out: Path) -> None:
        (site.parent / path).parent.mkdir(exist_ok=True)
        (site.parent / path).write_bytes(data)

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_replace("small/new.txt", b""), "new.txt was added since the export"),
        (_replace("small/index.html", b"<html>"), "index.html was changed since the export"),
        (lambda site, out: (site / "images" / "shorts.webp").unlink(), "was deleted since"),
        (lambda site, out: (site / "in").symlink_to("images"), "in was added since"),
        (_replace("out/index.html", b"x"), "out/index.html was changed by others"),
        (_replace("out/added", b"x"), "out/added was added by others"),
        (lambda site, out: (out / "images/shorts.webp").unlink(), "was deleted by others"),
        (_replace("out/_plic/cache.json", b"{}"), "holds no export of this version"),
        (lambda site, out: shutil.rmtree(out), "holds no export of this version"),
        (_replace("small/plic.toml", b"quality = 0.2"), "'quality' was 0.35, now it is 0.2"),
        (_replace("small/plic.toml", b"bpp = 0.1"), "'bpp' was not set, now it is 0.1"),
        (_replace("small/plic.toml", b"exclude = ['x']"), "the setting 'exclude' has changed"),
    ],
)
def test_check_says_what_is_stale(
    small: Path, tmp_path: Path, change: Callable[[Path, Path], None], words: str
) -> None:
    out = tmp_path / "out"
    assert plic(small, "--out", out).exit_code == 0
    result = plic(small, "--out", out, "--check")
    assert (result.exit_code, result.stdout) == (0, f"{out} is up to date\n")
    change(small, out)
    before = tree(tmp_path)
    result = plic(small, "--out", out, "--check")
    assert result.exit_code == 1
    assert words in result.stdout
    assert len(result.stdout.splitlines()) == 1
    assert tree(tmp_path) == before
    assert json.loads(plic(small, "--out", out, "--check", "--json").stdout)["stale"]
    assert plic(small, "--out", out).exit_code == 0
    assert plic(small, "--out", out, "--check").exit_code == 0


def test_many_differences_are_still_one_line(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    plic(small, "--out", out)
    for number in range(5):
        (small / f"{number}.txt").write_text("x")
    line = plic(small, "--out", out, "--check").stdout
    assert line.startswith("stale: 0.txt was added since the export; 1.txt was")
    assert line.endswith("; 2 more\n")


def test_another_pack_or_version_makes_stale(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plic(small, "--out", tmp_path / "out")
    monkeypatch.setattr("exporter.operation.PackCodec", lambda asked: FakeCodec(settings="new"))
    assert "another pack" in plic(small, "--out", tmp_path / "out", "--check").stdout


def test_modes_exclude_one_another(small: Path, tmp_path: Path) -> None:
    result = plic(small, "--out", tmp_path / "out", "--check", "--watch")
    assert (result.exit_code, "only one at a time" in result.stderr) == (2, True)


def test_bad_configuration_is_one_line_and_writes_nothing(small: Path, tmp_path: Path) -> None:
    (small / "plic.toml").write_text("tries = 0")
    for extra in ((), ("--dry-run",), ("--check",)):
        result = plic(small, "--out", tmp_path / "out", *extra)
        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
        assert "plic.toml: tries: expected a whole number" in result.stderr
    assert not (tmp_path / "out").exists()
    result = plic(small, "--out", tmp_path / "out", "--quality", "best")
    assert (result.exit_code, "expected low, medium, high" in result.stderr) == (2, True)


def test_the_configuration_is_no_content_and_takes_effect(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (small / "plic.toml").write_text('[[pictures]]\nmatch = "images/*.webp"\naction = "leave"\n')
    assert plic(small, "--out", out).exit_code == 0
    assert not (out / "plic.toml").exists()
    assert [entry["source"] for entry in manifest(out)["pictures"].values()] == [
        "images/dress-360.jpg"
    ]
    (small / "plic.toml").write_text('exclude = ["images/dress*"]\n')
    assert plic(small, "--out", out).exit_code == 0
    assert [entry["source"] for entry in manifest(out)["pictures"].values()] == [
        "images/shorts.webp"
    ]


def test_dropped_originals_are_those_that_nothing_names(small: Path, tmp_path: Path) -> None:
    for name in ("link", "script", "feed", "wide", "plain", "1"):
        shutil.copy(small / "images" / "dress-360.jpg", small / "images" / f"{name} é.jpg")
        with Image.open(small / "images" / f"{name} é.jpg") as image:
            image.rotate(90).save(small / "images" / f"{name} é.jpg")
    names = ("link", "script", "feed", "wide", "plain", "1")
    (small / "more.html").write_text(
        "<!doctype html><title>x</title>"
        + "".join(f'<img src="images/{name} é.jpg" alt="">' for name in names)
        + '<a href="images/link%20%C3%A9.jpg">x</a>'
    )
    (small / "a.js").write_text('show("../IMAGES/script \\u00e9.JPG")')
    (small / "feed.xml").write_text("<a>images/feed &#233;.jpg?x</a>")
    (small / "wide.txt").write_text("see wide é.jpg and x1 é.jpg", "utf-16")
    out = tmp_path / "out"
    assert plic(small, "--out", out, "--originals", "drop").exit_code == 0
    left = {path.name for path in (out / "images").iterdir()}
    assert {f"{name} é.jpg" for name in ("link", "script", "feed", "wide")} <= left
    assert not {"plain é.jpg", "1 é.jpg", "dress-360.jpg", "shorts.webp"} & left
    found = manifest(out)
    assert found["originals"] == "drop"
    assert {entry["original"] for entry in found["pictures"].values()} == {""}
    page = found["pages"]["index.html"]
    assert b"dress-360" not in (out / "_plic" / page["bundle"]).read_bytes()
    assert ".plic label{display:none}" in (out / "_plic" / page["stylesheet"]).read_text()
    assert plic(small, "--out", out, "--originals", "drop", "--check").exit_code == 0
    assert plic(small, "--out", out, "--check").exit_code == 1


def test_originals_elsewhere(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (small / "images" / "dress-360.jpg").rename(small / "images" / "a b.jpg")
    (small / "index.html").write_text('<!doctype html><title>x</title><img src="images/a b.jpg">')
    assert plic(small, "--out", out, "--originals", "https://media.example/x").exit_code == 0
    assert not (out / "images" / "a b.jpg").exists()
    (picture,) = manifest(out)["pictures"].values()
    address = "https://media.example/x/images/a%20b.jpg"
    assert (picture["original"], picture["source"]) == (address, "images/a b.jpg")
    bundle = (out / "_plic" / manifest(out)["pages"]["index.html"]["bundle"]).read_bytes()
    assert address.encode() in bundle
    assert f'href="{address}"' in (out / "_plic" / "report.html").read_text()


def _bad_files(site: Path) -> dict[str, str]:
    """Put in what a site should not have; a word of each complaint by file."""
    images = site / "images"
    (site / "away.jpg").symlink_to("/etc/hostname")
    (images / "empty.jpg").write_bytes(b"")
    (images / "folder.jpg").mkdir()
    photo = (images / "dress-360.jpg").read_bytes()
    (images / "cut.jpg").write_bytes(photo[: len(photo) // 2])
    file = io.BytesIO()
    Image.new("L", (300, 200), 90).save(file, "PNG")
    for name, side in (("bomb", 30_000), ("large", 8_000), ("lying", 3_000)):
        png = bytearray(file.getvalue())
        png[16:24] = side.to_bytes(4, "big") * 2
        png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
        (images / f"{name}.png").write_bytes(png)
    (site / "odd.html").write_bytes(b"<!doctype html><meta charset=klingon><img src=x.jpg>")
    names = ("empty.jpg", "folder.jpg", "cut.jpg", "bomb.png", "large.png", "lying.png", "gone.jpg")
    (site / "bad.html").write_text(
        "<!doctype html><title>x</title>" + "".join(f"<img src=images/{n}>" for n in names)
    )
    return {
        "away.jpg": "out of the site",
        "images/empty.jpg": "cannot be decoded",
        "bad.html: images/folder.jpg": "no such file",
        "images/cut.jpg": "cannot be decoded",
        "images/bomb.png": "cannot be decoded",
        "images/large.png": "at most 40 megapixels",
        "images/lying.png": "cannot be decoded",
        "bad.html: images/gone.jpg": "no such file",
        "odd.html": "unknown encoding",
    }


def test_strict_names_all_that_is_wrong_and_writes(small: Path, tmp_path: Path) -> None:
    bad = _bad_files(small)
    out = tmp_path / "out"
    strict = plic(small, "--out", out, "--strict")
    assert strict.exit_code == 1
    lines = [line for line in strict.stderr.splitlines() if line.startswith("plic export: ")]
    for file, words in bad.items():
        told = [line for line in lines if line.startswith(f"plic export: {file}: ")]
        assert [words in line for line in told] == [True], lines
    assert len(lines) == len(bad)
    assert manifest(out)["pictures"]
    assert plic(small, "--out", out, "--strict").exit_code == 1  # with nothing to do, too
    loose = plic(small, "--out", out)
    assert loose.exit_code == 0
    assert f"{len(bad)} files or addresses could not be read" in loose.stderr
    faults = json.loads(plic(small, "--out", out, "--json").stdout)["faults"]
    assert len(faults) == len(bad)


def test_a_clean_site_passes_strict(small: Path, tmp_path: Path) -> None:
    (small / "index.html").write_text(
        (small / "index.html").read_text() + "<a href=images/dress-180.jpg>x</a>"
        '<img data-plic=off src=images/dress-180.jpg><link rel=icon href="favicon.ico">'
    )
    result = plic(small, "--out", tmp_path / "out", "--strict")
    assert (result.exit_code, "plic export" in result.stderr) == (0, False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_without_permission_are_refused(small: Path, tmp_path: Path) -> None:
    (small / "secret.txt").write_text("x")
    (small / "secret.txt").chmod(0)
    result = plic(small, "--out", tmp_path / "out", "--strict")
    assert (result.exit_code, "secret.txt: cannot be read" in result.stderr) == (1, True)


def test_two_exports_to_one_folder(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with locked(out), pytest.raises(FolderError, match=f"process {os.getpid()}"), locked(out):
        pass
    with locked(out):
        result = plic(small, "--out", out)
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
        assert "another export" in result.stderr
    (tmp_path / ".out.plic-lock").write_text("1\n")  # left by a process that was killed
    assert plic(small, "--out", out).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "small"]


def _started(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A process that exports with a fake codec; `code` may change what it finds slow."""
    program = f"""
        import sys, time
        sys.path.insert(0, {str(TESTS)!r})
        import exporter.operation as operation
        from exporter.cli import export
        from fake_codec import FakeCodec
        import exporter.policy
        operation.PackCodec = lambda asked: FakeCodec(settings=str(asked))
        exporter.policy.find_marks = lambda *_, **__: []
    """
    program = textwrap.dedent(program) + textwrap.dedent(code) + "\nexport()\n"
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments), "--jobs", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


_STOPS_WHILE_WRITING = """
import exporter.export as module
real = module._write
def slow(*arguments):
    real(*arguments)
    print("written", flush=True)
    time.sleep(60)
module._write = slow
"""
_STOPS_WHILE_ENCODING = """
import exporter.payloads
def slow(*arguments):
    print("encoding", flush=True)
    time.sleep(60)
FakeCodec.choose = slow
"""


@pytest.mark.parametrize("code", [_STOPS_WHILE_WRITING, _STOPS_WHILE_ENCODING])
def test_a_killed_export_leaves_the_last_good_output(
    small: Path, tmp_path: Path, code: str
) -> None:
    out = tmp_path / "out"
    assert plic(small, "--out", out).exit_code == 0
    before = tree(out)
    for name in ("first", "second"):
        with Image.open(small / "images" / "shorts.webp") as image:
            image.rotate(180).save(small / "images" / "shorts.webp")
        (small / f"{name}.txt").write_text(name)
        process = _started(code, small, "--out", out)
        assert process.stdout is not None
        assert process.stdout.readline()
        process.kill()
        process.communicate()
        assert tree(out) == before
        # One unfinished output and one lock at most, however many exports are killed.
        assert len(list(tmp_path.iterdir())) <= 4
    assert plic(small, "--out", out).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "small"]
    assert (out / "second.txt").exists()


def test_a_full_disk_leaves_the_last_good_output(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    plic(small, "--out", out)
    before = tree(out)
    (small / "new.txt").write_text("x")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    for place in ("exporter.export.copy_site", "exporter.export.output_state"):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            result = plic(small, "--out", out)
        assert result.exit_code == 2
        assert f"{out}: No space left on device" in result.stderr
        assert tree(out) == before
        assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "small"]


@pytest.mark.parametrize("can_exchange", [True, False])
def test_the_output_is_replaced_on_every_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr("exporter.folder.exchange", lambda *_: False)
    out = tmp_path / "out"
    for name in ("first", "second"):
        with replacing(out) as folder:
            (folder / name).write_text(name)
        assert tree(out) == {name: name.encode()}
        assert list(tmp_path.iterdir()) == [out]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has renameat2")
def test_folders_are_exchanged_in_one_step(tmp_path: Path) -> None:
    one, other = tmp_path / "one é", tmp_path / "other"
    one.mkdir()
    assert not exchange(one, other)
    other.mkdir()
    (one / "a").touch()
    if exchange(one, other):  # not every file system can
        assert [path.name for path in other.iterdir()] == ["a"]
        assert not list(one.iterdir())


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, list[int], threading.Event]]:
    """A folder under watch, the times that something was done, and what is waited for."""
    folder = tmp_path / "watched"
    folder.mkdir()
    (folder / "a").write_text("1")
    done: list[int] = []
    acted, stop = threading.Event(), threading.Event()

    def act() -> None:
        done.append(len(list(folder.iterdir())))
        acted.set()

    thread = threading.Thread(
        target=watch,
        args=(folder, [tmp_path / "plic.toml"], act, stop),
        kwargs={"interval": 0.02, "settled": 0.05},
    )
    thread.start()
    yield folder, done, acted
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_watch_acts_on_every_kind_of_change(
    watched: tuple[Path, list[int], threading.Event],
) -> None:
    folder, done, acted = watched
    changes: list[Callable[[], object]] = [
        lambda: None,
        lambda: (folder / "b").write_text("1"),
        lambda: (folder / "a").write_text("22"),
        lambda: (folder / "a").unlink(),
        lambda: (folder.parent / "plic.toml").write_text("strict = true"),
        lambda: (folder / "sub").mkdir(),
    ]
    for count, change in enumerate(changes, start=1):
        change()
        assert acted.wait(5)
        acted.clear()
        assert len(done) == count
    (folder / ".git").mkdir()
    time.sleep(0.3)
    quiet = len(done)
    (folder / ".git" / "index").write_text("x")
    time.sleep(0.3)
    assert len(done) == quiet


def test_watch_exports_again_survives_errors_and_ends_quietly(small: Path, tmp_path: Path) -> None:
    process = _started("", small, "--out", tmp_path / "out", "--watch")
    assert process.stdout is not None
    assert "2 payloads on 1 pages" in process.stdout.readline()
    (small / "plic.toml").write_text("tries = 0")
    time.sleep(3)
    (small / "plic.toml").write_text('[[pictures]]\nmatch = "**/*.webp"\naction = "leave"')
    assert "1 payloads on 1 pages" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "tries: expected a whole number" in errors
    assert "Traceback" not in errors
