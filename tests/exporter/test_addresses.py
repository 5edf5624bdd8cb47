"""Addresses lead to files of the site, and never out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exporter.addresses import AddressError, ElsewhereError, Place, address_of, file_of, place_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    site = (tmp_path / "site").resolve()
    for name in ("a.jpg", "b c.jpg", "50%.jpg", "é.jpg", "sub/a.jpg", "sub/deep/x.html"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(b"")
    (tmp_path / "secret.jpg").write_bytes(b"")
    (site / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    (site / "in.jpg").symlink_to("sub/a.jpg")
    (site / "loop.jpg").symlink_to("loop.jpg")
    return site


@pytest.mark.parametrize(
    ("address", "page", "expected"),
    [
        ("a.jpg", "index.html", "a.jpg"),
        (" a.jpg\n", "index.html", "a.jpg"),
        ("a.\njpg", "index.html", "a.jpg"),
        ("a.jpg?v=1&w=2#top", "index.html", "a.jpg"),
        ("b%20c.jpg", "index.html", "b c.jpg"),
        ("b c.jpg", "index.html", "b c.jpg"),
        ("50%25.jpg", "index.html", "50%.jpg"),
        ("50%.jpg", "index.html", "50%.jpg"),
        ("%C3%A9.jpg", "index.html", "é.jpg"),
        ("é.jpg", "index.html", "é.jpg"),
        ("../a.jpg", "sub/deep/x.html", "sub/a.jpg"),
        ("../../a.jpg", "sub/deep/x.html", "a.jpg"),
        ("%2E%2e/.%2E/a.jpg", "sub/deep/x.html", "a.jpg"),
        ("/sub/./a.jpg", "sub/deep/x.html", "sub/a.jpg"),
        ("sub//a.jpg", "index.html", "sub/a.jpg"),
        ("sub\\a.jpg", "index.html", "sub/a.jpg"),
        ("in.jpg", "index.html", "sub/a.jpg"),
    ],
)
def test_files_are_found(root: Path, address: str, page: str, expected: str) -> None:
    assert file_of(address, place_of(page), root) == expected


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("../secret.jpg", "above"),
        ("/../secret.jpg", "above"),
        ("%2e%2e/secret.jpg", "above"),
        ("..%2fsecret.jpg", "outside"),
        ("out.jpg", "outside"),
        ("loop.jpg", "no such file"),
        ("sub", "no such file"),
        ("missing.jpg", "no such file"),
        ("{{ url }}", "no such file"),
        ("a%00.jpg", "character"),
        ("a" * 5000, "no such file"),
        ("\udfff.jpg", "character"),
    ],
)
def test_others_are_refused(root: Path, address: str, why: str) -> None:
    with pytest.raises(AddressError, match=why):
        file_of(address, place_of("index.html"), root)


@pytest.mark.parametrize(
    "address",
    ["", " ", "#a", "?a", "//h/a.jpg", "\\\\h\\a.jpg", "https://h/a.jpg", "data:,x", "HTTP:a.jpg"],
)
def test_what_is_elsewhere_is_told_apart(root: Path, address: str) -> None:
    with pytest.raises(ElsewhereError):
        file_of(address, place_of("index.html"), root)


@pytest.mark.parametrize(
    ("href", "folder"),
    [
        ("", "blog"),
        ("#x", "blog"),
        ("other", "blog"),
        ("other/", "blog/other"),
        ("../x/", "x"),
        ("/x/y.html", "x"),
        ("../../x/", None),
        ("https://h/", None),
        ("//h/", None),
    ],
)
def test_base(href: str, folder: str | None) -> None:
    assert place_of("blog/post.html").based_on(href).folder == folder


@pytest.mark.parametrize("page", ["index.html", "a/b.html", "50%/ä b/c.html", "a/b/c/d.html"])
def test_written_addresses_come_back(tmp_path: Path, page: str) -> None:
    target = tmp_path / "_plic" / "x y.webp"
    target.parent.mkdir()
    target.write_bytes(b"")
    for place in (place_of(page), Place(place_of(page).folder, from_root=True)):
        address = address_of("_plic/x y.webp", place)
        assert file_of(address, place, Path(os.path.realpath(tmp_path))) == "_plic/x y.webp"
