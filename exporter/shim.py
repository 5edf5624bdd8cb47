"""The page's script, copied under names that change with its content."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_ENTRY = "shim.js"
_NOTICE_STYLE = "notice.css"
# `from './base.js'` and `import('./languages.js')`.
_IMPORT = re.compile(r"""((?:\bfrom|\bimport)\s*\(?\s*["'])\./([\w-]+\.js)(["'])""")


class ShimError(ValueError):
    """The script's sources are missing or cannot be put together."""


@dataclass(frozen=True)
class Shim:
    """Attributes: the module files by name, the name that pages load, and the notice's CSS."""

    files: dict[str, bytes]
    entry: str
    style: str


def static_folder() -> Path:
    """The folder of the page's script and styles.

    Raises:
        ShimError: it is not there.
    """
    for parent in (Path(__file__).parent, Path(__file__).parents[1]):
        if (parent / "static" / _ENTRY).is_file():
            return parent / "static"
    raise ShimError("static/shim.js is missing from this installation; install plic-web again")


def collect_shim(folder: Path) -> Shim:
    """Read `shim.js` and the modules that it imports, and name each by its content.

    An import names the imported file, so a change anywhere changes the entry's name too and
    every file can be cached for ever.

    Raises:
        ShimError: a module is missing or imports itself by way of others.
    """
    files: dict[str, bytes] = {}
    names: dict[str, str] = {}

    def add(name: str, importers: tuple[str, ...]) -> str:
        if name in importers:
            raise ShimError(f"static/{name}: imports itself by way of {', '.join(importers)}")
        if name not in names:
            source = _read(folder / name)
            text = _IMPORT.sub(lambda m: f"{m[1]}./{add(m[2], (*importers, name))}{m[3]}", source)
            data = text.encode()
            digest = hashlib.sha256(data).hexdigest()[:8]
            names[name] = f"{name.removesuffix('.js')}.{digest}.js"
            files[names[name]] = data
        return names[name]

    entry = add(_ENTRY, ())
    return Shim(files, entry, _read(folder / _NOTICE_STYLE))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ShimError(f"static/{path.name}: cannot be read ({error.strerror})") from None
