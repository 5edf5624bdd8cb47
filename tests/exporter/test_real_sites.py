"""Five sites that people made, exported whole."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from exporter.export import Result, export
from exporter.pack_codec import PackCodec
from exporter.splice import undo

SITES = [
    "damac-charity-uganda",
    "html5up-massively",
    "html5up-story",
    "startbootstrap-agency",
    "vanilla-lazyload-demos",
]
Run = Callable[..., Result]

# A page per kind of use; the demos with films and frames show no pictures of their own.
BROWSED = {
    "damac-charity-uganda": ["about.html", "index.html", "contact.html"],
    "html5up-massively": ["massively/index.html", "massively/elements.html"],
    "html5up-story": ["story/index.html", "story/index-demo.html"],
    "startbootstrap-agency": ["index.html"],
    "vanilla-lazyload-demos": [
        "demos/image_basic.html",
        "demos/image_srcset_sizes.html",
        "demos/picture_type_avif.html",
        "demos/background_images_image-set.html",
    ],
}


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def exports(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Run], Path]:
    """Each site exported once, with the fake codec."""
    folder = tmp_path_factory.mktemp("sites")

    def once(name: str, run: Run) -> Path:
        if not (folder / name).exists():
            run(shared / "sites" / name, folder / name)
        return folder / name

    return once


@pytest.mark.parametrize("name", SITES)
def test_only_the_edits_differ_and_a_second_run_changes_nothing(
    shared: Path, exports: Callable[[str, Run], Path], run: Run, name: str
) -> None:
    site, out = shared / "sites" / name, exports(name, run)
    before, after = tree(site), tree(out)
    edits = json.loads(after["_plic/edits.json"])
    for path, data in before.items():
        assert undo(edits.get(path, []), after[path]) == data
        assert (path in edits) == (after[path] != data)
    run(site, out)
    assert tree(out) == after


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Visit:
    """What a browser finds on the pages of a folder, served plainly."""

    def __init__(self, browser: Any, folder: Path) -> None:
        self._context = browser.new_context(viewport={"width": 1280, "height": 900})
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._root = f"http://127.0.0.1:{self._server.server_port}/"

    def page(self, path: str) -> tuple[list[str], list[list[Any]], int]:
        """Files not found, natural and laid-out size of each `img`, and the page's height."""
        page = self._context.new_page()
        missing: list[str] = []

        def note(answer: Any) -> None:
            if answer.status >= 400:
                missing.append(answer.url.removeprefix(self._root))

        page.on("response", note)
        page.goto(self._root + path, wait_until="load")
        page.evaluate(_SCROLL)
        sizes = page.evaluate(_SIZES)
        height = page.evaluate("document.documentElement.scrollHeight")
        page.close()
        return sorted(set(missing)), sizes, height

    def close(self) -> None:
        self._context.close()
        self._server.shutdown()
        self._server.server_close()


# Lazy loaders give a picture up that leaves the window before it is there: wait at every step.
_SCROLL = """async () => {
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  const pending = (image) => {
    const box = image.getBoundingClientRect();
    return !image.complete && box.bottom > 0 && box.top < innerHeight;
  };
  for (let y = 0; y <= document.documentElement.scrollHeight; y += 500) {
    scrollTo(0, y);
    await wait(60);
    for (let tries = 0; tries < 50 && [...document.images].some(pending); tries++) await wait(20);
  }
  for (const image of document.images) image.loading = 'eager';
  const all = () => [...document.images].every((image) => image.complete);
  for (let tries = 0; tries < 100 && !all(); tries++) await wait(20);
  await wait(100);
}"""
_SIZES = """() => [...document.images].map((image) => [
  image.naturalWidth, image.naturalHeight, image.clientWidth, image.clientHeight])"""


@pytest.mark.browser
@pytest.mark.parametrize("name", SITES)
def test_a_browser_finds_no_broken_link_and_the_same_sizes(
    shared: Path, exports: Callable[[str, Run], Path], run: Run, chromium: Any, name: str
) -> None:
    before = Visit(chromium, shared / "sites" / name)
    after = Visit(chromium, exports(name, run))
    try:
        for path in BROWSED[name]:
            assert after.page(path) == before.page(path)
    finally:
        before.close()
        after.close()


@pytest.mark.slow
def test_a_site_with_the_shipped_pack(shared: Path, tmp_path: Path) -> None:
    codec = PackCodec()
    site = shared / "sites" / "html5up-massively"
    results = [
        export(site, out, codec, jobs=2, looking=lambda *_: None, encoding=lambda *_: None)
        for out in (tmp_path / "one", tmp_path / "two")
    ]
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    total = results[0].figures.total
    assert total.to_edge < total.to_reader < total.before
    for picture in results[0].converted.pictures.values():
        assert picture.profile == "spr"
        assert len(picture.payload) < 2000
