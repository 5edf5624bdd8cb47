"""The report in Chromium: phone and desktop, with scripts and without, from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from exporter.export import Result
from exporter.report import render_report

pytestmark = pytest.mark.browser
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def report(
    run_once: Callable[..., Result], exported: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A report alone in a folder, at a price; its address."""
    folder = tmp_path_factory.mktemp("report")
    result = run_once(exported.parent / "site", folder / "out")
    files = render_report(
        result.plan, result.converted, result.figures, "fake-1", price=0.3, currency="EUR"
    )
    (folder / "report.html").write_bytes(files["report.html"])
    return (folder / "report.html").as_uri()


@pytest.fixture
def open_page(chromium: Any, report: str) -> Iterator[Open]:
    contexts = []

    def open_it(width: int, **options: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(report)
        return page

    yield open_it
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_the_screen_and_asks_for_nothing(
    open_page: Open, report: str, width: int, scheme: str
) -> None:
    page = open_page(width, color_scheme=scheme)
    page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    margin = page.locator("h1").bounding_box()["x"]
    for table in page.locator(".visit").all():
        box = table.bounding_box()
        assert box["x"] + box["width"] <= width - margin + 1
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed() if picture.is_visible() else None
    page.wait_for_function(
        "[...document.images].every((img) => !img.checkVisibility() || img.naturalWidth)"
    )
    assert page.said == []
    assert [url for url in page.asked if not url.startswith("data:")] == [report]


@pytest.mark.parametrize("width", [360, 1280])
def test_the_slider_moves_by_keyboard_and_by_dragging(open_page: Open, width: int) -> None:
    page = open_page(width)
    versions = page.locator(".versions").first
    slider = versions.locator("input[type=range]")
    original = versions.locator(".original img")
    clip = "img => getComputedStyle(img).clipPath"
    versions.scroll_into_view_if_needed()
    before = original.evaluate(clip)
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() == "51"
    assert slider.get_attribute("aria-valuetext") == "51 % Original"
    assert original.evaluate(clip) != before
    page.keyboard.press("Home")
    assert "100%" in original.evaluate(clip)
    box = original.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], middle)
    page.mouse.up()
    assert 70 < float(slider.input_value()) < 90
    divider = versions.locator(".divider").bounding_box()
    share = float(slider.input_value()) / 100
    assert divider["x"] == pytest.approx(box["x"] + share * box["width"], abs=3)


def test_the_blur_can_stand_on_the_left(open_page: Open) -> None:
    page = open_page(1280)
    card = page.locator(".card").first
    assert card.locator("img:visible").count() == 2
    assert not card.locator(".blur img").is_visible()
    card.get_by_label("Original", exact=True).focus()
    page.keyboard.press("ArrowRight")
    assert card.locator(".blur img").is_visible()
    assert not card.locator(".original img").is_visible()
    assert card.locator("figcaption:visible").all_text_contents() == ["Blur", "Reconstruction"]
    assert card.locator("input[type=range]").get_attribute("aria-valuetext") == "50 % Blur"


def test_every_control_has_a_name(open_page: Open) -> None:
    page = open_page(1280)
    for control in page.locator("input").all():
        assert control.evaluate("one => one.ariaLabel || one.labels[0]?.textContent").strip()


def test_the_reader_can_type_a_price(open_page: Open) -> None:
    page = open_page(1280)
    cell = page.locator(".cost td").nth(1)
    as_rendered = cell.text_content()
    page.get_by_label("Price of a gigabyte").fill("3")
    size = int(cell.get_attribute("data-bytes"))
    assert cell.text_content() == f"{3 * size * 1000 / 1e9:.3f}"
    page.get_by_label("Price of a gigabyte").fill("0.3")
    assert cell.text_content() == as_rendered
    page.get_by_label("in", exact=True).fill("UGX")
    assert page.locator(".cost th").first.text_content() == "1,000 visits, UGX"
    page.get_by_label("Price of a gigabyte").fill("")
    assert page.locator(".cost:visible").count() == 0
    page.get_by_label("Price of a gigabyte").press("Enter")
    assert page.said == []


@pytest.mark.parametrize("width", [360, 1280])
def test_without_scripts_all_versions_stand_side_by_side(open_page: Open, width: int) -> None:
    page = open_page(width, java_script_enabled=False)
    card = page.locator(".card").first
    assert card.locator("img:visible").count() == 3
    assert card.locator("figcaption:visible").count() == 3
    assert page.locator("input:visible").count() == 0
    assert page.locator(".cost").first.is_visible()
    if width == 1280:
        tops = [box.bounding_box()["y"] for box in card.locator("img").all()]
        assert len(set(tops)) == 1


def test_on_paper_all_versions_are_side_by_side(open_page: Open) -> None:
    page = open_page(1280)
    page.emulate_media(media="print")
    assert page.locator(".card").first.locator("img:visible").count() == 3
    assert page.locator("input:visible").count() == 0
