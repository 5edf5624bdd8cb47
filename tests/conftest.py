"""Fixtures shared by the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from exporter.browser_check import BrowserMissingError
from exporter.browser_check import chromium as start_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real sites and test pictures beside the checkout, or a skip."""
    if not SHARED.is_dir():
        pytest.skip("needs the data folder ../shared beside the checkout")
    return SHARED


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for a module, or a skip.

    Not for the session: playwright bears one a process, and while it is open the thread has a
    running event loop, in which nobody else's `asyncio.run` works.
    """
    try:
        with start_chromium() as browser:
            yield browser
    except BrowserMissingError as error:
        pytest.skip(str(error))
