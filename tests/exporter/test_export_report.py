"""The report: its figures, its times, what it says of each picture, and how it holds together."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from exporter import report as report_module
from exporter.attempts import Attempt
from exporter.convert import Converted, Picture
from exporter.export import Result
from exporter.figures import Hops, SiteFigures, Visit
from exporter.report import (
    bars,
    change,
    money,
    readable_bytes,
    readable_seconds,
    render_report,
    share,
)
from exporter.report_pictures import REPORT_FILES, cards, conventional, in_site, thumbnails
from exporter.transfer import HEADER_BYTES, seconds, wire_bytes

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def result(run_once: Run, exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The fixture site's export, with the plan and the pictures behind it."""
    return run_once(exported.parent / "site", tmp_path_factory.mktemp("report") / "out")


def render(result: Result, **options: Any) -> str:
    files = render_report(result.plan, result.converted, result.figures, "fake-1", **options)
    assert list(files) == ["report.html"]
    return files["report.html"].decode()


def measured(result: Result, *lpips: float) -> tuple[Result, list[str]]:
    """The same result with scores on its first pictures, by path, and those paths."""
    pictures: dict[str, Picture] = {}
    scores = iter(lpips)
    for digest, picture in sorted(
        result.converted.pictures.items(), key=lambda item: item[1].original
    ):
        score = next(scores, None)
        tries = [Attempt("0.03 bits per pixel", 700, 0.9, 4.0, (1, 2), problem="a face is lost")]
        if score is not None:
            tries.append(Attempt("faces favoured", 812, score, 3.25, (2, 2), (7, 9)))
        pictures[digest] = replace(picture, attempts=tuple(tries) if score is not None else ())
    converted = replace(result.converted, pictures=pictures)
    paths = sorted(picture.original for picture in pictures.values())
    return replace(result, converted=converted), paths[: len(lpips)]


# Every figure below is worked out by hand from the model in the docstring of `seconds`.
@pytest.mark.parametrize(
    ("size", "requests", "speed", "pages", "expected"),
    [
        # 64 kbit/s carries 4,800 bytes a round trip, less than the first window.
        (10_000, 1, 64_000, 1, 3 * 0.6 + 10_100 * 8 / 64_000),
        (10_000, 2, 64_000, 1, 4 * 0.6 + 10_200 * 8 / 64_000),
        # 256 kbit/s carries 19,200: one round trip for the first 14,600, then at full speed.
        (50_000, 11, 256_000, 1, 4 * 0.6 + 0.6 + (51_100 - 14_600) * 8 / 256_000),
        # 1 Mbit/s carries 75,000: 14,600 and 29,200 in a round trip each, the rest in the third.
        (99_900, 1, 1_000_000, 1, 3 * 0.6 + 2 * 0.6 + (100_000 - 43_800) * 8 / 1_000_000),
        (999_900, 1, 1_000_000, 1, 3 * 0.6 + 3 * 0.6 + (1_000_000 - 102_200) * 8 / 1_000_000),
        # Within the first window there is nothing to wait for.
        (1_000, 1, 1_000_000, 1, 3 * 0.6 + 1_100 * 8 / 1_000_000),
        # Two pages: two more round trips on the same connection; one without anything, one.
        (10_000, 6, 64_000, 2, 6 * 0.6 + 10_600 * 8 / 64_000),
        (10_000, 3, 64_000, 2, 5 * 0.6 + 10_300 * 8 / 64_000),
        (0, 0, 64_000, 1, 0),
    ],
)
def test_seconds_by_hand(size: int, requests: int, speed: int, pages: int, expected: float) -> None:
    assert seconds(size, requests, speed, pages=pages) == pytest.approx(expected)


def test_seconds_grow_with_everything_that_slows_a_visit() -> None:
    usual = seconds(50_000, 10, 256_000)
    assert seconds(60_000, 10, 256_000) > usual
    assert seconds(50_000, 20, 256_000) > usual
    assert seconds(50_000, 10, 128_000) > usual
    assert seconds(50_000, 10, 256_000, round_trip=1.0) > usual
    assert wire_bytes(50_000, 10) == 50_000 + 10 * HEADER_BYTES


def test_words_for_numbers() -> None:
    assert [readable_bytes(n) for n in (812, 18_400, 1_230_000)] == ["812 B", "18.4 kB", "1.23 MB"]
    assert [readable_seconds(n) for n in (0, 4.24, 9.96, 58.4, 59.7, 200)] == [
        "0.0 s", "4.2 s", "10 s", "58 s", "1 min 0 s", "3 min 20 s",
    ]  # fmt: skip
    assert [change(5, 100), change(110, 100), change(7, 7), share(0, 0)] == [
        "95.0 % less", "10.0 % more", "no change", "–",
    ]  # fmt: skip
    assert [money(12.3456), money(0.0004)] == ["12.346", "0.000"]


