"""Where a prompt comes from, and what is taken out of it."""

from __future__ import annotations

import html
import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.marks import CODE, TEXT, Mark
from exporter.prompt import clean, prompt_of
from plic_web.payload.keep import Rect
from plic_web.payload.text import MAX_CHARACTERS, decode_text, encode_text

NAMED = "a/summer-market.jpg"

# Pieces that cleaning takes out or must not part, to be thrown together.
PIECES = st.sampled_from(
    ["&amp;", "&lt;", "&#8203;", "<b>", "</b>", "<!--", "-->", "<", ">", "https://x.org/a", "www.",
     "@", "jo@x.org", ".com", "(", ")", " ", "\u200b", "\u200d", "\u0301", "e", "\u00a0", "\ud800",
     "\x00", "\ufffd", "🇺", "🇬", "👩", "🏽", "क", "्", "ष", "각", "ᆨ", "ﾞ", "กำ", ".", ",", "-", "ab"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=400), st.lists(PIECES, max_size=400).map("".join))


def line(text: str, height: int, width: int = 300) -> Mark:
    return Mark(TEXT, Rect(0, 0, width, height), text=text)


@pytest.mark.parametrize(
    "said",
    ["", "image", "Photo 3", "PICTURE", "logo", "IMG_1234", "DSC_0023.JPG", "...", "16a", "9x10",
     "Alternate text", "alt text", "Image of", "null", "Lorem ipsum 07", "Bild 1", "photo de",
     "imagen", "Foto", "Imagem sem título", "zdjęcie", "изображение", "صورة", "תמונה", "चित्र",
     "รูปภาพ", "图片1", "写真", "이미지", "hình ảnh", "550e8400-e29b-41d4-a716-446655440000", "📷",
     "photo: https://example.org/a.jpg", "<img>"],
)  # fmt: skip
def test_words_that_say_nothing_are_passed_over(said: str) -> None:
    assert prompt_of(said, NAMED, ()) == "summer market"


@pytest.mark.parametrize(
    "said",
    ["A red barn mirrored in a pond", "Stivali", "DaMaC Logo", "Photo of the market", "市场",
     "रविवार का बाज़ार", "سوق الصيف", "Sneakers & Tennis", "Foto: Marktstand in Köln", "a café"],
)  # fmt: skip
def test_the_page_comes_first(said: str) -> None:
    assert prompt_of(said, NAMED, [line("Bakery", 40)]) == unicodedata.normalize("NFC", said)


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        ("summer-market-kampala_800x600@2x-scaled.jpg", "summer market kampala"),
        ("SummerMarketKampala.JPG", "Summer Market Kampala"),
        ("kampala-market-300x200.jpg", "kampala market"),
        ("kampala-market-e1600000000-1024x683.jpeg", "kampala market"),
        ("800px-Kampala_Market.jpg", "Kampala Market"),
        ("flower-123456_1280.jpg.webp", "flower"),
        ("IMG_2034-red-barn.jpg", "red barn"),
        ("photo-of-a-bakery.jpg", "photo of a bakery"),
        ("clothing-9044c1d9.jpg", "clothing"),
        ("caf%C3%A9-au-lait.jpg", "café au lait"),
        ("cafe\u0301-au-lait.jpg", "café au lait"),
        ("рынок-в-городе.jpg", "рынок в городе"),
        ("नमस्ते-बाज़ार.jpg", "नमस्ते बाज़ार"),
        ("市场2.jpg", "市场"),
    ],
)
def test_a_file_is_named_after_what_it_shows(name: str, prompt: str) -> None:
    assert prompt_of("", f"images/2024/{name}", ()) == unicodedata.normalize("NFC", prompt)


@pytest.mark.parametrize(
    "name",
    ["IMG_2034.JPG", "DSC0001.jpg", "_MG_1234.jpg", "P1020304.JPG", "100_1234.jpg", "GOPR0123.jpg",
     "PXL_20230401_123456789.MP.jpg", "IMG-20230401-WA0001.jpg", "FB_IMG_1500000000000.jpg",
     "WhatsApp-Image-2023-04-01-at-10.22.33.jpeg", "Screenshot_2023-04-01.png", "image1.png",
     "12345.jpg", "550e8400-e29b-41d4-a716-446655440000.jpg", "xkqz.jpg",
     "d41d8cd98f00b204e9800998ecf8427e.png", "0a1b2c3d4e5f.jpg", "hero.8d3f2a1b.jpg",
     "header-bg.jpg", "gallery-4.jpg", "bild-3.jpg", "440x560-R-12.webp",
     "pexels-john-doe-12345.jpg", "john-doe-Xy12Ab-unsplash.jpg"],
)  # fmt: skip
def test_names_that_cameras_and_templates_gave_are_passed_over(name: str) -> None:
    assert prompt_of("", f"summer-market/{name}", ()) == ""
    assert prompt_of(name, f"summer-market/{name}", [line("Bakery", 40)]) == 'sign "Bakery"'


def test_an_alt_that_is_a_file_name_is_read_as_one() -> None:
    assert prompt_of("summer-market_2.jpg", "IMG_1.jpg", ()) == "summer market"


