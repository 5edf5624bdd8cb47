"""``plic models``: list and fetch what metrics and rival codecs need."""

from __future__ import annotations

import click


@click.group()
def models() -> None:
    """Models that are not part of plic: what there is, and fetching them."""
