"""Stylesheets that declare no encoding: they have that of the page that loads them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exporter.cache import Cache
from exporter.folder import scan
from exporter.plan import Plan, make_plan

PHOTO = Path(__file__).parent / "site" / "images" / "dress-360.jpg"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in ("é.jpg", "ア.jpg"):
        shutil.copy(PHOTO, tmp_path / name)
    return tmp_path


def page(site: Path, name: str, charset: str, sheet: str = "a.css") -> None:
    html = f"<!doctype html><meta charset={charset}><link rel=stylesheet href={sheet}>"
    (site / name).write_bytes(html.encode(charset))


def plan_of(site: Path) -> Plan:
    return make_plan(scan(site), Cache(site), 1, lambda *_: None)


def reasons(plan: Plan, path: str) -> list[str]:
    return [reason for file, _, reason in plan.left_alone if file == path]


@pytest.mark.parametrize(
    ("charset", "name"),
    [("utf-8", "ア.jpg"), ("windows-1252", "é.jpg"), ("shift_jis", "ア.jpg"), ("euc-jp", "ア.jpg")],
)
def test_it_is_that_of_the_page(site: Path, charset: str, name: str) -> None:
    page(site, "index.html", charset)
    (site / "a.css").write_bytes(f"a{{background:url({name})}}".encode(charset))
    assert list(plan_of(site).facts) == [name]


def test_imported_sheets_take_it_over_even_through_one_in_ascii(site: Path) -> None:
    page(site, "index.html", "windows-1252")
    (site / "a.css").write_text("@import url(b.css);")
    (site / "b.css").write_bytes("@import 'a.css'; a{background:url(é.jpg)}".encode("cp1252"))
    assert list(plan_of(site).facts) == ["é.jpg"]


def test_a_declaration_comes_first(site: Path) -> None:
    page(site, "a.html", "windows-1252")
    page(site, "b.html", "shift_jis")
    (site / "a.css").write_text('@charset "utf-8"; a{background:url(ア.jpg)}')
    plan = plan_of(site)
    assert list(plan.facts) == ["ア.jpg"]
    assert reasons(plan, "a.css") == []


def test_in_two_encodings_it_is_left_alone_unless_they_agree(site: Path) -> None:
    page(site, "a.html", "windows-1252")
    page(site, "b.html", "utf-8")
    page(site, "c.html", "utf-8", "c.css")
    page(site, "d.html", "windows-1252", "c.css")
    (site / "a.css").write_text("a{background:url(é.jpg)}")
    (site / "c.css").write_text("a{background:url(%E3%82%A2.jpg)}")
    plan = plan_of(site)
    (reason,) = reasons(plan, "a.css")
    assert reason == "declares no encoding and is loaded in different ones: cp1252, utf-8"
    assert list(plan.facts) == ["ア.jpg"]
    assert reasons(plan, "c.css") == []


def test_what_no_page_loads_is_utf_8(site: Path) -> None:
    page(site, "a.html", "utf-16", "none.css")
    (site / "a.css").write_text("a{background:url(é.jpg)}")
    assert list(plan_of(site).facts) == ["é.jpg"]
