"""The reader of text: what it says where it is missing, and what it never does."""

from __future__ import annotations

import socket
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from plic_web.quality import text
from plic_web.quality.text import Line, Reader, TextUnavailableError, words_read


def line(words: str, top: float = 0) -> Line:
    return Line(words, 0.9, 0, top, 100, top + 10)


def test_words_are_counted_that_are_read_again_in_place():
    wanted = [line("Opening hours"), line("to Friday", 30)]
    assert words_read(wanted, [line("opening houns"), line("toFriday", 31)]) == (2, 3)
    assert words_read(wanted, []) == (0, 3)
    assert words_read([], wanted) == (0, 0)


def test_without_rapidocr_it_names_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    assert not text.available()
    with pytest.raises(TextUnavailableError, match=r"pip install 'plic-web\[text\]'"):
        Reader()


def test_a_copy_of_it_without_its_models_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(text, "_models", lambda: tmp_path)
    assert not text.available()
    with pytest.raises(TextUnavailableError, match=r"PP-OCRv6_det_small\.onnx"):
        Reader()


def test_it_reads_silently_and_without_the_network(monkeypatch, capfd):
    pytest.importorskip("rapidocr")

    def refuse(*_: object) -> None:
        raise AssertionError("the reader must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    page = Image.new("RGB", (1000, 300), (250, 248, 240))
    font = ImageFont.load_default(20)
    ImageDraw.Draw(page).text((400, 200), "Opening hours", (30, 30, 60), font)
    reader = Reader(side=960)
    (found,) = reader.read(np.asarray(page))
    assert found.letters == "openinghours"
    assert 380 < found.left < 420
    assert 190 < found.top < 220
    for shape in ((1, 300, 3), (8, 2000, 3), (40, 40, 3)):
        assert reader.read(np.full(shape, 200, np.uint8)) == []
    assert capfd.readouterr() == ("", "")
