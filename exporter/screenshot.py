"""A picture of a page as it arrives beside the same page when everything is there."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from PIL import Image

from exporter.browser_check import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_RENDITIONS = re.compile(r"/_plic/[0-9a-f]{16}/\d+\.webp$")
_SIZE = (760, 860)
_GAP = 16
# Pictures below the fold are put off, and need not come.
_SEEN = "[...document.images].filter((img) => img.getBoundingClientRect().top < innerHeight)"
_BLURRED = f"() => {_SEEN}.some((img) => img.getAnimations().length)"
_THERE = f"() => {_SEEN}.every((img) => img.naturalWidth && !img.getAnimations().length)"


def side_by_side(browser: Browser, url: str) -> Image.Image:
    """The top of a page twice: with no picture there yet, and with all of them."""
    context = browser.new_context(viewport={"width": _SIZE[0], "height": _SIZE[1]})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.route(_RENDITIONS, lambda _: None)  # held until the route is taken away
    page.goto(url, wait_until="domcontentloaded")
    page.wait_for_function(_BLURRED)
    before = _shot(page)
    page.unroute(_RENDITIONS)
    page.wait_for_function(_THERE)
    after = _shot(page)
    context.close()
    both = Image.new("RGB", (2 * _SIZE[0] + _GAP, _SIZE[1]), "white")
    both.paste(before, (0, 0))
    both.paste(after, (_SIZE[0] + _GAP, 0))
    return both


def _shot(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")
