"""What the site's owner says of each picture, on its elements and in `plic.toml`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace

from exporter.documents import Use
from exporter.settings import LEVELS, Wish

# The most careful first: of two elements that ask for different things, it gets its way.
_CAREFUL = ("leave", "webp", "payload")


def wish_of(use: Use) -> Wish:
    """What the page says of the pictures of one use."""
    actions = [action for action in _CAREFUL if action in use.marks]
    qualities = [LEVELS[word] for word in use.marks if word in LEVELS]
    return Wish(
        action=actions[0] if actions else None,
        quality=min(qualities, default=None),
        said=use.text or None,
    )


def merged(wishes: Iterable[Wish]) -> Wish:
    """One wish for a picture that stands in several places.

    The most careful action, the strictest quality, the first text.
    """
    asked = list(wishes)
    actions = [wish.action for wish in asked if wish.action is not None]
    qualities = [wish.quality for wish in asked if wish.quality is not None]
    return Wish(
        action=min(actions, key=_CAREFUL.index, default=None),
        quality=min(qualities, default=None),
        text=next((wish.text for wish in asked if wish.text is not None), None),
        said=next((wish.said for wish in asked if wish.said is not None), None),
    )


def backed(wish: Wish, other: Wish) -> Wish:
    """A wish, and where it says nothing, the other."""
    said = {key: value for key, value in asdict(wish).items() if value is not None}
    return replace(other, **said)