def test_text_in_the_picture_comes_last_largest_letters_first() -> None:
    marks = [
        line("small print that runs on", 9, 900),
        line("open daily", 20),
        Mark(CODE, Rect(0, 0, 90, 90), text="https://example.org/"),
        line('"Bakery" ', 40),
        line("Bread", 120, 18),  # down the side
        line("open daily", 12),
        line("www.bakery.example", 60),
    ]
    assert prompt_of("photo", "1.jpg", marks) == 'sign "\'Bakery\'", "open daily", "Bread"'
    assert prompt_of("photo", "1.jpg", marks[2:3]) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Summer\u00a0market,\r\n\tKampala\u2028 ", "Summer market, Kampala"),
        ("Kampala &amp;amp; <b class='x'>friends</b>, 1 < 2.", "Kampala & friends, 1 2."),
        ("A<br>B <!-- a > b --> &lt;i&gt;C&lt;/i&gt;", "A B C"),
        ("Market (https://example.org/a?b=c), jo.doe@example.org", "Market"),
        ("Market at example.com/a, by www.example.ug", "Market at, by"),
        ("St.John before 3.5 m of e.g. water", "St.John before 3.5 m of e.g. water"),
        ("市场，见https://example.org/图。谢谢", "市场，见。谢谢"),
        ("cafe\u0301 \u200bwith\u00ad \u202etea\x00", "café with tea"),
        ("می\u200cروم 👩🏽\u200d🌾", "می\u200cروم 👩🏽\u200d🌾"),
        ("- Market | ", "Market"),
    ],
)
def test_what_is_taken_out(text: str, expected: str) -> None:
    assert clean(text) == expected


@settings(deadline=None)
@given(TEXTS)
def test_any_text_becomes_one_line_without_what_nobody_reads(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert len(cleaned) <= MAX_CHARACTERS
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not re.search(r"[<>\x00-\x1f\x7f]|\s\s|^\s|\s$|https?://\w", cleaned)


@settings(deadline=None, max_examples=15)
@given(TEXTS.map(clean).filter(bool))
def test_what_is_clean_is_sent_as_it_is(text: str) -> None:
    assert decode_text(encode_text(text)) == text


@settings(deadline=None)
@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=3))
def test_no_words_name_or_lines_are_refused(said: str, path: str, lines: list[str]) -> None:
    prompt = prompt_of(said, path, [line(text, 20) for text in lines])
    assert clean(prompt) == prompt


@pytest.mark.parametrize(
    "word", ["market ", "Straßenbahnhaltestelle, ", "рынок ", "बाज़ार ", "👩🏽\u200d🌾 "]
)
def test_a_long_text_ends_with_a_whole_word(word: str) -> None:
    cleaned = clean(word * 60)
    assert MAX_CHARACTERS - len(word) <= len(cleaned) <= MAX_CHARACTERS
    assert set(cleaned.replace(",", "").split(" ")) == {clean(word)}


@pytest.mark.parametrize(
    "character",
    ["市", "e\u0323\u0301", "क्षि", "กำ", "👩🏽\u200d🌾", "🇺🇬", "ﾊﾞ", "\u1112\u1161\u11ab\u11ab",
     "👨\u200d👩\u200d👧\u200d👦", "நி", "❤\ufe0f"],
)  # fmt: skip
@pytest.mark.parametrize("lead", ["", "a", "bcd"])
def test_a_text_without_spaces_is_cut_between_characters(character: str, lead: str) -> None:
    character = unicodedata.normalize("NFC", character)
    cleaned = clean(lead + character * 240)
    count = (MAX_CHARACTERS - len(lead)) // len(character)
    assert cleaned == lead + character * count


def test_a_character_longer_than_a_prompt_is_left_out() -> None:
    assert clean("x" + "\u0323" * 300) == ""


@pytest.mark.parametrize(
    "piece", ["&amp;", "<!--", "<a", "@", "a.", "(", "&", "&lt;b&gt;", "www.", "🇺", "a\u200d"]
)
def test_hostile_texts_take_no_time(piece: str) -> None:
    start = time.perf_counter()
    clean(piece * 4000)
    clean("&" + "amp;" * 4000)
    assert time.perf_counter() - start < 2


def test_real_sites(shared: Path) -> None:
    alts = {
        html.unescape(alt)
        for page in (shared / "sites").rglob("*.html")
        for alt in re.findall(r'alt="([^"]*)"', page.read_text("utf-8", "replace"))
    }
    silent = {alt for alt in alts if not prompt_of(alt, "", ())}
    assert silent == {alt for alt in alts if re.fullmatch(r"\d\d[ab]|\.*|Alternate text", alt)}
    names = {path.stem: prompt_of("", str(path), ()) for path in (shared / "sites").rglob("*.jp*g")}
    assert {name: prompt for name, prompt in names.items() if prompt} == {
        "damac-logo": "damac logo",
        "founder-image": "founder image",
        "testimonial-author": "testimonial author",
        "vocational-center-vision": "vocational center vision",
        "volunteers-collage": "volunteers collage",
    }
