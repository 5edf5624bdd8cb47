"""Opens an exported site in headless Chromium, as readers do, and says what is not right."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

#: Milliseconds for everything that one page waits for, its decodes included.
PATIENCE = 180_000

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What an exported page shows must come from the edge alone.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_RENDITION = re.compile(r"/_plic/([0-9a-f]{16})/(\d+)\.(?:webp|avif)$")

_COUNT_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.hadRecentInput ? 0 : entry.value;
}).observe({ type: 'layout-shift', buffered: true });
"""
_SCROLL = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}"""
_ALL_SHOWN = "() => [...document.images].every((img) => img.complete && img.naturalWidth)"
# The addresses of all pictures that the page shows, backgrounds included.
_SHOWN = """() => [
  ...[...document.images].map((img) => img.currentSrc),
  ...[...document.querySelectorAll('*')].flatMap((element) =>
    [...getComputedStyle(element).backgroundImage.matchAll(/url\\("([^"]*)"\\)/g)].map(
      (found) => found[1])),
]"""


class BrowserMissingError(RuntimeError):
    """There is no Chromium, or no playwright to drive it; the message says what to install."""


@dataclass(frozen=True)
class Reader:
    """A kind of reader: screen size in CSS pixels, and whether scripts run."""

    name: str
    width: int
    height: int
    scripts: bool = True


READERS = (
    Reader("desktop", 1280, 900),
    Reader("phone", 360, 740),
    Reader("no JavaScript", 1280, 900, scripts=False),
)


@dataclass
class Check:
    """What was seen.

    Attributes:
        reconstructed: digests of the pictures that came reconstructed, of the right size.
        wrong: sentences, one for each thing that is not as it should be.
    """

    reconstructed: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium, closed at the end.

    Raises:
        BrowserMissingError: see there.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise BrowserMissingError("needs playwright: pip install playwright") from None
    with sync_playwright() as playwright:
        installed = filter(None, map(shutil.which, _NAMES))
        executable = next(installed, playwright.chromium.executable_path)
        if not Path(executable).exists():
            raise BrowserMissingError(
                f"none of {', '.join(_NAMES)} on the path; tools/browser.sh installs one"
            )
        browser = playwright.chromium.launch(executable_path=executable, args=list(_OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


def check_site(browser: Browser, address: str, manifest: dict[str, Any]) -> Check:
    """Visit every page as every reader, and look at every picture.

    Args:
        address: of the edge, without a slash at the end.
        manifest: the export's `_plic/manifest.json`.
    """
    check = Check()
    shown: dict[tuple[str, int], set[str]] = {}
    for reader in READERS:
        for page in manifest["pages"]:
            where = f"{page} ({reader.name})"
            seen = _visit(browser, f"{address}/{page}", reader, where, check)
            if reader.scripts:
                shown[page, reader.width] = seen.shown
            expected = shown[page, reader.width]
            _judge(expected, seen.answers, where, manifest, check)
    for digest in sorted(set(manifest["pictures"]) - check.reconstructed):
        original = manifest["pictures"][digest]["original"]
        check.wrong.append(f"{original}: no page showed its reconstruction ({digest})")
    return check


@dataclass(frozen=True)
class _Answer:
    status: int
    reconstructed: bool
    size: tuple[int, int] | None


@dataclass
class _Seen:
    """Attributes: what a page shows, and by address how each was answered last."""

    shown: set[str] = field(default_factory=set)
    answers: dict[str, _Answer] = field(default_factory=dict)


def _visit(browser: Browser, url: str, reader: Reader, where: str, check: Check) -> _Seen:
    """Open one page, scroll to its end and wait for its pictures."""
    from playwright.sync_api import Error

    seen = _Seen()
    responses: dict[str, Response] = {}
    context = browser.new_context(
        viewport={"width": reader.width, "height": reader.height},
        java_script_enabled=reader.scripts,
    )
    context.set_default_timeout(PATIENCE)
    try:
        page = context.new_page()
        page.on("response", lambda response: responses.update({response.url: response}))
        page.on("pageerror", lambda error: check.wrong.append(f"{where}: script error: {error}"))
        if reader.scripts:
            page.add_init_script(_COUNT_SHIFTS)
        # Without scripts nothing is put off: the load event waits for every picture.
        page.goto(url, wait_until="load")
        if reader.scripts:
            seen.shown = _read(page, where, check)
        seen.answers = {
            address: _answer(response)
            for address, response in list(responses.items())
            if _RENDITION.search(address)
        }
    except Error as error:
        check.wrong.append(f"{where}: {error.message.splitlines()[0]}")
    finally:
        context.close()
    return seen


def _answer(response: Response) -> _Answer:
    size = None
    if response.ok:
        with Image.open(io.BytesIO(response.body())) as image:
            image.load()
            size = image.size
    return _Answer(response.status, "x-plic" in response.headers, size)


def _read(page: Page, where: str, check: Check) -> set[str]:
    """Scroll through the page; the addresses of the reconstructed pictures that it shows."""
    page.evaluate(_SCROLL)
    page.wait_for_function(_ALL_SHOWN)
    page.wait_for_load_state("networkidle")
    if shifted := page.evaluate("window.shifted"):
        check.wrong.append(f"{where}: its content moved while loading (layout shift {shifted:.4f})")
    return {address for address in page.evaluate(_SHOWN) if _RENDITION.search(address)}


def _judge(
    expected: set[str],
    answers: dict[str, _Answer],
    where: str,
    manifest: dict[str, Any],
    check: Check,
) -> None:
    """Compare the answers with what the manifest promises."""
    for address in sorted(expected):
        found = _RENDITION.search(address)
        assert found is not None  # or it would not be expected
        digest, width = found.groups()
        picture = manifest["pictures"][digest]
        promised = tuple(picture["sizes"][width])
        answer = answers.get(address)
        name = f"{where}: {picture['original']}"
        if answer is None:
            check.wrong.append(f"{name} was never asked for")
        elif answer.size is None:
            check.wrong.append(f"{name} was answered with {answer.status}")
        elif not answer.reconstructed:
            check.wrong.append(f"{name} came as the placeholder file, not reconstructed")
        elif answer.size != promised:
            check.wrong.append(f"{name} is {answer.size}, not {promised}")
        else:
            check.reconstructed.add(digest)
