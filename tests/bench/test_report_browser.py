"""The report in Chromium: phone and desktop, with scripts and without, from a file."""

from __future__ import annotations

import pytest
from report_support import make_evaluation

from bench.report import write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(make_evaluation(folder), folder / "report.html")
    return (folder / "report.html").as_uri()


@pytest.fixture
def open_page(chromium, report):
    contexts = []

    def open_it(width, **options):
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
def test_fits_the_screen_and_asks_for_nothing(open_page, report, width, scheme):
    page = open_page(width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.mouse.wheel(0, 20_000)
    page.wait_for_function("[...document.images].every((img) => img.complete && img.naturalWidth)")
    assert page.said == []
    assert [url for url in page.asked if not url.startswith("data:")] == [report]


def test_labels_of_curves_stay_inside_and_apart(open_page):
    page = open_page(1280)
    overlaps = page.evaluate("""() => [...document.querySelectorAll('.plot > svg')].map((svg) => {
      const box = svg.getBoundingClientRect();
      const labels = Array.from(svg.querySelectorAll('.label'), (e) => e.getBoundingClientRect());
      const meets = (a, b) => a.left < b.right && b.left < a.right
        && a.top + 3 < b.bottom && b.top + 3 < a.bottom;
      return labels.flatMap((a, i) => [
        ...(a.right > box.right + 1 || a.left < box.left ? ['outside'] : []),
        ...labels.slice(0, i).filter((b) => meets(a, b)).map(() => 'overlap')]);
    }).flat()""")
    assert overlaps == []
    assert page.locator(".plot .label").count() > 8


@pytest.mark.parametrize("width", [360, 1280])
def test_the_slider_uncovers_the_original(open_page, width):
    page = open_page(width)
    versions = page.locator(".versions").first
    slider = versions.locator("input[type=range]")
    clip = "img => getComputedStyle(img).clipPath"
    original = versions.locator(".original img")
    slider.scroll_into_view_if_needed()
    before = original.evaluate(clip)
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert original.evaluate(clip) != before
    box = original.bounding_box()
    page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2)
    assert 70 < float(slider.input_value()) < 90
    divider = versions.locator(".divider").bounding_box()
    assert divider["x"] == pytest.approx(
        box["x"] + float(slider.input_value()) / 100 * box["width"], abs=3
    )
    assert divider["height"] == pytest.approx(box["height"], abs=1)


def test_another_version_is_one_click_away(open_page):
    page = open_page(1280)
    card = page.locator(".card").first
    shown = card.locator("figure:not(.original) img:visible")
    assert shown.count() == 1
    before = shown.get_attribute("src")
    card.get_by_label("JPEG, 1.5").check()
    assert shown.count() == 1
    assert shown.get_attribute("src") != before
    assert "JPEG" in card.locator("figcaption:visible").inner_text()


def test_codecs_of_one_label_have_a_line_each(chromium, tmp_path):
    alike = make_evaluation(tmp_path, labels={"webp": "same", "jpeg": "same"})
    write_report(alike, tmp_path / "report.html")
    page = chromium.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    lines = page.locator("fieldset").first.locator("div")
    assert lines.locator("span").all_text_contents() == ["same", "same"]
    assert [lines.nth(i).locator("input").count() for i in range(2)] == [2, 2]
    page.close()


def test_the_filter_shows_one_kind(open_page):
    page = open_page(1280)
    page.locator(".filter select").select_option("text")
    assert page.locator(".card:visible").count() == 1
    assert "kodim23" in page.locator(".card:visible h3").text_content()
    page.locator(".filter select").select_option("all kinds")
    assert page.locator(".card:visible").count() == 3


@pytest.mark.parametrize("width", [360, 1280])
def test_without_scripts_every_picture_stands_with_its_figures(open_page, width):
    page = open_page(width, java_script_enabled=False)
    assert page.locator(".card img:visible").count() == 15
    assert page.locator(".card figcaption:visible").count() == 15
    assert page.locator("input").count() == 0


def test_on_paper_all_versions_are_beside_the_original(open_page):
    page = open_page(1280)
    page.emulate_media(media="print")
    assert page.locator(".card").first.locator("img:visible").count() == 5
    assert page.locator("input:visible").count() == 0
