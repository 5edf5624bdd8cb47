"""What pages say of their pictures, and what becomes of it: `data-plic`, texts, wishes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exporter.cache import Cache
from exporter.documents import Document
from exporter.folder import scan
from exporter.pages import read_page
from exporter.plan import Plan, make_plan
from exporter.settings import LEVELS, Wish

PHOTO = Path(__file__).parent / "site" / "images" / "dress-360.jpg"


def read(html: str, codec: str = "utf-8") -> Document:
    return read_page("a.html", html.encode(codec))


@pytest.mark.parametrize(
    ("html", "marks"),
    [
        ("<img src=a>", [()]),
        ("<section data-plic=high><img data-plic=payload src=a></section><img src=b>",
         [("high", "payload"), ()]),
        ("<p data-plic='low webp'><img data-plic=HIGH src=a>", [("webp", "high")]),
        ("<p data-plic=payload><p><img src=a>", [()]),
        ("<div data-plic=high><picture><source srcset=b><img src=a data-plic=low></picture>",
         [("low",), ("low",)]),
        ("<div data-plic=high><style>a{background:url(a)}</style><i style='background:url(b)'>",
         [("high",), ("high",)]),
        ("<div data-plic='off high'><b data-plic=payload><img src=a>", []),
        ("<picture><source srcset=b><img src=a data-plic=off></picture><img src=c>", [()]),
    ],
)  # fmt: skip
def test_words_hold_inside_and_the_inner_ones_win(html: str, marks: list[tuple[str, ...]]) -> None:
    document = read(html)
    assert [use.marks for use in document.uses] == marks
    assert document.remarks == []


def test_words_that_are_not_known_are_named() -> None:
    document = read("<p data-plic='hgih low'><img src=a><img src=b data-plic=x>")
    assert [use.marks for use in document.uses] == [("low",), ("low",)]
    assert document.remarks == [
        'data-plic="hgih" is not understood', 'data-plic="x" is not understood'
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<img src=a alt=' a &quot;red&quot;\n caf\u00e9 &eacute; ' title=t>", ['a "red" café é']),
        ("<img src=a alt='' title=t><img src=b>", ["t", ""]),
        ("<figure><img src=a title=t><img src=b alt=Bread><figcaption>A <b>red</b> <!-- x -->dress"
         "<script>x</script>&amp;\ncap</figcaption></figure><img src=c>",
         ["A red dress& cap", "Bread", ""]),
        ("<figure><figcaption>out</figcaption><figure><img src=a><figcaption>in</figcaption>"
         "<figcaption>no</figcaption></figure><img src=b></figure>", ["in", "out"]),
        ("<figure><noscript><img src=a></noscript><figcaption>late</figure>", ["late"]),
        ("<picture><source title=no srcset=b><img src=a alt=A></picture>", ["A", "A"]),
        ("<link rel=preload as=image href=a title=no><style title=no>a{background:url(a)}</style>",
         ["", ""]),
        ("<video poster=a title=film></video><input type=image src=b alt=go>", ["film", "go"]),
        (f"<img src=a alt='{'wide ' * 100}'>", [("wide " * 100).strip()]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_texts(html: str, texts: list[str], codec: str) -> None:
    assert [use.text for use in read(html, codec).uses] == texts


def test_texts_in_broken_encodings_stay_writable() -> None:
    document = read_page("a.html", b"<img src=a alt='a\xff\xfeb'>")
    assert document.uses[0].text.encode()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    shutil.copy(PHOTO, tmp_path / "p.jpg")
    (tmp_path / "q.jpg").write_bytes(PHOTO.read_bytes() + b"other")
    return tmp_path


def plan_of(site: Path, *bodies: str, **options: object) -> Plan:
    for number, body in enumerate(bodies):
        (site / f"{number}.html").write_text(f"<!doctype html>{body}")
    return make_plan(scan(site), Cache(site), 1, lambda *_: None, **options)  # type: ignore[arg-type]


def test_wishes_are_merged_over_all_places(site: Path) -> None:
    plan = plan_of(
        site,
        "<img src=p.jpg data-plic='payload low'><img src=q.jpg data-plic=off alt=not>",
        "<img src=p.jpg data-plic=webp alt=first><img src=q.jpg>",
        "<img src=p.jpg data-plic=high alt=second>",
    )
    assert plan.wishes == {"p.jpg": Wish("webp", LEVELS["high"], said="first"), "q.jpg": Wish()}
    assert plan.decisions["q.jpg"].action == "payload"
    assert ("0.html", "q.jpg", 'stands inside data-plic="off"') in plan.left_alone


def test_pages_come_before_the_settings_file(site: Path) -> None:
    owner = {"p.jpg": Wish("leave", 0.5, "owner"), "q.jpg": Wish("webp", None, "owner")}
    plan = plan_of(site, "<img src=p.jpg data-plic=payload><img src=q.jpg>", wishes=owner.get)
    assert plan.wishes == {"p.jpg": Wish("payload", 0.5, "owner"), "q.jpg": owner["q.jpg"]}


def test_sizes_of_one_picture_share_a_wish_but_not_against_it(site: Path) -> None:
    (site / "q.jpg").write_bytes(PHOTO.read_bytes())
    page = "<img src=p.jpg srcset='q.jpg 2x' alt=both>"
    plan = plan_of(site, page, "<img src=q.jpg data-plic=high>")
    assert set(plan.wishes.values()) == {Wish(None, LEVELS["high"], said="both")}
    assert [group.members for group in plan.groups] == [("p.jpg", "q.jpg")]
    plan = plan_of(site, page, "<img src=q.jpg data-plic=webp>")
    assert ("p.jpg",) in [group.members for group in plan.groups]
    assert plan.wishes["q.jpg"].action == "webp"


def test_what_is_excluded_is_left_alone(site: Path) -> None:
    (site / "a.css").write_text("a { background: url(q.jpg) }")
    plan = plan_of(
        site,
        "<link rel=stylesheet href=a.css><img src=p.jpg>",
        "<img src=q.jpg>",
        chosen=lambda path: path not in ("p.jpg", "1.html"),
    )
    assert {file: reason for file, _, reason in plan.left_alone} == {
        "p.jpg": "excluded by plic.toml",
        "1.html": "excluded by plic.toml",
    }
    assert list(plan.facts) == ["q.jpg"]
    assert "1.html" not in plan.documents
