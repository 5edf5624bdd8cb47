"""Five sites before and after the export, in headless Chromium: the same boxes to the pixel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare_pages import WIDTHS, Seen, differences, static_host, visit
from PIL import Image
from real_sites import Run, export_once

from exporter.demo import running_edge
from exporter.export import export
from exporter.pack_codec import PackCodec

# Those of `make test`; the sites' other pages take as long again and are marked slow.
PAGES = {
    "damac-charity-uganda": ["about.html", "index.html"],
    "html5up-massively": ["massively/index.html"],
    "html5up-story": ["story/index.html"],
    "startbootstrap-agency": ["index.html"],
    "vanilla-lazyload-demos": [
        "demos/image_srcset_sizes.html",
        "demos/picture_type_avif.html",
        "demos/background_images_image-set.html",
    ],
}

# Scripts, and attributes that they make backgrounds of: the exporter leaves their addresses alone.
SCRIPTED = re.compile(r"""(?is)<script\b.*?</script>|data-bg[\w-]*\s*=\s*("[^"]*"|'[^']*')""")
# Grey levels between the means of 4x4 cells: a stand-in blurs, two pictures differ in far more.
SAME_PICTURE = 12

pytestmark = pytest.mark.browser


def other_pages(site: Path) -> list[str]:
    """All pages of a site that are not compared in `make test`."""
    pages = sorted(page.relative_to(site).as_posix() for page in site.rglob("*.html"))
    return [page for page in pages if page not in PAGES[site.name]]


class Comparison:
    """One site and its export, both served, and what the manifest says of its pictures."""

    def __init__(self, browser: Any, site: Path, out: Path, before: str, after: str) -> None:
        self._browser, self._site, self._out = browser, site, out
        self._before, self._after = before, after
        self._manifest = json.loads((out / "_plic" / "manifest.json").read_bytes())

    def differences(self, page: str, width: int, patience: float = 8.0) -> list[str]:
        """All that differs on a page at a width, and pictures that are not as decided."""
        with visit(self._browser, self._before, page, width, patience) as (_, before):
            pass
        with visit(self._browser, self._after, page, width, patience) as (_, after):
            pass
        return [*differences(before, after), *self._not_as_decided(page, before, after)]

    def _not_as_decided(self, page: str, before: Seen, after: Seen) -> Iterator[str]:
        if len(before.elements) != len(after.elements):
            return  # said already
        for old, new in zip(before.elements, after.elements, strict=True):
            if len(old.shown) != len(new.shown):
                yield f"{old.path}: shows {new.shown} instead of {old.shown}"
                continue
            for was, became in zip(old.shown, new.shown, strict=True):
                if wrong := self._judge(page, was, became):
                    yield f"{old.path}: {was} became {became}: {wrong}"

    def _judge(self, page: str, was: str, became: str) -> str:
        """What is wrong with the address that stands in place of another, or ""."""
        if not (self._site / was).is_file():
            return "" if was == became else "an address outside the site"
        conventional = self._manifest["conventional"].get(was)
        if conventional is None:
            return self._judge_payload(page, was, became)
        if conventional["decision"] == "leave":
            return "" if was == became else "decided to be left alone"
        expected = f"_plic/{conventional['file'].removeprefix('_plic/')}"
        return "" if became == expected else f"decided to be {expected}"

    def _judge_payload(self, page: str, was: str, became: str) -> str:
        if was == became:
            named = SCRIPTED.sub("", (self._site / page).read_text())
            return "decided to be a payload" if Path(was).name in named else ""
        prefix, digest, file = became.split("/")
        picture = self._manifest["pictures"].get(digest)
        if prefix != "_plic" or picture is None or not file.endswith(".webp"):
            return "no payload of the manifest"
        with Image.open(self._site / was) as image:
            size, colours = image.size, _colours(image)
        if picture["sizes"].get(file.removesuffix(".webp")) != list(size):
            return f"not of its size {size}"
        with Image.open(self._out / became) as image:
            distance = np.abs(_colours(image) - colours).mean()
        return "another picture" if distance > SAME_PICTURE else ""


def _colours(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB").resize((4, 4), Image.Resampling.BOX), np.float64)


@pytest.fixture
def exported(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, run_once: Run, name: str
) -> tuple[Path, Path]:
    """A site and its export with the fake codec."""
    site = shared / "sites" / name
    return site, export_once(site, tmp_path_factory, run_once)


def compare(browser: Any, site: Path, out: Path, pages: list[str], width: int) -> list[str]:
    """The differences of some pages on a plain static host."""
    with static_host(site) as before, static_host(out) as after:
        comparison = Comparison(browser, site, out, before, after)
        return [f"{page}: {one}" for page in pages for one in comparison.differences(page, width)]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_boxes_console_and_pictures_are_the_same(
    exported: tuple[Path, Path], chromium: Any, name: str, width: int
) -> None:
    site, out = exported
    wrong = compare(chromium, site, out, PAGES[name], width)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_so_are_those_of_all_other_pages(
    exported: tuple[Path, Path], chromium: Any, name: str, width: int
) -> None:
    site, out = exported
    wrong = compare(chromium, site, out, other_pages(site), width)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_boxes_are_the_same_with_the_reconstructions_in(
    shared: Path, tmp_path: Path, chromium: Any
) -> None:
    site, out = shared / "sites" / "html5up-massively", tmp_path / "out"
    export(site, out, PackCodec(), jobs=2, looking=lambda *_: None, encoding=lambda *_: None)
    wrong = []
    with ExitStack() as stack:
        before = stack.enter_context(static_host(site))
        after = stack.enter_context(running_edge(out)).rstrip("/")
        comparison = Comparison(chromium, site, out, before, after)
        for width in WIDTHS:
            # Every reconstruction is made while the page waits for it.
            wrong += comparison.differences("massively/index.html", width, patience=240)
    assert not wrong, "\n".join(wrong)
