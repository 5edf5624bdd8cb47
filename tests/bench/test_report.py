"""The report's figures are those of the results, and the page needs nothing but itself."""

from __future__ import annotations

import csv
import math
import re
import statistics
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from report_support import DISTANCE, PSNR, SHARPNESS, WORDS, key, make_evaluation, metric

from bench.report import gallery, summarise, summary_table, write_csv, write_report
from bench.report.axes import BOTTOM, HEIGHT, LEFT, TOP, WIDTH
from bench.report.evaluation import best_in
from bench.report.gallery import make_gallery
from bench.report.labels import Box, Wanted, place
from bench.report.page import render
from bench.report.published import published

VOID = {"meta", "img", "input", "link", "br", "hr"}


class Page(HTMLParser):
    """What a browser would find: tables by their label, tags in order, and that all is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.tags, self.tables = [], [], {}
        self._rows = None
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "div" and attributes.get("role") == "region":
            self._rows = self.tables[attributes["aria-label"]] = []
        if tag == "tr":
            self._rows.append([])
        if tag in ("th", "td"):
            self._rows[-1].append("")
        if tag == "b" and "td" in self.open:
            self._rows[-1][-1] += "*"

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self._rows[-1][-1] += data

    def all(self, tag, css=None):
        found = [attributes for name, attributes in self.tags if name == tag]
        return [a for a in found if css is None or css in a.get("class", "").split()]


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return make_evaluation(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def html(evaluation):
    return render(evaluation)


def plot(html: str, label: str) -> str:
    """The figure of one metric's curves."""
    return next(f for f in re.findall(r'<figure class="plot">.*?</figure>', html, re.S)
                if f"<h3>{label} " in f)  # fmt: skip


def hollow(figure: str) -> set[str]:
    return {t.split(",")[0] for t in re.findall(r"<title>([^<]*), as published:", figure)}


def test_means_are_of_the_pictures_that_have_a_value(evaluation):
    rows = summarise(evaluation.results, ["psnr", "words"])
    assert [(row.asked_bpp, row.codec) for row in rows] == [
        (0.5, "jpeg"), (0.5, "webp"), (1.5, "jpeg"), (1.5, "webp"),
    ]  # fmt: skip
    for row in rows:
        group = [
            r for r in evaluation.results if (r.codec, r.asked_bpp) == (row.codec, row.asked_bpp)
        ]
        assert row.n == 3
        assert row.counts == {"psnr": 3, "words": 1}
        assert row.metrics["words"] == 50
        assert row.metrics["psnr"] == pytest.approx(np.mean([r.metrics["psnr"] for r in group]))
        assert row.bpp == pytest.approx(np.mean([8 * r.bytes / (192 * 128) for r in group]))


def test_the_mean_rate_is_of_the_pictures_rates_not_of_all_their_pixels(evaluation):
    small, large = evaluation.results[0], replace(evaluation.results[0], width=1920, height=1280)
    (row,) = summarise([small, large], [])
    assert row.bpp == pytest.approx((small.bpp + small.bpp / 100) / 2)


def test_a_table_shows_means_and_the_best_at_a_rate(html, evaluation):
    table = Page(html).tables["Means by rate and codec"]
    head = table[0]
    assert head[:4] == ["Codec", "n", "bpp", "bytes"]
    cells = {}
    rate = None
    for row in table[1:]:
        if len(row) == 1:
            rate = row[0]
        else:
            cells[rate, row[0]] = dict(zip(head, row, strict=True))
    webp = [r for r in evaluation.results if (r.codec, r.asked_bpp) == ("webp", 1.5)]
    mean = statistics.mean(r.metrics["psnr"] for r in webp)
    found = cells["1.5 bits per pixel asked", "WebP"]
    assert found["PSNR, dB\xa0↑"] == f"*{mean:.2f}"
    assert found["bytes"] == f"{statistics.mean(r.bytes for r in webp):,.0f}"
    assert found["Words, %\xa0↑"] == "50.0 of 1"
    assert found["encode,\xa0s"] == "0.25"
    assert "*" not in cells["1.5 bits per pixel asked", "JPEG"]["PSNR, dB\xa0↑"]


def test_files_above_the_asked_rate_are_marked_and_not_compared(html):
    table = Page(html).tables["Means by rate and codec"]
    jpeg, webp = table[2], table[3]
    assert (jpeg[0], webp[0]) == ("JPEG", "WebP")
    assert jpeg[2].endswith("*")
    assert not any("*" in cell for cell in webp)


