"""Addresses lead to files of the site, and never out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from exporter.addresses import (
    AddressError,
    ElsewhereError,
    Home,
    Place,
    address_of,
    file_of,
    place_of,
)
from exporter.folder import scan
from exporter.home import HomeError, find_home, home_of


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
        ("a.jpg/", "no such file"),
        ("a.jpg/.", "no such file"),
        ("SUB", "no such file"),
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


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("A.JPG", "a.jpg"),
        ("Sub/A.jpg", "sub/a.jpg"),
        ("e\u0301.jpg", "\u00e9.jpg"),
        ("B%20C.jpg", "b c.jpg"),
        ("in.JPG", "sub/a.jpg"),
        ("OUT.jpg", None),
        ("twice.jpg", None),
    ],
)
def test_other_case_is_the_file_that_is_meant(
    root: Path, address: str, expected: str | None
) -> None:
    for name in ("Twice.jpg", "TWICE.jpg"):
        (root / name).write_bytes(b"")
    if expected:
        assert file_of(address, place_of("index.html"), root) == expected
    else:
        with pytest.raises(AddressError):
            file_of(address, place_of("index.html"), root)


AT_ROOT = Home("h.example")
IN_FOLDER = Home("h.example", "my/blog")


@pytest.mark.parametrize(
    ("home", "address", "expected", "written"),
    [
        (AT_ROOT, "https://h.example/a.jpg?v=1", "a.jpg", "/x.webp"),
        (AT_ROOT, "HTTP://H.Example:80/a.jpg", "a.jpg", "/x.webp"),
        (AT_ROOT, "//h.example/sub/../a.jpg", "a.jpg", "/x.webp"),
        (AT_ROOT, "/a.jpg", "a.jpg", "/x.webp"),
        (AT_ROOT, "a.jpg", "sub/a.jpg", "../x.webp"),
        (IN_FOLDER, "https://h.example/my/blog/a.jpg", "a.jpg", "../x.webp"),
        (IN_FOLDER, "/my/blog/a.jpg", "a.jpg", "/my/blog/x.webp"),
        (IN_FOLDER, "a.jpg", "sub/a.jpg", "../x.webp"),
    ],
)
def test_addresses_with_the_sites_own_host(
    root: Path, home: Home, address: str, expected: str, written: str
) -> None:
    place = place_of("sub/page.html", home)
    assert file_of(address, place, root) == expected
    (root / "x.webp").write_bytes(b"")
    place = Place(place.folder, place.starts_at_root(address), home)
    assert address_of("x.webp", place) == written
    assert file_of(written, place, root) == "x.webp"


@pytest.mark.parametrize(
    ("home", "address", "kind"),
    [
        (AT_ROOT, "https://www.h.example/a.jpg", ElsewhereError),
        (AT_ROOT, "https://h.example:8080/a.jpg", ElsewhereError),
        (AT_ROOT, "https://me@h.example/a.jpg", ElsewhereError),
        (AT_ROOT, "https://h.example", AddressError),
        (AT_ROOT, "ftp://h.example/a.jpg", ElsewhereError),
        (AT_ROOT, "https://h.example/../../secret.jpg", AddressError),
        (IN_FOLDER, "https://h.example/a.jpg", ElsewhereError),
        (IN_FOLDER, "https://h.example/my/blogs/a.jpg", ElsewhereError),
        (IN_FOLDER, "/a.jpg", AddressError),
    ],
)
def test_what_is_not_below_the_sites_home(
    root: Path, home: Home, address: str, kind: type[AddressError]
) -> None:
    with pytest.raises(AddressError) as caught:
        file_of(address, place_of("index.html", home), root)
    assert caught.type is kind


@pytest.mark.parametrize(
    ("href", "folder", "from_root"),
    [
        ("https://h.example/my/blog/x/", "x", False),
        ("//h.example/my/blog/", "", False),
        ("/my/blog/x/y", "x", True),
        ("/x/", None, False),
        ("https://h.example/", None, False),
    ],
)
def test_base_on_the_sites_own_host(href: str, folder: str | None, from_root: bool) -> None:
    place = place_of("blog/post.html", IN_FOLDER).based_on(href)
    assert (place.folder, place.from_root) == (folder, from_root)


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("https://H.Example", Home("h.example")),
        ("http://h.example:80/", Home("h.example")),
        ("https://h.example:8443/my/blog/index.html", Home("h.example:8443", "my/blog")),
    ],
)
def test_home(url: str, home: Home) -> None:
    assert home_of(url) == home


@pytest.mark.parametrize(
    "url", ["", "h.example", "ftp://h.example/", "https:///a", "https://[", "/"]
)
def test_no_home(url: str) -> None:
    with pytest.raises(HomeError, match="no address of a site"):
        home_of(url)


def test_a_site_says_where_it_is_published(root: Path) -> None:
    index = root / "index.html"

    def found(url: str | None = None) -> Home | None:
        return find_home(scan(root), url)

    assert found() is None
    index.write_text("<title>x</title>")
    assert found() is None
    index.write_text('<meta property="og:url" content="https://og.example/">')
    assert found() == Home("og.example")
    index.write_text(index.read_text() + "<LINK REL=Canonical HREF=https://c.example/blog/>")
    assert found() == Home("c.example", "blog")
    (root / "blog").mkdir()  # so that is one of the site's own folders
    assert found() == Home("c.example")
    (root / "CNAME").write_text("Named.Example\n")
    assert found() == Home("named.example")
    assert found("https://given.example/x/") == Home("given.example", "x")
    (root / "CNAME").write_text("# none\n")
    assert found() == Home("c.example")
