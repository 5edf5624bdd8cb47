"""The page's script in Chromium, against an edge that is slow, busy, gone or well."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from browser_support import STATIC, Answer, FakeEdge, landscape
from PIL import Image

pytestmark = pytest.mark.browser

BLURRED = "img => getComputedStyle(img).backgroundImage.includes('linear-gradient')"
SHOWN = "img => img.complete && img.naturalWidth > 0"
CLEARED = f"img => !({BLURRED})(img) && !img.getAnimations().length"


def img(
    digest: str, *, width: int = 480, height: int = 320, alt: str = "Tree", more: str = ""
) -> str:
    return (
        f'<img src="/_plic/{digest}/{width}.webp" width="{width}" height="{height}" '
        f'alt="{alt}" {more}>'
    )


def wait(page: Any, condition: str, selector: str = "img", timeout: float = 15) -> None:
    """Until `condition`, a function of one element, holds for every match."""
    page.wait_for_function(
        f"() => [...document.querySelectorAll('{selector}')].every({condition})",
        timeout=timeout * 1000,
    )


def test_the_blur_is_painted_before_the_picture_arrives(edge: FakeEdge, open_page: Any) -> None:
    colours = landscape()
    digest = edge.add_picture("tree", colours)
    edge.held.add(digest)
    page = open_page(edge.add_page(img(digest)))
    wait(page, BLURRED)
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    seen = shot[:320, :480].astype(float)
    # What a base can say of the picture: its colours, averaged over an eighth of its width.
    error = np.abs(_means(seen) - _means(colours.astype(float))).mean()
    assert error < 8
    edge.held.clear()
    wait(page, SHOWN)
    wait(page, CLEARED)


def _means(pixels: np.ndarray) -> np.ndarray:
    return pixels.reshape(8, 40, 8, 60, 3).mean(axis=(1, 3))


def test_a_cropped_picture_is_blurred_as_it_is_cropped(edge: FakeEdge, open_page: Any) -> None:
    colours = np.zeros((320, 480, 3), np.uint8)
    colours[:, :120] = (250, 0, 0)  # cut off by a square box
    colours[:, 120:] = (0, 0, 250)
    digest = edge.add_picture("flag", colours)
    edge.held.add(digest)
    edge.files["/site.css"] += (
        b"img { width: 160px; height: 160px; object-fit: cover; border-radius: 40px }"
    )
    page = open_page(edge.add_page(img(digest)))
    wait(page, BLURRED)
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    red = shot[60:100, :160].astype(float)[:, :, 0].mean(axis=0)
    assert red[60:150].max() < 30  # a stretched blur would be red up to column 40 and half to 50
    assert tuple(shot[1, 1]) == tuple(shot[158, 158]) == (255, 255, 255)  # round corners
    edge.held.clear()


# Notes what becomes of animations and decodings, in order.
NOTE = """
window.order = [];
const note = (owner, name, word) => {
  const known = owner.prototype[name];
  owner.prototype[name] = function (...given) {
    const gives = known.apply(this, given);
    if (gives?.then) gives.then(() => window.order.push(word));
    else window.order.push(word);
    return gives;
  };
};
note(HTMLImageElement, 'decode', 'decoded');
note(Animation, 'pause', 'stands');
note(Animation, 'play', 'fades');
note(Animation, 'cancel', 'ends');
"""


@pytest.mark.parametrize(("motion", "last"), [("no-preference", "fades"), ("reduce", "ends")])
def test_the_picture_comes_in_when_decoded(
    edge: FakeEdge, open_page: Any, motion: str, last: str
) -> None:
    digest = edge.add_picture("tree", landscape())
    edge.held.add(digest)
    page = open_page(edge.add_page(img(digest)), init=NOTE, reduced_motion=motion)
    wait(page, BLURRED)
    assert page.evaluate("window.order") == ["stands"]
    edge.held.clear()
    wait(page, CLEARED)
    assert page.evaluate("window.order") == ["stands", "decoded", last]


def test_the_blur_hides_neither_author_styles_nor_leaves_any(
    edge: FakeEdge, open_page: Any
) -> None:
    digest = edge.add_picture("tree", landscape())
    edge.held.add(digest)
    edge.files["/site.css"] += b"img { box-shadow: 1px 1px red; filter: grayscale(1) }"
    page = open_page(edge.add_page(img(digest)))
    wait(page, BLURRED)
    edge.held.clear()
    wait(page, CLEARED)
    style = page.evaluate(
        "(({ boxShadow, filter, clipPath }) => [boxShadow, filter, clipPath])"
        "(getComputedStyle(document.images[0]))"
    )
    assert style == ["rgb(255, 0, 0) 1px 1px 0px 0px", "grayscale(1)", "none"]
    assert page.evaluate("document.images[0].getAttribute('style')") is None


def test_a_picture_that_came_first_is_left_alone(edge: FakeEdge, open_page: Any) -> None:
    digest = edge.add_picture("tree", landscape())
    address = edge.add_page(img(digest))
    edge.files["/_plic/late/page.bases"] = edge.files["/_plic/page.bases"]
    edge.files["/"] = edge.files["/"].replace(b"/_plic/page.bases", b"/_plic/late/page.bases")
    edge.held.add("late")
    page = open_page(address)
    wait(page, SHOWN)
    page.evaluate("window.animated = 0; Element.prototype.animate = () => window.animated++; 0")
    edge.held.clear()
    page.wait_for_selector(".plic")
    assert page.evaluate("window.animated") == 0


def test_a_busy_edge_is_asked_again_when_it_said(edge: FakeEdge, open_page: Any) -> None:
    digest = edge.add_picture("tree", landscape())
    busy = Answer(503, {"Retry-After": "2"})
    edge.answers[digest] = [busy, busy, Answer()]
    page = open_page(edge.add_page(img(digest)))
    wait(page, f"img => ({BLURRED})(img) && img.complete")
    assert not page.evaluate("document.images[0].naturalWidth")
    wait(page, SHOWN)
    wait(page, CLEARED)
    assert page.evaluate("[document.images[0].title, document.images[0].onclick]") == ["", None]
    first, probe, last = edge.asked_for(digest)[:3]
    assert probe - first < 1.5
    assert 2 <= last - probe < 3.6


def test_a_picture_that_failed_before_the_script_came_is_minded_too(
    edge: FakeEdge, open_page: Any
) -> None:
    digest = edge.add_picture("tree", landscape())
    edge.answers[digest] = [Answer(503, {"Retry-After": "0"}), Answer()]
    address = edge.add_page(img(digest))
    edge.files["/_plic/late/page.bases"] = edge.files["/_plic/page.bases"]
    edge.files["/"] = edge.files["/"].replace(b"/_plic/page.bases", b"/_plic/late/page.bases")
    edge.held.add("late")
    page = open_page(address)
    wait(page, "img => img.complete && !img.naturalWidth")
    edge.held.clear()
    wait(page, SHOWN)


def test_when_the_edge_is_gone_the_original_is_one_click_away(
    edge: FakeEdge, open_page: Any
) -> None:
    digest = edge.add_picture("tree", landscape())
    edge.answers[digest] = [Answer(404)]
    page = open_page(edge.add_page(f'<a href="/elsewhere">{img(digest)}</a>'))
    wait(page, "img => img.title")
    wait(page, BLURRED)
    assert edge.asked_for(digest)[2:] == []
    assert not any("/images/" in path for _, path in edge.asked)
    page.click("img")
    wait(page, SHOWN)
    wait(page, CLEARED)
    assert page.evaluate("document.images[0].currentSrc").endswith("/images/tree.png")
    assert page.url == edge.address + "/"
    assert page.evaluate("document.images[0].title") == ""


def test_nobody_has_to_wait_for_a_busy_edge(edge: FakeEdge, open_page: Any) -> None:
    digest = edge.add_picture("tree", landscape())
    edge.answers[digest] = [Answer(503, {"Retry-After": "60"})]
    page = open_page(edge.add_page(img(digest)))
    wait(page, "img => img.title == 'Show originals'")
    page.click("img")
    wait(page, SHOWN)
    assert page.evaluate("document.images[0].currentSrc").endswith("/images/tree.png")


def test_save_data_means_one_second_chance(edge: FakeEdge, open_page: Any) -> None:
    digest = edge.add_picture("tree", landscape())
    edge.answers[digest] = [Answer(503, {"Retry-After": "0"})]
    saving = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });"
    page = open_page(edge.add_page(img(digest)), init=saving)
    wait(page, "img => img.title")
    page.wait_for_timeout(6000)  # a third try would have come after 1 s and 2 s, and half of each
    assert len(edge.asked_for(digest)) == 3  # the browser's own, then two of the script
    assert not any("/images/" in path for _, path in edge.asked)


def test_inserted_and_lazily_filled_pictures_are_watched(edge: FakeEdge, open_page: Any) -> None:
    first, second, third = (
        edge.add_picture(name, landscape(seed=i)) for i, name in enumerate("abc")
    )
    edge.held |= {second, third}
    box = '<div id="box"></div>'
    lazy = f'<img id="lazy" data-src="/_plic/{third}/480.webp" width="480" height="320" alt="">'
    page = open_page(edge.add_page(img(first) + lazy + box, head=""))
    wait(page, SHOWN, "main > img:first-child")
    wait(page, BLURRED, "#lazy")
    page.evaluate(
        f"""() => {{
          const inserted = new Image(480, 320);
          inserted.src = '/_plic/{second}/480.webp';
          box.append(inserted);
          lazy.src = lazy.dataset.src;
        }}"""
    )
    wait(page, BLURRED, "#box img")
    edge.held.clear()
    wait(page, SHOWN)
    wait(page, CLEARED)


SOME = ("harbour", "market", "school")


def some_pictures(edge: FakeEdge) -> list[str]:
    return [edge.add_picture(name, landscape(seed=i)) for i, name in enumerate(SOME)]


def gallery(edge: FakeEdge) -> str:
    """A plain picture, one with srcset, one in a <picture>."""
    plain, responsive, art = some_pictures(edge)
    srcset = f'srcset="/_plic/{responsive}/240.webp 240w, /_plic/{responsive}/480.webp 480w"'
    return (
        img(plain, alt="Harbour")
        + img(responsive, alt="Market", more=srcset + ' sizes="200px"')
        + f'<picture><source media="(min-width: 1px)" srcset="/_plic/{art}/240.webp">'
        + img(art, alt="School")
        + "</picture>"
    )


def sources(page: Any) -> list[str]:
    found: list[str] = page.evaluate("[...document.images].map((img) => img.currentSrc)")
    return [address.rsplit("/", 2)[-1 if "images" in address else -2] for address in found]


def test_all_originals_by_keyboard_and_back(edge: FakeEdge, open_page: Any) -> None:
    page = open_page(edge.add_page(gallery(edge)))
    wait(page, SHOWN)
    wait(page, CLEARED)
    before = sources(page)
    natural = "[...document.images].map((img) => img.naturalWidth)"
    widths = page.evaluate(natural)
    page.wait_for_selector(".plic")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".plic label")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_function(
        "() => [...document.images].every((img) => /images/.test(img.currentSrc))"
    )
    wait(page, SHOWN)
    assert sources(page) == [f"{name}.png" for name in SOME]
    assert page.evaluate(natural)[:2] == widths[:2] == [480, 200]
    assert page.evaluate("[...document.querySelectorAll('.plic input')].every((i) => i.checked)")
    page.keyboard.press("Space")
    page.wait_for_function(
        "() => ![...document.images].some((img) => /images/.test(img.currentSrc))"
    )
    wait(page, SHOWN)
    assert sources(page) == before


def test_one_original_at_its_cost(edge: FakeEdge, open_page: Any) -> None:
    page = open_page(edge.add_page(gallery(edge)))
    page.click(".plic summary")
    labels = page.locator(".plic label")
    assert labels.all_inner_texts()[1:] == ["Harbour 185 kB", "Market 185 kB", "School 185 kB"]
    assert labels.first.inner_text() == "Show originals 553 kB"
    assert "3 kB instead of 553 kB" in page.inner_text(".plic div")
    labels.nth(2).click()
    page.wait_for_function("() => /images/.test(document.images[1].currentSrc)")
    assert sources(page)[1] == "market.png"
    assert sum(path.startswith("/images/") for _, path in edge.asked) == 1


def test_the_notice_can_be_closed(edge: FakeEdge, open_page: Any) -> None:
    page = open_page(edge.add_page(gallery(edge)))
    page.click(".plic summary")
    page.click(".plic button")
    assert page.locator(".plic").count() == 0
    assert sources(page) == [picture.digest for picture in edge.pictures]


def test_a_page_without_reconstructed_pictures_has_no_notice(
    edge: FakeEdge, open_page: Any
) -> None:
    digest = edge.add_picture("tree", landscape())
    edge.files["/logo.webp"] = edge.files[f"/_plic/{digest}/480.webp"]
    page = open_page(edge.add_page('<img src="/logo.webp" width="480" height="320" alt="">'))
    wait(page, SHOWN)
    page.wait_for_load_state("networkidle")
    assert page.locator(".plic").count() == 0
    assert page.evaluate("document.images[0].getAnimations().length") == 0


@pytest.mark.parametrize(
    ("lang", "head", "title"),
    [
        ("fr-CA", "", "Images reconstruites"),
        ("sw", "", "Picha zilizoundwa upya"),
        ("ar", "", "صور معاد بناؤها"),
        ("xx", "", "Reconstructed pictures"),
        ("", "", "Reconstructed pictures"),
        ("en", '<meta name="plic" content="Our own|% for %|All|Shut">', "Our own"),
    ],
)
def test_the_notice_speaks_the_language_of_the_page(
    edge: FakeEdge, open_page: Any, lang: str, head: str, title: str
) -> None:
    page = open_page(edge.add_page(gallery(edge), lang=lang, head=head))
    assert page.wait_for_selector(".plic summary").inner_text() == title
    page.click(".plic summary")
    page.wait_for_selector(".plic label")
    panel = page.inner_text(".plic div")
    assert "3 kB" in panel
    assert "553 kB" in panel
    fetched = any("languages" in path for _, path in edge.asked)
    assert fetched == (not lang.startswith("en"))


@pytest.mark.parametrize("lang", ["de", "ar"])
def test_the_open_notice_fits_a_small_phone(edge: FakeEdge, open_page: Any, lang: str) -> None:
    for i in range(30):
        edge.add_picture(f"picture{i}", landscape(60, 40, i))
    body = "".join(
        img(picture.digest, width=60, height=40, alt="A long description without end " * 4)
        for picture in edge.pictures
    )
    address = edge.add_page(f'<div dir="{"rtl" if lang == "ar" else "ltr"}">{body}</div>', lang)
    page = open_page(address, viewport={"width": 360, "height": 640})
    page.click(".plic summary")
    page.wait_for_selector(".plic label")
    box = page.locator(".plic").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["height"] <= 0.7 * 640 + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_notice_is_not_printed(edge: FakeEdge, open_page: Any) -> None:
    page = open_page(edge.add_page(gallery(edge)))
    page.wait_for_selector(".plic")
    page.emulate_media(media="print")
    assert not page.is_visible(".plic")


def test_without_javascript_every_picture_is_shown(edge: FakeEdge, open_page: Any) -> None:
    page = open_page(edge.add_page(gallery(edge)), java_script_enabled=False)
    page.wait_for_load_state("load")
    digests = {picture.digest for picture in edge.pictures}
    assert {path.split("/")[2] for _, path in edge.asked if path.endswith(".webp")} == digests
    shot = np.asarray(Image.open(io.BytesIO(page.locator("img").last.screenshot())).convert("RGB"))
    assert shot[5, 5, 2] > 150  # the sky


def test_a_damaged_bundle_leaves_the_pictures_to_the_browser(
    edge: FakeEdge, open_page: Any
) -> None:
    digest = edge.add_picture("tree", landscape())
    address = edge.add_page(img(digest))
    edge.files["/_plic/page.bases"] = edge.files["/_plic/page.bases"][:-3]
    listen = "window.failed = []; addEventListener('error', (event) => failed.push(event.message));"
    page = open_page(address, init=listen)
    wait(page, SHOWN)
    page.wait_for_function("() => failed.length")
    assert "page.bases" in page.evaluate("failed[0]")


def test_a_picture_without_a_base_does_not_stop_the_others(edge: FakeEdge, open_page: Any) -> None:
    bare, full = (edge.add_picture(name, landscape()) for name in "ab")
    edge.pictures[0] = replace(edge.pictures[0], base=b"")
    edge.held |= {bare, full}
    page = open_page(edge.add_page(img(bare) + img(full)))
    wait(page, BLURRED, "img:last-of-type")
    edge.held.clear()
    wait(page, SHOWN)


def test_the_modules_also_run_as_they_are_written(edge: FakeEdge, open_page: Any) -> None:
    for module in STATIC.glob("*.js"):
        edge.files[f"/_plic/{module.name}"] = module.read_bytes()
    digest = edge.add_picture("tree", landscape())
    edge.held.add(digest)
    page = open_page(edge.add_page(img(digest)))
    wait(page, BLURRED)
    edge.held.clear()
    wait(page, CLEARED)
