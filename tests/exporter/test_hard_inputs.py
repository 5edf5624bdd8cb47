"""Text that is no clean HTML or CSS: nothing raises, and only the edits differ."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.charset import CharsetError
from exporter.documents import Document, read_stylesheet
from exporter.folder import Site
from exporter.pages import read_page, read_xhtml
from exporter.plan import Plan
from exporter.rewrite import Replacements, edits_of, head_edit
from exporter.splice import apply_edits, records, undo
from exporter.svg_files import read_svg
from exporter.xml_tokens import XmlError

PICTURE = "_plic/0123456789abcdef/360.webp"
REPLACED = Replacements({"p.jpg": PICTURE}, {"p.jpg": "0123456789abcdef"})


def rewritten(document: Document, *, head: bool = False) -> bytes:
    """A document with all its addresses replaced, as if each named the same photo."""
    plan = Plan(Site(Path()))
    for use in document.uses:
        for slot in use.slots:
            if slot.address.strip():
                plan.targets[document.path, slot.start] = "p.jpg"
    edits = edits_of(document, plan, REPLACED)
    if head and document.head_at is not None:
        edits.append(head_edit(document, "a.css", "b.bases", "c.js"))
    text = document.text
    output = apply_edits(text.text, edits).encode(text.codec)
    assert undo(records(text.text, edits, text.codec), output) == document.data
    return output


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    "marked",
    [
        # What stands between « and » is replaced, and nothing else.
        "<div><p>one<p><b>two</div><img src=«a.jpg» <p><img alt='x>y' src='b.jpg'",
        "{{#each}}<img {{attrs}} src=\"«{{ a['b'] }}»\"{% if x %}alt{% endif %}>{{/each}} {% <b %}",
        "<IMG SRC=\"«A.JPG»\"><PICTURE><SOURCE TYPE=IMAGE/WEBP SRCSET='«B.JPG» 2X'></PICTURE>",
        "<img src='«a\"b.jpg»'><img src=«a.jpg»><input type=image src=«a'b»>",
        "<img src=\"«a.jpg?x=1&amp;y=2&copy=3&#x26;»\"><i style='background:url(&quot;«a»&quot;)'>",
        "<!doctype html>\r\n<img\r\nsrc\r\n=\r\n\"«a.jpg»\"\r\nalt=''>\r\n\r\n<br>\n\r<p>\r",
        "<title>é€𝄞</title><img alt='é€𝄞' src=\"«é€𝄞.jpg»\">é€𝄞",
        "<img src=«a»><plaintext><img src=b.jpg></plaintext><style>a{background:url(c)}</style>",
        "<script>x='<img src=a.jpg>'<!--<script>'</script><img src=b>'--></script><img src=«c»>",
        "<!-- <img src=a> --!><img src=«b»><!--><img src=«c»><!---><!-- <img src=d>",
        "<!--[if IE]><img src=a><![endif]--><![if !IE]><img src=«b»><![endif]><? <img src=c> ?>",
        "<svg><image href='«a\"/><style>»'/><![CDATA[<img src=b>]]></svg><![CDATA[<img src=c>]]>",
        "<textarea><img src=a></textarea><noscript><img src=«b»></noscript><xmp><img src=c></xmp>",
        "<style>/* url(a) */a{background:url( «b\\).jpg» )}<!-- b{background:url('«c»')}\r</style>",
        "<img srcset=',, «a,b» 1x,,«c», «d(»' src=  «x»><img \x01 src=«\x01y»>",
        "<iframe srcdoc='<img src=\"«a.jpg»\"><img src=«b&amp;c» title=&#39;>&#39;>'></iframe>",
        "<iframe srcdoc=\"é<p style='content:url(«a»)'>&Eth;<img srcset='«a» 1x,«b»&#x20;2x'>\">",
        "<iframe srcdoc='<iframe srcdoc=&quot;&amp;lt;img src=&amp;#34;«a»&amp;#34;>&quot;>'>",
        "<iframe srcdoc=&lt;img&#32;src=«a»&gt;<img&#32;src=b>",
        "<iframe srcdoc='<style>a{background:url(«a»)}&lt;/style>' data-plic=é>",
        "</p </b/><br/><img/src=«a/»>=<img =src=b src=«c»><img src=«d» src=e><img src><img src=>",
    ],
)
def test_only_what_is_marked_differs(marked: str, codec: str) -> None:
    data = re.sub("[«»]", "", marked).encode(codec)
    expected = re.sub("«[^»]*»", PICTURE, marked)
    output = rewritten(read_page("a.html", data)).decode(codec)
    assert output.replace('loading="lazy" ', "") == expected


def test_a_pages_links_stand_behind_the_byte_order_mark() -> None:
    for codec in ("utf-8-sig", "utf-16"):
        page = "<img src=a><!doctype html>".encode(codec)
        output = rewritten(read_page("a.html", page), head=True)
        assert output.decode(codec).startswith("<link ")


_HTML = [
    "<!doctype html>", "<head>", "</head>", "<body>", "<html ", "<base href=x/>", "<picture>",
    "</picture>", "<source type=image/avif srcset='a, b 2x' data-srcset=", "<img src=a ",
    "<IMG SRC='a&amp;b'", "<image href=a xlink:href=b>", " style='background:url(&quot;a", "type=",
    "<style>a{background:url(b)}", "</style>", "<noscript>", "</noscript>", "<template>", "<svg>",
    "</svg>", "<math>", "<mi>", "<foreignObject>", "<title>", "</title>", "<p>", "</p>", "</div>",
    "<div ", "data-plic=off ", "<script>", "</script>", "<!--", "-->", "<![CDATA[", "]]>",
    "<textarea>", "<plaintext>", "<video poster=a>", "<input type=image src=", "<link rel=preload ",
    "as=image ", "imagesrcset='a 1x' ", "href=a ", "<meta charset=utf-8>", "<meta charset=big5>",
    "<iframe srcdoc='&lt;img src=&quot;a&quot;>", "<iframe srcdoc=\"<img src='a'>", "&lt;",
    "<object type=image/jpeg data=a.jpg ", "<td background=a ", "<figure>", "</figure>", "&bne;",
    "<figcaption>", "data-plic='high x'", "alt='&eacute;'", "<style type=a>", "&quot;", "&nvgt;",
    "{{ a }}", "{% b %}", "&amp;", "&#x61;", "loading ", "srcset=", "src=",
]  # fmt: skip
_CSS = [
    "@charset \"utf-8\";", "@import url(a);", "@media x{", "a{", "}", "background:", "content:",
    "url(", "URL( 'a", "image-set(", "type('image/png')", "src(", "1x,", ";", "/*", "*/", "<!--",
    "-->", "\\", "\\29 ", "U+1", "--x:", "object-fit:contain", "mask:url(b)", "var(--x,",
]  # fmt: skip
_MARKS = [*"<>/='\"& \n\r\t\f;:,(){}[]!-?#%@\0aé€𝄞\ufeff", "\r\n"]
_CODECS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1", "big5", "cp932"])


def texts(words: list[str]) -> st.SearchStrategy[bytes]:
    pieces = st.lists(st.sampled_from([*words, *words, *_MARKS]), max_size=40).map("".join)
    return st.builds(lambda text, codec: text.encode(codec, "ignore"), pieces, _CODECS)


def survives(read: Callable[[str, bytes], Document], path: str, data: bytes) -> None:
    """Reading, editing and taking the edits back works, and the edits arrive where they should."""
    try:
        document = read(path, data)
    except (CharsetError, XmlError):
        return
    if document.place.folder is None:
        return
    output = rewritten(document, head=True)
    again = read(path, output)
    assert [use.shown_by for use in again.uses] == [use.shown_by for use in document.uses]
    assert rewritten(again) == output


def test_links_never_become_text() -> None:
    before = "<!doctype html><meta charset=utf-8>"
    for opening in ("<noscript>", "<title>", "<script>", "<style>"):
        assert read_page("a.html", f"{before}{opening}<p>".encode()).head_at == len(before)


def test_no_depth_is_a_danger() -> None:
    for opening in ("<noscript>", "<svg><desc>", "<div data-plic=off>", "<template>", "<picture>"):
        page = f"<!doctype html>{opening * 3000}<img src=a>"
        assert rewritten(read_page("a.html", page.encode()))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts(_HTML))
def test_any_page(data: bytes) -> None:
    survives(read_page, "a.html", data)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts(_CSS))
def test_any_stylesheet(data: bytes) -> None:
    survives(read_stylesheet, "a.css", data)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts(_HTML))
def test_any_svg_file(data: bytes) -> None:
    survives(read_svg, "a.svg", data)
    namespace = b"<svg xmlns='http://www.w3.org/2000/svg'>"
    survives(read_svg, "a.svg", namespace + data + b"<image href='a'/></svg>")


_XML = [
    "<p>", "</p>", "<p/>", "<img src='a'/>", "<img src=\"a&amp;b\" alt='&#233;'></img>", "<svg:g>",
    "</svg:g>", "<svg:image x:href='a'/>", "<picture>", "</picture>", "<source srcset='a, b 2x'/>",
    "<style>a{background:url(b)}</style>", "<style><![CDATA[a>b{content:url(c)}]]></style>",
    "<iframe srcdoc='&lt;img src=&quot;a&quot;>'/>", "<table background='a'/>", "<!-- <img/> -->",
    "<![CDATA[<img/>]]>", "<?a <img?>", "<script>", "</script>", "&e;", "<IMG src='&e;'/>", "\r\n",
    "<div data-plic='off'>", "</div>", "<figure>", "</figure>", "é", "𝄞", "<title><img/></title>",
]  # fmt: skip
_XHTML = (
    "{}<!DOCTYPE html [<!ENTITY e '<img src=\"a\"/>'>]>"
    "<html xmlns='http://www.w3.org/1999/xhtml' xmlns:svg='http://www.w3.org/2000/svg'"
    " xmlns:x='http://www.w3.org/1999/xlink'><head></head><body>{}</body></html>"
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(_XML), max_size=12).map("".join), _CODECS)
def test_any_xhtml_page(body: str, codec: str) -> None:
    declared = f"<?xml version='1.0' encoding='{codec.removesuffix('-sig')}'?>"
    data = _XHTML.format("" if codec.startswith("utf") else declared, body).encode(codec, "ignore")
    survives(read_xhtml, "a.xhtml", data)
    try:
        document = read_xhtml("a.xhtml", data)
    except (CharsetError, XmlError):
        return
    assert document.is_xml
    assert document.head_at is not None
    read_xhtml("a.xhtml", rewritten(document, head=True))  # still well-formed


@pytest.mark.slow
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts([*_HTML, *_CSS]))
def test_5000_pages(data: bytes) -> None:
    survives(read_page, "a.html", data)


@pytest.mark.slow
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts(_CSS))
def test_5000_stylesheets(data: bytes) -> None:
    survives(read_stylesheet, "a.css", data)