def test_a_page_and_its_parts_are_counted_on_both_hops(
    tmp_path: Path, run: Run, exported: Path
) -> None:
    """Two pages that share a stylesheet and pictures, in two languages, and a plain one."""
    images = exported.parent / "site" / "images"
    site = tmp_path / "site"
    site.mkdir()
    for name in ("shorts.webp", "dress-360.jpg", "dress-180.jpg", "logo.png"):
        shutil.copy(images / name, site)
    shutil.copy(site / "shorts.webp", site / "copy.webp")
    head = '<!doctype html><html lang="{}"><title>x</title><link rel=stylesheet href=a.css>'
    (site / "a.css").write_text("body{background:url(shorts.webp)}")
    (site / "en.html").write_text(
        head.format("en") + '<img src="dress-180.jpg" srcset="dress-360.jpg 2x">'
        '<img src="copy.webp"><img src="logo.png"><img src="dress-360.jpg">'
    )
    (site / "fr.html").write_text(head.format("fr") + '<img src="shorts.webp">')
    (site / "plain.html").write_text("<!doctype html><title>x</title><p>Nothing to see.")
    result = run(site, tmp_path / "out")
    out = tmp_path / "out"
    english, french = result.figures.pages["en.html"], result.figures.pages["fr.html"]
    assert "plain.html" not in result.figures.pages

    size = {path.name: path.stat().st_size for path in site.iterdir()}
    plic = {path.name: path.stat().st_size for path in (out / "_plic").iterdir()}
    # Before: the page, its stylesheet, the larger dress once, shorts under both names, the logo.
    assert english.all_requests == Hops(6, 8, 8)
    assert english.before == sum(
        size[name]
        for name in ("en.html", "a.css", "dress-360.jpg", "shorts.webp", "copy.webp", "logo.png")
    )
    # After: shorts under both names is one payload; bundle, stylesheet and one script are new.
    assert english.requests["payloads"] == Hops(0, 2, 0)
    assert english.requests["reconstructions"] == Hops(0, 0, 2)
    assert english.requests["pictures"] == Hops(4, 1, 1)
    assert english.requests["shim"] == Hops(0, 1, 1)
    payloads = {name: size for name, size in plic.items() if name.endswith(".plic")}
    assert english.bytes["payloads"].to_edge == sum(payloads.values())
    assert english.bytes["pages"] == Hops(
        size["en.html"], *(2 * [(out / "en.html").stat().st_size])
    )
    # A page in another language also loads the notice's words.
    assert french.requests["shim"] == Hops(0, 2, 2)
    scripts = [size for name, size in plic.items() if name.endswith(".js")]
    assert french.bytes["shim"] == Hops(0, sum(scripts), sum(scripts))
    # In all, what pages share counts once, and pages that nothing changed count too.
    total = result.figures.total
    assert total.requests["pages"] == Hops(3, 3, 3)
    assert total.requests["stylesheets"] == Hops(1, 1, 1)
    assert total.requests["payloads"] == Hops(0, 2, 0)
    assert total.bytes["bundles"].to_edge == sum(
        size for name, size in plic.items() if name.endswith(".bases")
    )
    assert total.to_edge < total.before


def test_bars_are_of_the_largest_hop() -> None:
    visit = Visit({"pages": Hops(20, 25, 25), "pictures": Hops(80, 5, 0)})
    assert bars(visit) == {
        "before": [(0, 0, 20), (2, 20, 80)],
        "to_edge": [(0, 0, 25), (2, 25, 5)],
        "to_reader": [(0, 0, 25)],
    }
    assert bars(Visit()) == {"before": [], "to_edge": [], "to_reader": []}


