"""A page with every way to show a picture: each ends as the manifest says."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.parsers import expat

import pytest

from exporter.export import Result
from exporter.splice import undo

HERE = Path(__file__).parent
FILES = (
    "index.html", "page.xhtml", "style.css", "imported.css", "imported-too.css", "embedded.svg",
    "shown.svg",
)  # fmt: skip
_NAMED = re.compile(r"\?((?:edited|named|silent)-[a-z-]+)")


@pytest.fixture(scope="module")
def folders(
    tmp_path_factory: pytest.TempPathFactory, run_once: Callable[..., Result]
) -> tuple[Path, Path]:
    """The site and its export."""
    folder = tmp_path_factory.mktemp("constructs")
    site, out = folder / "site", folder / "out"
    shutil.copytree(HERE / "constructs", site)
    shutil.copy(HERE / "site" / "images" / "dress-360.jpg", site / "p.jpg")
    shutil.copy(HERE / "site" / "images" / "shorts.webp", site / "only-scripted.jpg")
    run_once(site, out)
    return site, out


def names(folder: Path) -> list[str]:
    return [name for file in FILES for name in _NAMED.findall((folder / file).read_text())]


def plic(out: Path, name: str) -> Any:
    return json.loads((out / "_plic" / name).read_bytes())


def test_every_address_ends_as_its_name_says(folders: tuple[Path, Path]) -> None:
    site, out = folders
    before, after = names(site), names(out)
    assert len(before) == len(set(before)) > 110
    assert after == [name for name in before if not name.startswith("edited")]
    left = {
        name: entry["reason"]
        for entry in plic(out, "manifest.json")["left_alone"]
        for name in _NAMED.findall(entry["address"])
    }
    assert sorted(left) == sorted(name for name in before if name.startswith("named"))
    assert all(left.values())


def test_every_edit_leads_to_the_picture_that_was_there(folders: tuple[Path, Path]) -> None:
    site, out = folders
    ((digest, picture),) = plic(out, "manifest.json")["pictures"].items()
    assert picture["original"] == "p.jpg"
    changed = 0
    for file, edits in plic(out, "edits.json").items():
        data = (out / file).read_bytes()
        assert undo(edits, data) == (site / file).read_bytes()
        for offset, length, original in edits:
            written = data[offset : offset + length].decode()
            if _NAMED.search(original):
                assert written.removeprefix("/") == f"_plic/{digest}/360.webp"
                changed += 1
            else:
                assert written == "image/webp" or written.startswith(("<link", 'loading="lazy" '))
    assert changed == sum(name.startswith("edited") for name in names(site))


def test_xhtml_stays_well_formed(folders: tuple[Path, Path]) -> None:
    for folder in folders:
        expat.ParserCreate().Parse((folder / "page.xhtml").read_bytes(), True)


def test_the_rest_is_named_too(folders: tuple[Path, Path]) -> None:
    _, out = folders
    left = {entry["file"]: entry["reason"] for entry in plic(out, "manifest.json")["left_alone"]}
    assert "script" in left["only-scripted.jpg"]
    assert "p.jpg" not in left
    assert (out / "only-scripted.jpg").is_file()


def test_what_authors_set_stays(folders: tuple[Path, Path]) -> None:
    page = (folders[1] / "index.html").read_text()
    for kept in (
        '<img class="c" style="color: red" sizes="50vw" fetchpriority="low" loading="eager" src=',
        'webp 1x" fetchpriority="high">',
        "<form><INPUT TYPE=Image SRC=_plic/",
    ):
        assert kept in page


_SHOWN = """() => [
  ...document.querySelectorAll('video, input[type=image], svg, body > img, object')
].map((element) => { const box = element.getBoundingClientRect();
    return [element.localName, box.width, box.height]; })"""


@pytest.mark.browser
def test_a_browser_shows_all_of_them_in_the_same_places(
    folders: tuple[Path, Path], chromium: Any
) -> None:
    (before, asked_before), (after, asked_after) = (_visit(chromium, f) for f in folders)
    assert after == before
    assert {"video", "input", "svg", "img", "object"} <= {name for name, *_ in after}
    assert [path for path, status in asked_after.items() if status == 404] == [
        path for path, status in asked_before.items() if status == 404
    ]
    assert any(path.endswith("/360.webp") for path in asked_after)
    assert "p.jpg" in asked_before


_SHOWN_IN_XHTML = """() => [
  document.contentType,
  document.querySelector('p > img').naturalWidth,
  document.querySelector('iframe').contentDocument.querySelector('img').naturalWidth,
]"""


@pytest.mark.browser
def test_an_xhtml_page_and_its_script_work(folders: tuple[Path, Path], chromium: Any) -> None:
    asked: dict[str, int] = {}
    page = chromium.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/*", functools.partial(_serve, folders[1], asked))
    page.goto("http://h.example/page.xhtml", wait_until="load")
    page.wait_for_selector("details.plic")
    assert page.evaluate(_SHOWN_IN_XHTML) == ["application/xhtml+xml", 360, 360]
    page.close()
    assert errors == []
    assert any(path.endswith(".bases") for path, status in asked.items() if status == 200)


def _visit(browser: Any, folder: Path) -> tuple[list[Any], dict[str, int]]:
    """Name and size of the elements of a folder's front page; what was asked for, with status."""
    asked: dict[str, int] = {}

    page = browser.new_page()
    page.route("**/*", functools.partial(_serve, folder, asked))
    page.goto("http://h.example/", wait_until="load")
    shown = page.evaluate(_SHOWN)
    page.close()
    return shown, asked


def _serve(folder: Path, asked: dict[str, int], route: Any) -> None:
    """Answer a browser's request for one of a folder's files and note it."""
    path = unquote(re.sub(r"^https?://h\.example/|\?.*", "", route.request.url))
    path = path.lower() or "index.html"  # a host that does not tell case, as the page expects
    asked[path] = 200 if (folder / path).is_file() else 404
    if asked[path] == 200:
        route.fulfill(path=folder / path)
    else:
        route.fulfill(status=404)
