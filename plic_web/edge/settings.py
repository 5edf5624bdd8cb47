"""Settings of the edge: every field with its comment, default, bounds and check.

The table in docs/edge.md is checked against this file by a test.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plic_web.edge.errors import EdgeSettingsError

#: Environment variables are this prefix and the field's name in capitals.
ENVIRONMENT_PREFIX = "PLIC_"


def _default_cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "plic" / "edge"


def _setting(
    default: Any,
    comment: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    metadata = {"comment": comment, "low": low, "high": high, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class EdgeSettings:
    """How one edge runs. Immutable; checked on construction.

    Raises:
        EdgeSettingsError: a field out of its bounds, of the wrong type, or a site that is no
            exported folder.
    """

    site: Path = dataclasses.field(
        metadata={"comment": "the folder that `plic export` wrote; it holds `_plic/`"}
    )
    pack: str = _setting("lite", "name or folder of the pack that reconstructs")
    provider: str = _setting(
        "cpu", "where the pack runs; `cuda` needs the gpu extra", choices=("cpu", "cuda")
    )
    decode_threads: int = _setting(
        0, "threads of one decode; 0 leaves it to ONNX Runtime (all cores)", low=0, high=256
    )
    engine: str = _setting(
        "plic_web.engine", "module with `load_pack` and `reconstruct`; tests replace it"
    )
    cache_dir: Path = dataclasses.field(
        default_factory=_default_cache_dir,
        metadata={"comment": "folder of the disk cache; several edges may share one"},
    )
    cache_bytes: int = _setting(
        1 << 30, "bytes that the cache may hold; least recently used go first", low=1 << 16
    )
    webp_quality: int = _setting(75, "quality of WebP answers", low=1, high=100)
    avif_quality: int = _setting(55, "quality of AVIF answers", low=1, high=100)
    workers: int = _setting(2, "HTTP worker processes", low=1, high=64)
    threads: int = _setting(
        64,
        "threads of one HTTP worker; three quarters may wait for decodes, "
        "the rest answer from disk and cache",
        low=4,
        high=512,
    )
    read_timeout: float = _setting(
        10.0, "seconds that a request may take to arrive before it is hung up on", low=1, high=60
    )
    queue_size: int = _setting(32, "different decodes that may wait", low=1, high=1024)
    deadline: float = _setting(
        20.0, "seconds that a request waits for its decode before 503", low=0.1, high=300
    )
    decode_timeout: float = _setting(
        60.0, "seconds after which a decode is given up and its process restarted", low=1, high=600
    )
    client_limit: int = _setting(
        16, "pictures that one client address may have waiting before 429", low=1, high=1024
    )
    trusted_hosts: tuple[str, ...] = _setting(
        (), "Host names that are answered, comma-separated; empty answers any"
    )
    trusted_proxies: int = _setting(
        0, "proxies in front whose X-Forwarded-* headers are believed", low=0, high=8
    )
    site_max_age: int = _setting(
        0,
        "seconds that browsers keep the site's own files; 0 asks them to revalidate",
        low=0,
        high=31_536_000,
    )

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = _coerced(field, getattr(self, field.name))
            _check(field, value)
            object.__setattr__(self, field.name, value)
        if not (self.site / "_plic" / "manifest.json").is_file():
            raise _wrong("site", "a folder with _plic/manifest.json (run plic export)", self.site)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **arguments: object) -> EdgeSettings:
        """Settings from arguments, else from PLIC_* variables, else the defaults.

        Args:
            environ: the environment; None reads the process's own.
            **arguments: fields by name; None means "not given".

        Raises:
            EdgeSettingsError: an unknown argument or a value out of its bounds.
        """
        variables = os.environ if environ is None else environ
        names = {field.name for field in dataclasses.fields(cls)}
        for name in arguments.keys() - names:
            raise EdgeSettingsError(f"expected a setting of the edge, got the name {name!r}")
        values: dict[str, Any] = {
            name: variables[variable]
            for name in names
            if (variable := ENVIRONMENT_PREFIX + name.upper()) in variables
        }
        values |= {name: value for name, value in arguments.items() if value is not None}
        if "site" not in values:
            raise _wrong("site", "a folder that plic export wrote", None)
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Plain values that `EdgeSettings(**values)` takes back, for the decode process."""
        return {
            field.name: str(value) if isinstance(value, Path) else value
            for field in dataclasses.fields(self)
            for value in [getattr(self, field.name)]
        }


def _wrong(name: str, expected: str, got: object) -> EdgeSettingsError:
    shown = str(got) if isinstance(got, Path) else got
    return EdgeSettingsError(f"expected {expected} for {name}, got {shown!r}")


def _coerced(field: dataclasses.Field[Any], value: Any) -> Any:
    """Text from the environment, or a plain JSON value, as the field's own type."""
    kind = str(field.type)
    try:
        if kind == "Path" and isinstance(value, str | Path) and str(value):
            return Path(value).expanduser().absolute()
        if kind == "int" and isinstance(value, str | int) and not isinstance(value, bool):
            return int(value)
        if kind == "float" and isinstance(value, str | int | float) and not isinstance(value, bool):
            return float(value)
        if kind == "str" and isinstance(value, str) and value:
            return value
        if kind == "tuple[str, ...]":
            parts = value.split(",") if isinstance(value, str) else value
            return tuple(text for part in parts if (text := str(part).strip()))
    except (TypeError, ValueError):
        pass
    words = {"Path": "a path", "int": "a whole number", "float": "a number", "str": "a text"}
    raise _wrong(field.name, words.get(kind, "a list of texts"), value)


def _check(field: dataclasses.Field[Any], value: Any) -> None:
    low, high = field.metadata.get("low"), field.metadata.get("high")
    choices = field.metadata.get("choices")
    if choices is not None and value not in choices:
        raise _wrong(field.name, "one of " + ", ".join(choices), value)
    # `not (a <= b)` rather than `a > b`: a NaN fails every comparison and must not pass.
    if low is not None and not low <= value:
        raise _wrong(field.name, f"at least {low}", value)
    if high is not None and not value <= high:
        raise _wrong(field.name, f"at most {high}", value)
