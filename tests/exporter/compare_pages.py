"""Opens pages in headless Chromium so that two visits can be compared, box by box.

As a command it lays screenshots of a page before and after the export side by side:

    python tests/exporter/compare_pages.py SITE OUT SHEET.png [--page index.html] [--edge]

``--edge`` shows OUT through `plic serve`, with its reconstructions, instead of its stand-ins.
"""

from __future__ import annotations

import argparse
import functools
import io
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

#: Widths in CSS pixels: a phone's and a desktop's.
WIDTHS = (360, 1280)
HEIGHT = 900
#: Seconds that are waited for what a static host has to send.
PATIENCE = 8.0

# The page's own clock stands still but for what `run_for` adds, so that carousels, typing
# effects and timers stand at the same place however slow the machine is.
_NOON, _AFTER_NOON = "2026-03-20T12:00:00Z", "2026-03-20T12:01:00Z"
_STEP = 450  # pixels scrolled at a time: less than a window, or lazy loaders skip a picture
_STEP_TIME = 300  # milliseconds of the page's clock spent at each
_LONGEST = 240  # letters of a complaint
_LAST_TIME = 3000  # and at the end, for what fades in

# Pictures in the window that have neither come nor failed, but for those waited for in vain, and
# films whose size is on its way.
_WAITING = """() => [...document.querySelectorAll('video')].filter((film) =>
  !window.inVain?.has(film) && film.networkState === film.NETWORK_LOADING &&
  film.readyState < film.HAVE_METADATA).length || [...document.images].filter((image) => {
  const box = image.getBoundingClientRect();
  return !image.complete && !window.inVain?.has(image) && image.checkVisibility() &&
    box.bottom >= 0 && box.top < innerHeight && box.right >= 0 && box.left < innerWidth;
}).length"""
_GIVE_UP = """() => {
  window.inVain ??= new WeakSet();
  for (const image of document.images) if (!image.complete) window.inVain.add(image);
  for (const film of document.querySelectorAll('video')) window.inVain.add(film);
}"""
# What scrolling down does not bring into the window, as in a closed dialogue or far to the right,
# is fetched only to compare it; what it did bring has to come by itself.
_FETCH_UNSEEN = """() => {
  for (const image of document.images) {
    const box = image.getBoundingClientRect();
    const beside = box.right < 0 || box.left >= innerWidth;
    if (beside || !image.checkVisibility()) image.loading = 'eager';
  }
}"""
# Ends when the page's own scroll listeners and observers have run: an observer reports with the
# frame, after all that were there before it.
_SCROLL_TO = """(top) => new Promise((done) => {
  const observed = () => new IntersectionObserver((entries, observer) => {
    observer.disconnect();
    done(0);
  }).observe(document.documentElement);
  const before = scrollY;
  scrollTo({ top, left: 0, behavior: 'instant' });
  if (scrollY === before) observed();
  else addEventListener('scroll', observed, { once: true });
})"""
_UNSEEN = """() => [...document.images].filter(
  (image) => !image.complete && image.loading === 'eager' && !window.inVain?.has(image)).length"""