def test_what_is_reported_only_has_no_best(evaluation):
    sharp = replace(SHARPNESS, optimise=True)
    column = 4 + evaluation.metrics.index(SHARPNESS)

    def bold(metrics):
        page = Page(render(replace(evaluation, metrics=metrics)))
        return [
            row for row in page.tables["Means by rate and codec"][1:]
            if len(row) > 1 and "*" in row[column]
        ]  # fmt: skip

    assert not bold(evaluation.metrics)
    assert bold([DISTANCE, PSNR, sharp, WORDS])


def test_files_of_different_rates_are_not_compared(evaluation):
    rows = summarise(evaluation.results, ["psnr"])
    low, high = rows[1], rows[3]
    assert (low.asked_bpp, high.asked_bpp) == (0.5, 1.5)
    assert best_in([low, high], PSNR) is None
    assert best_in([replace(low, asked_bpp=None), replace(high, asked_bpp=None)], PSNR) is None
    assert best_in([low, replace(high, asked_bpp=0.5, bpp=0.4)], PSNR) is not None


def test_means_over_other_numbers_of_pictures_are_not_compared(evaluation):
    rows = summarise(evaluation.results, ["psnr"])[2:]
    rows = [replace(row, bpp=row.asked_bpp) for row in rows]
    assert best_in(rows, PSNR) is not None
    first, second = rows
    assert best_in([first, replace(second, n=2, counts={"psnr": 2})], PSNR) is None
    assert best_in([first, replace(second, counts={"psnr": 2})], PSNR) is None


def test_text_tables_say_over_how_many_pictures_a_mean_is(evaluation):
    for line in summary_table(evaluation).splitlines()[2:]:
        assert line.rstrip().endswith("50.0 (1)")
        assert line.count("(") == 1


def test_published_points_stand_only_in_plots_of_their_metric(html):
    kodak = [point for point in published() if point.set == "kodak"]
    for name, label in (("lpips-alex", "LPIPS (AlexNet)"), ("psnr", "PSNR")):
        expected = [p for p in kodak if name in p.metrics]
        figure = plot(html, label)
        assert hollow(figure) == {p.name for p in expected}
        assert figure.count("as published:") == len(expected)
    # LPIPS with another backbone is in no plot.
    assert not {"SPRDiff", "PICS"} & hollow(plot(html, "LPIPS (AlexNet)"))
    assert not hollow(plot(html, "BRISQUE"))
    assert not hollow(plot(html, "Words"))


def test_a_part_of_the_set_beside_published_points_is_said_to_be_one(html, evaluation):
    assert "measured here on 3 of 24 pictures." in html
    results = [replace(evaluation.results[0], picture=f"kodim{i:02}") for i in range(1, 25)]
    assert "measured here on" not in render(replace(evaluation, results=results))
    assert "measured here on" not in render(replace(evaluation, set_name="holidays"))


def test_published_points_are_not_shown_on_another_set(evaluation):
    page = render(replace(evaluation, set_name="holidays"))
    assert "as published:" not in page
    assert "None of them is of the set measured here." in page


def test_lines_join_measured_points_alone(html):
    for figure in re.findall(r'<figure class="plot">.*?</figure>', html, re.S):
        lines = re.findall(r'class="line" d="M([^"]*)"', figure)
        assert [len(line.split("L")) for line in lines] == [2, 2]


def test_better_values_are_where_the_axis_says(html, evaluation):
    """WebP, with the higher PSNR at every rate, is drawn above JPEG."""
    figure = plot(html, "PSNR")
    assert "↑ higher is better" in figure
    heights = [
        [float(point.split()[1]) for point in line.split("L")]
        for line in re.findall(r'class="line" d="M([^"]*)"', figure)
    ]
    webp, jpeg = heights
    rows = {
        (r.codec, r.asked_bpp): r.metrics["psnr"] for r in summarise(evaluation.results, ["psnr"])
    }
    assert rows["webp", 1.5] > rows["jpeg", 1.5]
    assert webp[1] < jpeg[1]
    assert webp[1] < webp[0]


def test_the_published_table_keeps_the_sources_digits(html):
    table = Page(html).tables["Published points"]
    aeic = next(row for row in table if row[0] == "AEIC-ME")
    assert aeic[1:5] == ["0.0056", "0.311", "–", "0.140"]
    assert any("not measured here" in row[0] for row in table)
    sprdiff = next(row for row in table if row[0] == "SPRDiff")
    assert sprdiff[2:4] == ["–", "0.325"]


