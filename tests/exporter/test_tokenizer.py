"""The tokenizer sees what a browser sees, at the right positions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.tokenizer import RawText, Tag, tokenize


def images(html: str) -> list[str]:
    """The raw `src` of each `img` that a browser would make."""
    found = []
    for token in tokenize(html):
        if isinstance(token, Tag) and token.name == "img" and (src := token.get("src")):
            found.append(html[src.value_start : src.value_end])
    return found


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<img src=a>", ["a"]),
        ("<IMG\tSRC\n=\r\n'a b' >", ["a b"]),
        ('<img alt="a>b" src="c">', ["c"]),
        ("<img src=a/>", ["a/"]),
        ("<img/src=a/alt=b>", ["a/alt=b"]),
        ("<img/src='a'/alt=b>", ["a"]),
        ("<img src=a src=b>", ["a"]),
        ("<img src>", [""]),
        ("<img src=>", [""]),
        ("<img =src=a src=b>", ["b"]),
        ("<img {{#if x}}src=a{{/if}} src=b>", ["b"]),
        ("<img src=a", []),
        ("<img src='a>", []),
        ("a < b <img src=a> 1<2", ["a"]),
        ("<!-- <img src=a> --><img src=b>", ["b"]),
        ("<!--><img src=a>-->", ["a"]),
        ("<!---><img src=a>", ["a"]),
        ("<!-- --!><img src=a>", ["a"]),
        ("<!-- <img src=a>", []),
        ("<!--[if IE]><img src=a><![endif]--><img src=b>", ["b"]),
        ("<![if !IE]><img src=a><![endif]>", ["a"]),
        ("<?php <img src=a> ?><img src=b>", ["b"]),
        ("</ <img src=a>x<img src=b>", ["b"]),
        ("</><img src=a>", ["a"]),
        ("</p <img src=a><img src=b>", ["b"]),
        ("<title><img src=a></title><img src=b>", ["b"]),
        ("<textarea><img src=a></textareas></textarea ><img src=b>", ["b"]),
        ("<script>'<img src=a>'</script><img src=b>", ["b"]),
        ("<script><!-- <script> </script> <img src=a> --></script><img src=b>", ["b"]),
        ("<script><!-- </script><img src=b>", ["b"]),
        ("<script><!--><script></script><img src=b>", ["b"]),
        ("<style><img src=a></style><img src=b>", ["b"]),
        ("<iframe><img src=a></iframe><img src=b>", ["b"]),
        ("<xmp><img src=a></XMP\n><img src=b>", ["b"]),
        ("<plaintext><img src=a></plaintext><img src=b>", []),
        ("<svg><title><img src=a></title></svg>", ["a"]),
        ("<svg><style><path/></style><![CDATA[<img src=a>]]></svg><img src=b>", ["b"]),
        ("<svg><path><img src=a><style><img src=b></style>", ["a"]),
        ("<svg/><style><img src=a></style><img src=b>", ["b"]),
        ("<svg><foreignObject><style><img src=a></style></foreignObject></svg>", []),
        ("<![CDATA[<img src=a>]]><img src=b>", ["b"]),
        ("<div><svg></div><style><img src=a></style>", []),
        ("<svg><g></div><style><img src=a></style>", ["a"]),
        ("<svg><foreignObject></svg><style><img src=a></style>", []),
        ("<div><svg><foreignObject></div><style><img src=a></style>", []),
        ("<svg></p><style><img src=a></style>", []),
        ("<math><mtext><b></b></mtext><style><img src=a></style>", ["a"]),
        ("<math><mi><style><img src=a></style>", []),
        ("<math><title><img src=a></title>", ["a"]),
        ("<math><annotation-xml><style><img src=a></style>", ["a"]),
        ("<math><annotation-xml encoding='Text/HTML'><style><img src=a></style>", []),
        ("<math><annotation-xml><svg><title><style><img src=a></style>", []),
        ("<svg><font><style><img src=a></style>", ["a"]),
        ("<svg><font color=red><style><img src=a></style>", []),
        ("<svg></body><style><img src=a></style>", ["a"]),
        ("<img-x src=a><imgx src=b><img\fsrc=c>", ["c"]),
        ("<ımg src=a>", []),
    ],
)
def test_tags_are_those_of_a_browser(html: str, expected: list[str]) -> None:
    assert images(html) == expected


def test_noscript_is_handed_out_to_be_tokenized_on_its_own() -> None:
    html = '<noscript><img alt="</noscript><img src=a>'
    (raw,) = (token for token in tokenize(html) if isinstance(token, RawText))
    assert html[raw.start : raw.end] == '<img alt="'
    assert images(html) == ["a"]


@pytest.mark.parametrize(
    ("html", "namespaces"),
    [
        ("<image>", ["html"]),
        ("<svg><image>", ["svg", "svg"]),
        ("<svg/><image>", ["svg", "html"]),
        ("<svg><p><image>", ["svg", "html", "html"]),
        ("<svg><desc><image></desc><image>", ["svg", "svg", "html", "svg"]),
        ("<math><image><svg>", ["math", "math", "math"]),
        ("<template><svg></template><image>", ["html", "svg", "html"]),
    ],
)
def test_namespaces(html: str, namespaces: list[str]) -> None:
    tags = (tag for tag in tokenize(html) if isinstance(tag, Tag) and not tag.closing)
    assert [tag.namespace for tag in tags] == namespaces


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<svg><style>a{}</style>", ["a{}"]),
        ("<svg><STYLE> <![CDATA[a{}]]> </STYLE>", ["a{}"]),
        ("<svg><style>a{}<!-- --></style>", []),
        ("<svg><style>a{content:'&amp;'}</style>", []),
        ("<svg><style><![CDATA[a{}", []),
        ("<svg><style><![CDATA[a{}]]>b{}</style>", []),
        ("<svg><style/>a{}</style>", []),
        ("<math><style>a{}</style>", []),
    ],
)
def test_plain_styles_of_svg(html: str, expected: list[str]) -> None:
    found = [token for token in tokenize(html) if isinstance(token, RawText)]
    assert [html[raw.start : raw.end] for raw in found] == expected


def test_positions_of_a_tag() -> None:
    html = 'x<a  Href = "b&amp;c"/>y'
    (tag,) = tokenize(html)
    assert isinstance(tag, Tag)
    (attribute,) = tag.attributes
    assert (html[tag.start : tag.end], tag.self_closing) == ('<a  Href = "b&amp;c"/>', True)
    assert (attribute.name, html[attribute.start :][:4]) == ("href", "Href")
    assert html[attribute.value_start : attribute.value_end] == "b&amp;c"


_WORDS = [
    "<img src=",
    "<!--",
    "-->",
    "<script>",
    "</script>",
    "<svg>",
    "<style>",
    "<![CDATA[",
    "]]>",
]
_PIECES = st.sampled_from([*"<>/!='\"- \n&;x\0é", *_WORDS])


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_any_text_gives_tokens_in_order(html: str) -> None:
    at = 0
    for token in tokenize(html):
        assert at <= token.start <= token.end <= len(html)
        if isinstance(token, Tag):
            assert html[token.start] == "<"
            assert html[token.end - 1] == ">"
            for attribute in token.attributes:
                assert token.start < attribute.start <= attribute.value_start
                assert attribute.value_start <= attribute.value_end < token.end
            at = token.start if token.name in ("noscript", "style") else token.end
        else:
            at = token.end