_AT_REST = """() => {
  for (const animation of document.getAnimations()) {
    try {
      animation.finish();
    } catch {  // one without an end
      animation.pause();
      animation.currentTime = 0;
    }
  }
  for (const film of document.querySelectorAll('video')) film.pause();
}"""
# All elements but those that an export adds: the head's links and script, and the notice.
_ELEMENTS = """() => {
  const round = (value) => Math.round(value * 1000) / 1000;
  const added = (element) =>
    element.closest('.plic') ||
    (element.matches('head link, head script') &&
      /(^|\\/)_plic\\//.test(element.getAttribute('href') ?? element.getAttribute('src') ?? ''));
  const addresses = (value) => [...value.matchAll(/url\\("([^"]*)"\\)/g)].map((found) => found[1]);
  return [...document.querySelectorAll('*')].filter((element) => !added(element)).map((element) => {
    const box = element.getBoundingClientRect();
    const parents = [];
    for (let at = element; at; at = at.parentElement) {
      const name = at.id ? `#${at.id}` : [...at.classList].map((one) => `.${one}`).join('');
      parents.unshift(at.localName + name);
    }
    const style = getComputedStyle(element);
    const shown = [
      element.currentSrc && element.localName === 'img' ? element.currentSrc : '',
      element.poster ?? '',
      element.localName === 'input' && element.type === 'image' ? element.src : '',
      element.localName === 'image' ? element.href.baseVal : '',
      ...[null, '::before', '::after'].flatMap((pseudo) => {
        const part = pseudo ? getComputedStyle(element, pseudo) : style;
        return [...addresses(part.backgroundImage), ...addresses(part.content)];
      }),
    ].filter(Boolean).map((address) => new URL(address, document.baseURI).href);
    const natural = element.localName === 'img'
      ? [element.complete, element.naturalWidth, element.naturalHeight] : null;
    return {
      path: parents.join(' > '),
      box: [box.x + scrollX, box.y + scrollY, box.width, box.height].map(round),
      shown,
      natural,
    };
  });
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def static_host(folder: Path) -> Iterator[str]:
    """A plain static host for a folder on a free port; its address without a last slash."""
    handler = functools.partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Element:
    """One element as it stands on the page.

    Attributes:
        path: its names and those of its parents, from `html` on.
        box: x, y, width, height in CSS pixels from the document's corner.
        shown: addresses of the pictures it shows, below the site's root; others whole.
        natural: of an `img`: whether it is complete, its natural width and height.
    """

    path: str
    box: tuple[float, ...]
    shown: tuple[str, ...]
    natural: tuple[Any, ...] | None


@dataclass
class Seen:
    """What a visit found.

    Attributes:
        elements: of the page and of its frames, in document order.
        complaints: console errors and warnings, script errors, requests that failed.
    """

    elements: list[Element] = field(default_factory=list)
    complaints: Counter[str] = field(default_factory=Counter)


@contextmanager
def visit(
    browser: Browser, address: str, path: str, width: int, patience: float = PATIENCE
) -> Iterator[tuple[Page, Seen]]:
    """Open a page, let it load all that it loads lazily, and bring it to rest.

    Args:
        address: of the site, without a last slash. Requests to other hosts are refused.
        path: of the page below it.
        width: of the window, in CSS pixels.
        patience: seconds that are waited for pictures at every step; what has not come then is
            seen as missing.
    """
    seen = Seen()
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, reduced_motion="reduce"
    )
    context.route(
        lambda url: not url.startswith((address, "data:", "blob:")), lambda route: route.abort()
    )
    try:
        page = context.new_page()
        underway = _listen(page, address, seen)
        page.clock.install(time=_NOON)
        page.clock.pause_at(_AFTER_NOON)
        page.goto(f"{address}/{path}", wait_until="load")
        page.evaluate("() => document.fonts.ready.then(() => 0)")
        _see_all(page, underway, patience, seen)
        for frame in page.frames:
            if frame.url.startswith(address):
                seen.elements += [_element(found, address) for found in frame.evaluate(_ELEMENTS)]
        yield page, seen
    finally:
        context.close()


def _listen(page: Page, address: str, seen: Seen) -> set[Request]:
    """Note what goes wrong; the requests that are not answered yet."""
    underway: set[Request] = set()

    def complain(text: str) -> None:
        seen.complaints[text.replace(address, "")[:_LONGEST]] += 1

    def started(request: Request) -> None:
        # A film is loaded for as long as it plays, or for ever.
        if request.resource_type != "media":
            underway.add(request)

    def failed(request: Request) -> None:
        underway.discard(request)
        if request.url.startswith(address) and request.resource_type != "media":
            complain(f"request failed: {request.url}: {request.failure}")

    def answered(request: Request) -> None:
        underway.discard(request)
        response = request.response()
        if response is not None and response.status >= 400:
            complain(f"{response.status}: {request.url}")

    page.on("request", started)
    page.on("requestfinished", answered)
    page.on("requestfailed", failed)
    page.on("pageerror", lambda error: complain(f"script error: {error}"))
    page.on(
        "console",
        lambda said: (
            complain(f"console: {said.text} ({said.location['url']})")
            if said.type in ("error", "warning")
            else None
        ),
    )
    return underway


def _see_all(page: Page, underway: set[Request], patience: float, seen: Seen) -> None:
    """Scroll through the page, then wait until nothing moves and nothing is to come."""

    def settle(waiting: str) -> None:
        """Wait for two looks in a row, so that what one answer sets going is seen too."""
        end = time.monotonic() + patience
        calm = 0
        while calm < 2:
            page.wait_for_timeout(20)
            calm = 0 if underway or page.evaluate(waiting) else calm + 1
            if time.monotonic() > end:
                seen.complaints.update(f"no answer: {request.url}" for request in underway)
                underway.clear()
                page.evaluate(_GIVE_UP)
                return

    settle(_WAITING)
    top = 0
    while top < page.evaluate("() => document.documentElement.scrollHeight"):
        page.evaluate(_SCROLL_TO, top)
        page.clock.run_for(_STEP_TIME)
        settle(_WAITING)
        top += _STEP
    page.evaluate(_FETCH_UNSEEN)
    settle(_UNSEEN)
    page.evaluate(_SCROLL_TO, 0)
    page.clock.run_for(_LAST_TIME)
    settle(_UNSEEN)
    page.evaluate(_AT_REST)


def _element(found: dict[str, Any], address: str) -> Element:
    return Element(
        found["path"],
        tuple(found["box"]),
        tuple(_below(shown, address) for shown in found["shown"] if not shown.startswith("data:")),
        tuple(found["natural"]) if found["natural"] else None,
    )


def _below(url: str, address: str) -> str:
    if not url.startswith(f"{address}/"):
        return url
    return unquote(urlsplit(url).path).lstrip("/")


def differences(before: Seen, after: Seen) -> list[str]:
    """Sentences, one for each thing that an export changed; the pictures' addresses apart."""
    wrong = [
        f"new: {text} ({count - before.complaints[text]} times)"
        for text, count in sorted(after.complaints.items())
        if count > before.complaints[text]
    ]
    one, other = ([element.path for element in seen.elements] for seen in (before, after))
    if one != other:
        for kind, i, j, k, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            if kind != "equal":
                wrong.append(f"elements: {one[i:j]} became {other[k:m]}")
        return wrong
    for old, new in zip(before.elements, after.elements, strict=True):
        if old.box != new.box:
            wrong.append(f"{old.path}: {old.box} became {new.box}")
        if old.natural != new.natural:
            wrong.append(f"{old.path}: natural {old.natural} became {new.natural}: {new.shown}")
    return wrong


