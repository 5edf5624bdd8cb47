"""The page's script, joined into one file and named by its content."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from exporter.join import compact, join_modules

_ENTRY = "shim.js"
_NOTICE_STYLE = "notice.css"
# What a script loads only when it needs it: `import('./languages.js')`.
_LATE_IMPORT = re.compile(r"\bimport\('\./([\w-]+\.js)'\)")


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
    """Put the page's script together from its modules.

    Each file is named by its content, and a late import names the file that it loads, so a
    change anywhere changes the entry's name and every file can be cached for ever.

    Raises:
        ShimError: a module is missing.
    """
    files: dict[str, bytes] = {}

    def add(name: str) -> str:
        source = compact(join_modules(folder, name))
        data = _LATE_IMPORT.sub(lambda late: f"import('./{add(late[1])}')", source).encode()
        stem, digest = name.removesuffix(".js"), hashlib.sha256(data).hexdigest()[:8]
        files[f"{stem}.{digest}.js"] = data
        return f"{stem}.{digest}.js"

    try:
        entry = add(_ENTRY)
        style = (folder / _NOTICE_STYLE).read_text("utf-8")
    except OSError as error:
        raise ShimError(f"{error.filename}: cannot be read ({error.strerror})") from None
    return Shim(files, entry, style)
