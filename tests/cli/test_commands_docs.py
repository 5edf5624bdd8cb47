"""docs/commands.md names every command and every option."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from plic_web.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text("utf-8")
NAMES = main.list_commands(click.Context(main))


def section(name: str) -> str:
    return PAGE.split(f"\n## plic {name}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_documented(name):
    command = main.get_command(click.Context(main), name)
    assert command is not None
    options = {o for p in command.params if isinstance(p, click.Option) for o in p.opts}
    assert options <= set(re.findall(r"`(--?[a-z-]+)`", section(name)))


def test_nothing_is_documented_that_is_not_there():
    assert set(re.findall(r"^## plic (\S+)$", PAGE, re.MULTILINE)) == set(NAMES)
    for name in NAMES:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        known = {o for p in command.params for o in p.opts}
        assert set(re.findall(r"`(--?[a-z-]+)`", section(name))) <= known