class _Reader(HTMLParser):
    """Every attribute of a page, and what stands in its style and script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str]] = []
        self.inline: dict[str, str] = {}
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside in ("style", "script"):
            self.inline[self._inside] = self.inline.get(self._inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def all_of(self, name: str) -> list[str]:
        return [value for _, found, value in self.attributes if found == name]


def test_one_file_that_its_own_policy_lets_through(result: Result) -> None:
    page = _Reader(render(result))
    policy = next(value for value in page.all_of("content") if "default-src" in value)
    assert policy.startswith("default-src 'none'; img-src data:;")
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.inline[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert page.all_of("style") == []
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    pictures = page.all_of("src")
    assert len(pictures) == 3 * len(result.converted.pictures)
    assert all(address.startswith("data:image/webp;base64,") for address in pictures)


def test_links_name_files_of_the_output(exported: Path) -> None:
    page = _Reader((exported / "_plic" / "report.html").read_text())
    links = page.all_of("href")
    assert len(links) > 10
    for link in links:
        assert (exported / "_plic" / unquote(link)).is_file(), link


def test_worst_first_and_those_without_scores_last(result: Result) -> None:
    result, paths = measured(result, 0.2, 0.5, 0.3)
    assert len(result.converted.pictures) > 3
    found = [card.path for card in cards(result.plan, result.converted, in_site)]
    assert found[:3] == [paths[1], paths[2], paths[0]]
    assert found[3:] == sorted(found[3:])
    page = render(result)
    headings = re.findall(r'<h3 class="path">([^<]*)</h3>', page)
    assert [html.unescape(heading) for heading in headings] == found
    assert page.index("<dd>0.500</dd>") < page.index("<dd>0.300</dd>")
    assert "<dd>7 of 9</dd>" in page
    assert "a face is lost" in page
    assert "Worst first" in page


def test_what_the_gate_refused_stands_with_its_attempts(result: Result) -> None:
    converted = result.converted
    leader = next(group.leader for group in result.plan.groups if len(group.members) > 1)
    members = next(group.members for group in result.plan.groups if group.leader == leader)
    attempt = Attempt("0.06 bits per pixel", 1_234, 0.412, 3.0, words=(2, 14), problem="<unread>")
    refused: Converted = replace(
        converted,
        rejected=dict.fromkeys(members, (attempt,)),
        replaced=replace(converted.replaced, payloads={}, paths={}),
    )
    rows = {row.path: row for row in conventional(result.plan, refused, in_site)}
    assert rows[leader].attempts == (attempt,)
    assert [row.path for row in rows.values() if row.attempts] == [leader]
    page = render(replace(result, converted=refused))
    assert "Refused by the gate" in page
    row = page.split("0.06 bits per pixel</th>")[1].split("</tr>")[0]
    cells = [html.unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", row)]
    assert cells == ["1,234", "0.412", "3.0", "–", "2 of 14", "–", "–", "<unread>"]


def test_a_large_site_shows_the_worst_and_lists_the_rest(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_module, "_LARGEST_GALLERY", 2)
    result, paths = measured(result, 0.2, 0.5, 0.3)
    page = render(result)
    assert page.count('<article class="card">') == 2
    rest = len(result.converted.pictures) - 2
    assert f"The first 2 are shown; the other {rest} are in the table below them." in page
    table = page.split('aria-label="More pictures"')[1].split("</table>")[0]
    assert table.count("<tr>") == 1 + rest
    assert paths[0] in html.unescape(table)


def test_missing_thumbnails_are_left_out(result: Result) -> None:
    card = cards(result.plan, result.converted, in_site)[0]
    files = {f"report/{card.digest}-base.webp": b"blur"}
    shown = thumbnails(card, files)
    assert shown.blur == "data:image/webp;base64,Ymx1cg=="
    assert (shown.original, shown.reconstruction) == ("", "")
    files = {
        name: data
        for name, data in result.converted.files.items()
        if not name.startswith(REPORT_FILES)
    }
    page = _Reader(render(replace(result, converted=replace(result.converted, files=files))))
    assert page.all_of("src") == []
    assert card.address in page.all_of("href")


def test_originals_may_be_elsewhere_or_nowhere(result: Result) -> None:
    here = cards(result.plan, result.converted, in_site)[0]
    there = _Reader(render(result, locate=lambda path: "https://old.example/" + in_site(path)))
    assert here.address.startswith("../")
    assert here.address.replace("../", "https://old.example/", 1) in there.all_of("href")
    gone = _Reader(render(result, locate=lambda path: ""))
    assert here.address not in gone.all_of("href")
    assert here.edge_address in gone.all_of("href")
    assert "" not in gone.all_of("href")


def test_cost_is_shown_at_a_price_and_can_be_asked_for(result: Result) -> None:
    total = result.figures.total
    free, priced = render(result), render(result, price=2.5, currency="€<b>")
    assert free.count('<tr class="cost" hidden>') == len(re.findall('<tr class="cost"', free))
    assert "<b>" not in re.sub("<b>[^<]*</b>", "", priced)
    sent = wire_bytes(total.to_edge, total.all_requests.to_edge)
    assert f'<td data-bytes="{sent}">{2.5 * sent * 1000 / 1e9:.3f}</td>' in priced
    assert f'<td data-bytes="{sent}"></td>' in free
    assert 'value="2.5"' in priced


def test_hostile_names_stay_text(result: Result) -> None:
    name = '"><script>alert(1)</script>{{ 7*7 }}\udcff\u202e.jpg'
    plan = replace(
        result.plan,
        left_alone={(name, "javascript:alert(1)", name)},
        site=replace(result.plan.site, refused={name: name}),
    )
    figures = SiteFigures(
        {name: Visit({"pages": Hops(5, 1, 1)}, {"pages": Hops(1, 1, 1)})}, Visit()
    )
    page = render(replace(result, plan=plan, figures=figures))
    read = _Reader(page)
    assert [tag for tag, *_ in read.attributes].count("script") == 1
    assert "alert(1)" not in read.inline["script"]
    assert "{{ 7*7 }}" in page
    schemes = {link.split(":")[0] for link in read.all_of("href") if ":" in link}
    assert schemes == set()


def test_only_the_thumbnails_are_for_the_report(result: Result) -> None:
    mine = {name for name in result.converted.files if name.startswith(REPORT_FILES)}
    digests = result.converted.pictures
    assert mine == {f"report/{d}{s}.webp" for d in digests for s in ("", "-base", "-original")}


def test_a_site_without_payloads_has_a_report(result: Result) -> None:
    nothing = Converted(decisions=result.converted.decisions)
    figures = SiteFigures({}, Visit())
    page = render(replace(result, converted=nothing, figures=figures))
    assert "0 pictures travel as payloads" in page
    assert "Reconstructed pictures" not in page
