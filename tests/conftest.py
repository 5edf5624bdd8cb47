"""Fixtures shared by the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real sites and test pictures beside the checkout, or a skip."""
    if not SHARED.is_dir():
        pytest.skip("needs the data folder ../shared beside the checkout")
    return SHARED