def contact_sheet(
    browser: Browser, before: str, after: str, page: str, *, tallest: int = 3200
) -> Image.Image:
    """Screenshots of a page at both widths, before on the left of each pair.

    Args:
        before, after: addresses of the two sites, without a last slash.
        tallest: pixels of a page's height that are shown.
    """
    shots = []
    for width in WIDTHS:
        for address in (before, after):
            with visit(browser, address, page, width) as (tab, _):
                # Not a taller window: what is as high as the window would grow with it.
                shot = Image.open(io.BytesIO(tab.screenshot(full_page=True))).convert("RGB")
                shots.append(shot.crop((0, 0, shot.width, min(shot.height, tallest))))
    gap = 12
    sheet = Image.new(
        "RGB", (sum(s.width + gap for s in shots) - gap, max(s.height for s in shots)), "magenta"
    )
    left = 0
    for shot in shots:
        sheet.paste(shot, (left, 0))
        left += shot.width + gap
    return sheet


def main() -> None:
    """The command; see the module's docstring."""
    from exporter.browser_check import chromium
    from exporter.demo import running_edge

    parser = argparse.ArgumentParser(description="screenshots before and after, side by side")
    parser.add_argument("site", type=Path, help="the original folder")
    parser.add_argument("out", type=Path, help="its export")
    parser.add_argument("sheet", type=Path, help="the picture file to write")
    parser.add_argument("--page", default="index.html")
    parser.add_argument("--edge", action="store_true", help="show OUT through `plic serve`")
    wish = parser.parse_args()
    with ExitStack() as stack:
        browser = stack.enter_context(chromium())
        before = stack.enter_context(static_host(wish.site))
        after = stack.enter_context((running_edge if wish.edge else static_host)(wish.out))
        contact_sheet(browser, before, after.rstrip("/"), wish.page).save(wish.sheet)


if __name__ == "__main__":
    main()