def test_every_published_codec_of_the_field_is_there():
    names = " ".join(point.name for point in published())
    for name in ("AEIC", "StableCodec", "CoD-Lite", "PerCo", "MS-ILLM", "PICS", "PLIC", "SPRDiff"):
        assert name in names


def test_nothing_is_fetched_from_elsewhere(html):
    assert "//" not in re.sub(r"data:image/webp;base64,[\w+/=]*|//[^\n'\"]*\n", "", html)
    for _, attributes in Page(html).tags:
        for name in ("src", "href", "srcset", "data", "action"):
            assert attributes.get(name, "#").startswith(("#", "data:image/webp;base64,"))


def test_names_are_text(html):
    assert "<b>x" not in html
    assert "odd<i>" not in html
    assert html.count("</script>") == 1
    page = Page(html)
    assert "i" not in {tag for tag, _ in page.tags}


def test_links_lead_to_anchors(html):
    page = Page(html)
    anchors = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = [attributes["href"][1:] for attributes in page.all("a")]
    assert len(links) > 6
    assert set(links) <= anchors


def test_what_is_missing_is_said(html):
    assert "dists: needs VGG16; plic models fetch vgg16" in html
    assert "cannot identify image file" in html


def test_each_original_is_embedded_once_beside_all_its_versions(html):
    page = Page(html)
    assert len(page.all("figure", "original")) == 3
    sources = [attributes["src"] for attributes in page.all("img")]
    assert len(sources) == len(set(sources)) == 3 + 3 * 4


def test_the_worst_pictures_come_first(evaluation):
    shown = make_gallery(evaluation)
    main = [r for r in evaluation.results if r.asked_bpp == 0.5]
    for codec in ("webp", "jpeg"):
        values = {r.picture: r.metrics["lpips-alex"] for r in main if r.codec == codec}
        assert max(values, key=values.get) in [card.original.picture for card in shown.first[:2]]
    html = render(evaluation)
    listed = re.findall(r"<li><a href=\"#p\d+\">[^<]*</a> ([\d.]+)", html)
    assert listed[:3] == sorted(listed[:3], reverse=True)


def test_beyond_the_worst_ten_only_the_main_rate_is_shown(evaluation, monkeypatch):
    monkeypatch.setattr(gallery, "WORST", 1)
    shown = make_gallery(evaluation)
    assert len(shown.first) <= 2
    assert shown.rest
    for card in shown.rest:
        assert {v.result.asked_bpp for v in card.versions} == {0.5}


