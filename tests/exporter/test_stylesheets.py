"""Pictures in CSS, by position."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.stylesheets import find_pictures


def found(css: str, **options: bool) -> list[str]:
    pictures = find_pictures(css, **options)
    return [css[c.address.start : c.address.end] for group in pictures.groups for c in group]


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("a{background:url(x.jpg)}", ["x.jpg"]),
        ("a{BACKGROUND-IMAGE:URL( 'x y.jpg' )}", ["x y.jpg"]),
        ('a{background:#fff url(\tx.jpg\r\n) no-repeat,url("y.jpg")}', ["x.jpg", "y.jpg"]),
        ("a{background:url(x\\).jpg)}", ["x\\).jpg"]),
        ("a{background:url(x.jpg", ["x.jpg"]),
        ("a{background:url('x.jpg", ["x.jpg"]),
        ("a{background:linear-gradient(red,blue),url(x.jpg)}", ["x.jpg"]),
        ("@media x{a:hover{background:url(x.jpg)}}b{}", ["x.jpg"]),
        ("a{&:hover{background:url(x.jpg)}color:red;background:url(y.jpg)}", ["x.jpg", "y.jpg"]),
        ("a::before{content:url(x.jpg)}", ["x.jpg"]),
        ("a{background:image-set('x.jpg' 1x,url(y.jpg) 2x)}", ["x.jpg", "y.jpg"]),
        ("\u00ef\ra{b:c}\r\n\fa{background:url(x.jpg)}", ["x.jpg"]),
        ("/* a{background:url(x.jpg)} */", []),
        ("a{/* ; */background/**/:/**/url(x.jpg)}", ["x.jpg"]),
        ("a{cursor:url(x.cur);mask:url(x.png);border-image:url(x.png) 3;--x:url(x.png)}", []),
        ("@font-face{src:url(x.woff)}@import url(x.css);@namespace url(x);", []),
        ("background:url(x.jpg)", []),
        ("a{background:'x.jpg'}", []),
        ("a{background:u\\72l(x.jpg)}", []),
    ],
)
def test_addresses(css: str, expected: list[str]) -> None:
    assert found(css) == expected


def test_style_attributes_hold_declarations() -> None:
    assert found("color:red;background:url(x.jpg)", declarations=True) == ["x.jpg"]


def test_image_sets_stand_together_with_their_types() -> None:
    css = "a{background:-webkit-image-set(url(x.png) type('image/png') 1x,url(y.png) 2x)}"
    ((first, second),) = find_pictures(css).groups
    assert first.type is not None
    assert css[first.type.start : first.type.end] == "image/png"
    assert second.type is None


def test_imports_and_escapes() -> None:
    pictures = find_pictures("@import 'a.css' screen;@import url(b.css);a{background:url(x\\26 y)}")
    assert pictures.imports == ["a.css", "b.css"]
    assert pictures.groups[0][0].address.value == "x&y"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("img", {"img"}),
        (".card > img.photo:hover, #top .wide", {".photo", ".wide"}),
        (".a img", {"img"}),
        ("*", {"*"}),
        ("[alt]", {"*"}),
    ],
)
def test_pictures_whose_box_shows(selector: str, expected: set[str]) -> None:
    assert find_pictures(f"{selector}{{object-fit:contain}}").fitted == expected
    assert find_pictures(f"{selector}{{object-fit:cover}}").fitted == set()


def test_deep_nesting_is_no_danger() -> None:
    find_pictures("a{" * 5000 + "background:" + "f(" * 5000 + "url(x.jpg)")


_WORDS = ["url(", "background:", "image-set(", "@import ", "/*", "*/", "<!--", "U+", "type("]
_PIECES = st.sampled_from([*"{}()[];:,'\"\\/* \n\r\fa@#\0é", *_WORDS])


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_any_text_gives_positions_inside_it(css: str) -> None:
    at = 0
    for group in find_pictures(css).groups:
        for candidate in group:
            for place in (candidate.address, candidate.type):
                assert place is None or 0 <= place.start <= place.end <= len(css)
            assert candidate.address.start >= at
            at = candidate.address.end
