"""Two folders that change places in one step, where the system can do that."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_HERE = -100  # AT_FDCWD: paths are relative to the working directory
_EXCHANGE = 2  # RENAME_EXCHANGE, see renameat2(2)


def exchange(one: Path, other: Path) -> bool:
    """Let two folders of one file system change places, with no moment at which one is missing.

    Returns:
        False, and nothing has changed, if the system or the file system cannot.
    """
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    return bool(renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