def test_pictures_stop_where_the_file_would_grow_too_large(evaluation, monkeypatch):
    everything = make_gallery(evaluation)
    size = sum(len(c.address) + sum(len(v.address) for v in c.versions) for c in everything.first)
    monkeypatch.setattr(gallery, "MOST_BYTES", size // 3)
    shown = make_gallery(evaluation)
    cards = [*shown.first, *shown.rest]
    assert sum(len(c.address) + sum(len(v.address) for v in c.versions) for c in cards) <= size / 3
    assert shown.left_out
    assert f"at hand: {shown.left_out[0]}" in unescape(render(evaluation))


def test_a_picture_that_was_not_kept_is_left_out(evaluation, tmp_path):
    shown = make_gallery(replace(evaluation, pictures=tmp_path))
    assert not shown.first
    assert sorted(shown.left_out) == ["<b>x</b>", "kodim03", "kodim23"]


def test_kinds_are_broken_down_only_where_there_are_several(html, evaluation):
    table = Page(html).tables["Means by kind of picture"]
    assert [row[0] for row in table if len(row) == 1] == ["photo", "text"]
    text = [
        r for r in evaluation.results if (r.kind, r.codec, r.asked_bpp) == ("text", "jpeg", 0.5)
    ]
    row = next(row for row in table[table.index(["text"]) :] if row[0] == "JPEG")
    assert row[5] == f"{text[0].metrics['psnr']:.2f}"
    assert "Means by kind of site" not in Page(html).tables


def test_the_ablation_gives_medians_and_the_published_rates(evaluation):
    results = [
        replace(r, codec={"jpeg": "plic:plic", "webp": "plic:pic"}[r.codec], asked_bpp=None)
        for r in evaluation.results
        if r.asked_bpp == 0.5
    ]
    labels = {"plic:pic": "text", "plic:plic": "text, edges and colour"}
    page = Page(render(replace(evaluation, results=results, labels=labels)))
    rows = {row[0]: row for row in page.tables["Ablation"]}
    values = [r.metrics["psnr"] for r in results if r.codec == "plic:pic"]
    assert rows["text"][5] == f"{sorted(values)[1]:.2f}"
    assert rows["text"][-1] == "0.004"
    assert rows["text, edges and colour"][-1] == "0.185"
    assert "Sizes of their own" in [row[0] for row in page.tables["Means by rate and codec"]]


def test_no_metric_at_all_still_makes_a_page(evaluation):
    html = render(replace(evaluation, metrics=[], missing=["psnr: lost"]))
    assert "Means" in html
    assert '<figure class="plot">' not in html


def test_odd_values_are_drawn_or_left_out(evaluation):
    """The same value everywhere, one picture alone, and an identical picture's infinite PSNR."""
    result = replace(evaluation.results[0], metrics={"psnr": math.inf, "flat": 0.0, "none": None})
    flat = metric("flat", "Flat", "", "lower", (0, 1))
    none = metric("none", "None", "", "lower", (0, 1))
    html = render(replace(evaluation, results=[result], metrics=[PSNR, flat, none]))
    assert "∞" in html
    assert not re.search(r"\bnan\b", re.sub(r"base64,[\w+/=]*", "", html))
    assert "<h3>Flat" in plot(html, "Flat")
    assert "<h3>None" not in html


@pytest.mark.parametrize("values", [(40.0, 112.0), (-12.0, 30.0), (112.0, 112.0), (-9.0, -9.0)])
def test_values_outside_the_usual_range_are_drawn_inside_the_plot(evaluation, values):
    odd = metric("odd", "Odd", "", "higher", (0, 100))
    results = [
        replace(evaluation.results[0], codec=codec, metrics={"odd": value})
        for codec, value in zip(("webp", "jpeg"), values, strict=True)
    ]
    figure = plot(render(replace(evaluation, results=results, metrics=[odd])), "Odd")
    marks = re.findall(r'translate\(([\d.-]+) ([\d.-]+)\)"><path class="full"', figure)
    assert len(marks) == 2
    for x, y in marks:
        assert LEFT <= float(x) <= WIDTH
        assert TOP <= float(y) <= HEIGHT - BOTTOM


def test_csv_gives_every_result_back(evaluation, tmp_path):
    write_csv(evaluation, tmp_path / "out" / "results.csv")
    with (tmp_path / "out" / "results.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(evaluation.results)
    for row, result in zip(rows, evaluation.results, strict=True):
        assert (row["picture"], row["codec"]) == (result.picture, result.codec)
        assert float(row["bpp"]) == result.bpp
        assert int(row["bytes"]) == result.bytes
        for name in ("psnr", "lpips-alex", "words"):
            assert (float(row[name]) if row[name] else None) == result.metrics[name]


def test_the_terminal_and_markdown_say_the_same(evaluation):
    plain, markdown = summary_table(evaluation), summary_table(evaluation, markdown=True)
    cells = [line.strip("| ").replace("*", "").split(" | ") for line in markdown.splitlines()]
    del cells[1]
    assert [re.split(" {2,}", line.strip()) for line in plain.splitlines()] == cells
    assert "**" in markdown
    assert "**" not in plain


def test_the_report_is_one_file(evaluation, tmp_path, html):
    write_report(evaluation, tmp_path / "new" / "report.html")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["report.html"]
    assert (tmp_path / "new" / "report.html").read_text("utf-8") == html


def test_labels_do_not_cover_each_other():
    """Ten lines that end at one point all keep their labels, each in a place of its own."""
    wanted = [Wanted(f"codec {i}", "", [(300.0, 150.0 + i)]) for i in range(10)]
    placed = place(wanted, [(300.0, 150.0 + i) for i in range(10)], Box(40, 0, 480, 300))
    assert len(placed) == 10
    for i, one in enumerate(placed):
        assert one.box.within(Box(40, 0, 480, 300))
        assert not any(one.box.meets(other.box) for other in placed[:i])


def test_a_label_that_has_no_room_is_left_to_the_key():
    crowd = [(float(x), float(y)) for x in range(0, 200, 8) for y in range(0, 200, 8)]
    bounds = Box(0, 0, 200, 200)
    assert not place([Wanted("rival", "", [(100.0, 100.0)], optional=True)], crowd, bounds)
    assert place([Wanted("ours", "", [(100.0, 100.0)])], crowd, bounds)


def test_decoded_pictures_are_found_by_their_key(evaluation):
    """What the fixture relies on: another key finds nothing, and the page says so."""
    lost = replace(evaluation, key=lambda result: f"other-{key(result)}")
    cards = make_gallery(lost).first
    assert len(cards) == 3
    assert not any(card.versions for card in cards)
