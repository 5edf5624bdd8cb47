"""``plic eval``: rate, distortion, perception and speed, measured as the field does."""

from __future__ import annotations

import click


@click.command("eval")
def evaluate() -> None:
    """Measure codecs on a set of pictures."""
