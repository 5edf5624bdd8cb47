"""Where a site is published: by what its owner says, or what the site says of itself."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from exporter.addresses import Home, host_of
from exporter.characters import decode_attribute
from exporter.charset import CharsetError, read_text
from exporter.folder import Site
from exporter.tokenizer import Tag, tokenize

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]+)?")


class HomeError(ValueError):
    """The address given is none at which a site can be published."""


def home_of(url: str) -> Home:
    """The home that an address such as "https://example.org/blog/" names.

    Raises:
        HomeError: it is no http or https address with a host.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        parts = urlsplit("")
    host = host_of(parts.netloc)
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        raise HomeError(f"{url!r} is no address of a site; write it as https://example.org/")
    folder = parts.path[: parts.path.rfind("/") + 1].strip("/")
    return Home(host, folder)


def find_home(site: Site, url: str | None) -> Home | None:
    """Where the site is published, None if nothing says so.

    Believed are, in this order: `url`; the file CNAME that GitHub Pages reads; the canonical
    address of the front page, or its `og:url`.

    Raises:
        HomeError: `url` is no address of a site.
    """
    if url is not None:
        return home_of(url)
    if "CNAME" in site.files:
        host = (site.root / "CNAME").read_bytes()[:256].decode("latin-1").strip().lower()
        if _HOST.fullmatch(host):
            return Home(host)
    if "index.html" not in site.files:
        return None
    try:
        home = home_of(_own_address(site.root / "index.html"))
    except (HomeError, CharsetError):
        return None
    # The front page of a site in several languages may name that of one language.
    return Home(home.host) if (site.root / home.folder).is_dir() else home


def _own_address(page: Path) -> str:
    """The canonical address that a page gives itself, or its `og:url`, or ""."""
    text = read_text(page.read_bytes()).text
    named = ""
    for tag in tokenize(text):
        if not isinstance(tag, Tag):
            continue

        def value(name: str, tag: Tag = tag) -> str:
            found = tag.get(name)
            raw = text[found.value_start : found.value_end] if found else ""
            return decode_attribute(raw).text.strip()

        if tag.name == "link" and "canonical" in value("rel").lower().split():
            return value("href")
        if tag.name == "meta" and value("property").lower() == "og:url":
            named = named or value("content")
    return named
