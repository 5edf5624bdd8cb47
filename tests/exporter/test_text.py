"""Encodings, character references, srcset, splicing: the small parts of rewriting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.characters import decode_attribute
from exporter.charset import CharsetError, read_text
from exporter.splice import Edit, apply_edits, records, undo
from exporter.srcset import parse_srcset


@pytest.mark.parametrize(
    ("data", "codec", "charset"),
    [
        (b"<p>plain", "latin-1", "utf-8"),
        (b"\xef\xbb\xbf<p>", "latin-1", "utf-8"),
        (b"<meta charset=windows-1252>\xe9", "latin-1", "cp1252"),
        (b"<meta charset='ISO-8859-1'>\xe9", "latin-1", "cp1252"),
        (
            b'<meta http-equiv=Content-Type content="text/html; charset=koi8-r">',
            "latin-1",
            "koi8-r",
        ),
        (b'@charset "shift_jis";\x83\x5c', "cp932", "cp932"),
        ("\ufeffé".encode("utf-16-le"), "utf-16-le", "utf-16-le"),
        ("\ufeffé".encode("utf-16-be"), "utf-16-be", "utf-16-be"),
        (b"\xff not utf-8 at all", "latin-1", "utf-8"),
        (b"<!-- <meta charset=big5> --><meta charset=x-mac-cyrillic>", "latin-1", "mac-cyrillic"),
        (b"<meta charset=x-user-defined>\xff", "latin-1", "cp1252"),
        (b"<meta charset=ks_c_5601-1987>\xb0\xa1", "cp949", "cp949"),
        (b"<meta charset=big5>\xa5\x5c", "big5hkscs", "big5hkscs"),
        (b"<?xml version='1.0' encoding='iso-8859-5'?><svg/>", "latin-1", "iso8859-5"),
        (b'<?xml encoding="big5"?><meta charset=utf-8>', "latin-1", "utf-8"),
    ],
)
def test_any_readable_file_comes_back_byte_for_byte(data: bytes, codec: str, charset: str) -> None:
    text = read_text(data, kind="css" if data.startswith(b"@") else "html")
    assert (text.codec, text.charset) == (codec, charset)
    assert text.text.encode(text.codec) == data


@pytest.mark.parametrize(
    ("data", "kind", "charset"),
    [
        (b"/* <meta charset=big5> */", "css", "cp1251"),
        (b'/**/@charset "big5";', "css", "cp1251"),
        (b'@charset "utf-16le";', "css", "utf-8"),
        (b"\xef\xbb\xbf@charset 'x'", "css", "utf-8"),
        (b"<svg><meta charset='big5'/></svg>", "xml", "cp1251"),
        (b"<?xml version='1.0' encoding='KOI8-R'?><meta charset='big5'/>", "xml", "koi8-r"),
    ],
)
def test_each_kind_of_file_declares_in_its_own_way(data: bytes, kind: str, charset: str) -> None:
    assert read_text(data, kind, "cp1251").charset == charset


@pytest.mark.parametrize(
    "data",
    [
        b"<meta charset=no-such-thing>",
        b"<meta charset=iso-2022-jp>",
        b"<meta charset=hz-gb-2312>",
        b"<meta charset=shift_jis>\x83",
        b"\xff\xfeodd",
        b"\0\0binary",
    ],
)
def test_what_could_be_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(CharsetError):
        read_text(data)


def test_readable_gives_the_authors_characters() -> None:
    text = read_text("<p>é".encode())
    assert text.text[3:] != "é"
    assert text.readable(text.text[3:]) == "é"
    assert read_text(b"<meta charset=cp1252>\xe9").readable("\xe9") == "é"


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "shift_jis"])
def test_written_is_what_the_author_would_have_written(charset: str) -> None:
    text = read_text(f"<meta charset={charset}>".encode())
    assert text.readable(text.written("ア")) in ("ア", "%E3%82%A2")
    assert text.readable(text.written("é")) == "é"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a&amp;b", "a&b"),
        ("a&ampb", "a&ampb"),
        ("a&amp=b", "a&amp=b"),
        ("a&amp b", "a& b"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("&copy;", "%C2%A9"),
        ("&notin;&noti;", "%E2%88%89&noti;"),
        ("&#x41;&#66;&#67 &#X44", "ABC D"),
        ("&;&#;&# &#x;&", "&;&#;&# &#x;&"),
        ("&nosuch;", "&nosuch;"),
    ],
)
def test_character_references(raw: str, text: str) -> None:
    decoded = decode_attribute(raw)
    assert decoded.text == text
    assert len(decoded.at) == len(text) + 1
    assert decoded.at[-1] == len(raw)
    assert list(decoded.at) == sorted(decoded.at)


@pytest.mark.parametrize(
    ("srcset", "expected"),
    [
        ("a", [("a", "")]),
        (" a 1x , b 2x ", [("a", "1x"), ("b", "2x")]),
        ("a,b", [("a,b", "")]),
        ("a, b", [("a", ""), ("b", "")]),
        ("a,,, b 100w", [("a", ""), ("b", "100w")]),
        (",a 1x,", [("a", "1x")]),
        (
            "data:image/png;base64,AA== 1x, b 2x",
            [("data:image/png;base64,AA==", "1x"), ("b", "2x")],
        ),
        ("a (x,y) 1x, b", [("a", "(x,y) 1x"), ("b", "")]),
        ("", []),
        (" , ", []),
    ],
)
def test_srcset(srcset: str, expected: list[tuple[str, str]]) -> None:
    found = parse_srcset(srcset)
    assert [(srcset[c.start : c.end], c.descriptor) for c in found] == expected


def test_overlapping_edits_are_an_error() -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply_edits("abcdef", [Edit(0, 3, "x"), Edit(2, 4, "y")])
    with pytest.raises(ValueError, match="overlaps"):
        apply_edits("abc", [Edit(2, 4, "x")])


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5), st.text())))
def test_edits_can_be_undone_byte_for_byte(text: str, wanted: list[tuple[int, int, str]]) -> None:
    edits: list[Edit] = []
    for start, length, replacement in sorted(wanted):
        end = start + length
        if end <= len(text) and (not edits or start >= edits[-1].end):
            edits.append(Edit(start, end, replacement))
    output = apply_edits(text, edits).encode()
    assert undo(records(text, edits, "utf-8"), output) == text.encode()


def test_undo_refuses_a_file_that_was_changed() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        undo([(5, 3, "abc")], b"short")
