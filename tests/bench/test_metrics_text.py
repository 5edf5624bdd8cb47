"""What can still be read: comparing lines in place, and the reader itself on a drawn page."""

from __future__ import annotations

import socket

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from bench.metrics import METRICS
from bench.metrics.text import Line, character_accuracy, misread, text_in_place, words_kept

TEXTS = ((26, "Opening hours"), (20, "Monday to Friday"), (11, "closed on holidays"))


def line(text: str, left: float = 0, top: float = 0, width: float = 100, height: float = 10):
    return Line(text, 0.9, left, top, left + width, top + height)


@pytest.mark.parametrize(
    ("wanted", "found", "edits"),
    [
        ("hours", "hours", 0),
        ("hours", "openinghoursand", 0),  # read as one line with its neighbours
        ("hours", "hovrs", 1),
        ("hours", "hous", 1),
        ("hours", "houurs", 1),
        ("hours", "", 5),
        ("hours", "xyz", 5),
    ],
)
def test_edits_between_readings(wanted, found, edits):
    assert misread(wanted, found) == edits


def test_text_is_looked_for_where_it_stood():
    wanted = line("Opening hours", top=20)
    pieces = [line("hours", left=55, top=21, width=45), line("Opening", top=19, width=50)]
    assert text_in_place(wanted, pieces) == "openinghours"
    elsewhere = [line("Opening hours", top=60), line("Opening hours", left=150, top=20)]
    assert text_in_place(wanted, elsewhere) == ""


def test_words_and_letters_are_counted_over_all_lines():
    wanted = [line("Opening hours", top=0), line("to Friday", top=30)]
    found = [line("opening houns", top=0), line("toFriday", top=31)]
    assert words_kept(wanted, found) == pytest.approx(2 / 3)  # "to" is too short to count
    assert character_accuracy(wanted, found) == pytest.approx(1 - 1 / 20)
    assert words_kept(wanted, []) == character_accuracy(wanted, []) == 0


@pytest.fixture(scope="module")
def page() -> Image.Image:
    image = Image.new("RGB", (320, 150), (250, 248, 240))
    draw = ImageDraw.Draw(image)
    for number, (size, text) in enumerate(TEXTS):
        draw.text((14, 10 + 45 * number), text, (30, 30, 60), ImageFont.load_default(size))
    return image


def test_small_text_is_lost_first(page, monkeypatch):
    pytest.importorskip("rapidocr")

    def refuse(*_: object) -> None:
        raise AssertionError("a metric must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    original = np.asarray(page)
    ocr, words = METRICS["ocr"].load(), METRICS["words"].load()
    assert ocr(original, original) == words(original, original) == 1
    coarse = np.asarray(page.resize((90, 42)).resize(page.size))
    assert 0.3 < ocr(original, coarse) < 0.95
    assert 0 < words(original, coarse) <= 5 / 8  # none of the last line
    blank = np.full_like(original, 240)
    assert ocr(original, blank) == words(original, blank) == 0
    assert ocr(blank, original) is words(blank, original) is None
