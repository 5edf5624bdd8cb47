"""`plic.toml`, the options beside it, and the globs in both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exporter.configuration import Configuration, ConfigurationError, configure
from exporter.globs import matches
from exporter.settings import LEVELS, Settings, Wish


def configured(folder: Path, text: str, **options: Any) -> Configuration:
    (folder / "plic.toml").write_text(text)
    return configure(folder, None, options)


@pytest.mark.parametrize(
    ("glob", "stands_for", "not_for"),
    [
        ("photos/*.jpg", ["photos/a.jpg"], ["photos/b/a.jpg", "a.jpg", "photos/a.jpgx"]),
        ("**/*.png", ["a.png", "b/c/a.png"], ["a.jpg"]),
        ("blog/**", ["blog/a", "blog/b/c.html"], ["blog", "weblog/a"]),
        ("blog/", ["blog/a", "blog/b/c.html"], ["blogs/a"]),
        ("/a/**/z.jpg", ["a/z.jpg", "a/b/c/z.jpg"], ["b/a/z.jpg"]),
        ("img[0-9]?.jp*g", ["img1a.jpeg", "img9-.jpg"], ["img10/.jpg", "imgx1.jpg"]),
        ("[!a]/x", ["b/x"], ["a/x", "//x"]),
        ("a+(b).jpg", ["a+(b).jpg"], ["aab.jpg"]),
        ("[", ["["], ["a"]),
    ],
)
def test_globs(glob: str, stands_for: list[str], not_for: list[str]) -> None:
    assert [path for path in [*stands_for, *not_for] if matches(path, [glob])] == stands_for


def test_without_a_file_everything_is_as_usual(tmp_path: Path) -> None:
    assert configure(tmp_path, None, {"quality": None}) == Configuration()


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    text = 'quality = "high"\ngate = false\ntries = 4\nurl = "https://example.org/"\nprice = 9\n'
    found = configured(tmp_path, text, quality=0.4, tries=None)
    assert found.settings == Settings(quality=0.4, gate=False, tries=4)
    assert (found.url, found.price) == ("https://example.org/", 9.0)
    (tmp_path / "other.toml").write_text("bpp = 0.05\nstrict = true\n")
    other = configure(tmp_path, tmp_path / "other.toml", {})
    assert (other.settings, other.strict) == (Settings(bpp=0.05), True)


def test_the_last_table_wins_key_by_key(tmp_path: Path) -> None:
    found = configured(
        tmp_path,
        """
        [[pictures]]
        match = "**/*.jpg"
        quality = "low"
        text = "a photo"
        [[pictures]]
        match = ["team/*", "heads/**"]
        quality = 0.2
        action = "webp"
        [[pictures]]
        match = "team/boss.jpg"
        action = "leave"
        """,
    )
    assert found.wishes("x.png") == Wish()
    assert found.wishes("a/b.jpg") == Wish(None, LEVELS["low"], "a photo")
    assert found.wishes("team/a.jpg") == Wish("webp", 0.2, "a photo")
    assert found.wishes("team/boss.jpg") == Wish("leave", 0.2, "a photo")


def test_a_list_speaks_of_the_kinds_that_it_names(tmp_path: Path) -> None:
    files = ["index.html", "blog/a.html", "css/a.css", "photos/a.jpg", "blog/b.jpg"]

    def chosen(text: str) -> list[str]:
        return list(filter(configured(tmp_path, text).chooser(files), files))

    assert chosen("") == files
    assert chosen('include = ["photos/**"]') == [*files[:3], "photos/a.jpg"]
    assert chosen('include = ["blog/*.html"]') == ["blog/a.html", "photos/a.jpg", "blog/b.jpg"]
    assert chosen('include = ["blog/**"]') == ["blog/a.html", "blog/b.jpg"]
    assert chosen('exclude = ["blog/**", "*.html"]') == ["css/a.css", "photos/a.jpg"]
    assert chosen('include = ["**"]\nexclude = ["**/*.jpg"]') == files[:3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("qualty = 1", "qualty: no such key; expected url, quality,"),
        ('quality = "best"', "quality: expected low, medium, high or a number above 0, at most 1"),
        ("quality = 0", "quality: expected low, medium"),
        ("quality = true", "quality: expected low, medium"),
        ("quality = nan", "quality: expected low, medium"),
        ("tries = 1.5", "tries: expected a whole number from 1 to 64, got 1.5"),
        ("tries = 0", "tries: expected a whole number"),
        ('gate = "on"', "gate: expected true or false, got 'on'"),
        ("bpp = 9", "bpp: expected bits per pixel above 0, at most 8"),
        ("price = -1", "price: expected the price of a gigabyte"),
        ('url = "example.org"', "url: expected an address such as https://example.org/"),
        ('originals = "delete"', "originals: expected keep, drop or an address"),
        ('originals = "https://a.example/?x"', "originals: expected keep, drop or an address"),
        ('include = "a"', "include: expected a list of globs"),
        ("exclude = [1]", "exclude: expected a list of globs"),
        ("pictures = 1", "pictures: expected tables, each under [[pictures]]"),
        ('[[pictures]]\naction = "leave"', "pictures, table 1: match: expected a glob"),
        ('[[pictures]]\nmatch = "a"\nwidth = 1', "table 1: width: no such key; expected match,"),
        ('[[pictures]]\nmatch = "a"\naction = "off"', "action: expected one of payload, webp, le"),
        (
            f'[[pictures]]\nmatch = "a"\ntext = "{"x" * 241}"',
            "text: expected a text of at most 240",
        ),
        ("quality =", "not TOML: "),
    ],
)
def test_what_cannot_be_said_is_one_clear_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configured(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'plic.toml'}: ")
    assert words in message
    assert len(message.splitlines()) == 1


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone\.toml: cannot be read \(No such file"):
        configure(tmp_path, tmp_path / "gone.toml", {})
    (tmp_path / "plic.toml").write_bytes(b'text = "\xff"')
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        configure(tmp_path, None, {})
    (tmp_path / "plic.toml").unlink()
    (tmp_path / "plic.toml").mkdir()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        configure(tmp_path, None, {})


def test_the_address_of_originals_ends_in_a_slash(tmp_path: Path) -> None:
    found = configured(tmp_path, 'originals = "https://media.example/site"')
    assert found.originals == "https://media.example/site/"
