"""The pack of a process that encodes or decodes: loaded once, then used for every job."""

from __future__ import annotations

from plic_web.commands.files import BadInput
from plic_web.engine import EngineError, Pack, load_pack

_loaded: dict[str, Pack] = {}


def start(name: str, threads: int) -> None:
    """Load the pack of this process. Raises BadInput if it cannot be used."""
    try:
        _loaded["pack"] = load_pack(name, threads=threads)
    except EngineError as error:
        raise BadInput(str(error)) from error


def pack() -> Pack:
    """The pack that ``start`` loaded."""
    return _loaded["pack"]
