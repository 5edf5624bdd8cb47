"""What the site's owner asks for, in `plic.toml` and on the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from exporter.configuration_values import KEYS, PICTURE_KEYS, ValueProblemError
from exporter.folder import CONFIGURATION
from exporter.globs import matches
from exporter.originals import KEEP
from exporter.settings import Settings, Wish
from exporter.wishes import backed

_DOCUMENTS = (".html", ".htm", ".css")
_DEFAULTS = Settings()


class ConfigurationError(ValueError):
    """The configuration cannot be used; the message names file, key and what was expected."""


@dataclass(frozen=True)
class Rule:
    """One `[[pictures]]` table: what is wished for the pictures that its globs stand for."""

    match: tuple[str, ...]
    wish: Wish


@dataclass(frozen=True)
class Configuration:
    """All that changes an export besides the site.

    Attributes:
        url: where the site is published; looked for in the site without it.
        originals: "keep", "drop", or the address of the folder that holds them elsewhere.
        strict: whether what could not be read makes the command fail.
        price, currency: of a gigabyte on the link to the edge, for the report.
        include, exclude: globs over pages, stylesheets and pictures.
        rules: the last that speaks of a picture wins, key by key.
    """

    settings: Settings = _DEFAULTS
    url: str | None = None
    originals: str = KEEP
    strict: bool = False
    price: float | None = None
    currency: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default=())

    def wishes(self, path: str) -> Wish:
        """What the tables say of the picture file at a path of the site."""
        wish = Wish()
        for rule in self.rules:
            if matches(path, rule.match):
                wish = backed(rule.wish, wish)
        return wish

    def chooser(self, files: Sequence[str]) -> Callable[[str], bool]:
        """Whether an export may touch a page, stylesheet or picture file of the site.

        A list `include` that names no page or stylesheet at all leaves these as they are
        chosen without it, and so for pictures: `include = ["photos/**"]` is about pictures.
        """
        included = [path for path in files if matches(path, self.include)]
        about = {_is_document(path) for path in included}

        def chosen(path: str) -> bool:
            wanted = _is_document(path) not in about or matches(path, self.include)
            return wanted and not matches(path, self.exclude)

        return chosen

    def to_json(self) -> dict[str, Any]:
        """What changes the output, as plain JSON values by the name of the key."""
        return {
            **asdict(self.settings),
            "url": self.url,
            "originals": self.originals,
            "price": self.price,
            "currency": self.currency,
            "include": list(self.include),
            "exclude": list(self.exclude),
            "pictures": [
                [list(rule.match), rule.wish.action, rule.wish.quality, rule.wish.text]
                for rule in self.rules
            ],
        }


def configure(site: Path, file: Path | None, options: Mapping[str, Any]) -> Configuration:
    """The configuration of an export.

    Args:
        file: read in place of the site's own `plic.toml`, which need not exist.
        options: checked values of the command line by key; None leaves a key to the file.

    Raises:
        ConfigurationError: the file is missing, no TOML, or says what it cannot say.
    """
    own = site / CONFIGURATION
    said = _read(file or own) if file or own.exists() else {}
    said |= {key: value for key, value in options.items() if value is not None}
    rules = tuple(said.pop("pictures", ()))
    settings = {key: said.pop(key) for key in Settings.__dataclass_fields__ if key in said}
    return Configuration(settings=Settings(**settings), rules=rules, **said)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not UTF-8; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from None
    tables = content.pop("pictures", [])
    said = _checked(path, "", content, KEYS, ("pictures",))
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigurationError(f"{path}: pictures: expected tables, each under [[pictures]]")
    said["pictures"] = [_rule(path, number, table) for number, table in enumerate(tables, 1)]
    return said


def _rule(path: Path, number: int, table: dict[str, Any]) -> Rule:
    where = f"pictures, table {number}: "
    said = _checked(path, where, table, PICTURE_KEYS)
    if not said.get("match"):
        raise ConfigurationError(f"{path}: {where}match: expected a glob or a list of globs")
    return Rule(said.pop("match"), Wish(**said))


def _checked(
    path: Path,
    where: str,
    content: dict[str, Any],
    keys: Mapping[str, Callable[[Any], Any]],
    others: Sequence[str] = (),
) -> dict[str, Any]:
    said = {}
    for key, value in content.items():
        if key not in keys:
            expected = ", ".join([*keys, *others])
            raise ConfigurationError(f"{path}: {where}{key}: no such key; expected {expected}")
        try:
            said[key] = keys[key](value)
        except ValueProblemError as problem:
            raise ConfigurationError(
                f"{path}: {where}{key}: expected {problem}, got {value!r}"
            ) from None
    return said


def _is_document(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in _DOCUMENTS
