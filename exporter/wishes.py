"""What the site's owner says of each picture, on its elements and in `plic.toml`."""

from __future__ import annotations

from collections.abc import Iterable

from exporter.documents import Use
from exporter.settings import LEVELS, Wish

# The most careful first: of two elements that ask for different things, it gets its way.
_CAREFUL = ("leave", "webp", "payload")


def wish_of(use: Use) -> Wish:
    """What the page says of the pictures of one use."""
    actions = [action for action in _CAREFUL if action in use.marks]
    qualities = [LEVELS[word] for word in use.marks if word in LEVELS]
    return Wish(actions[0] if actions else None, min(qualities, default=None), use.text or None)


def merged(wishes: Iterable[Wish]) -> Wish:
    """One wish for a picture that stands in several places.

    The most careful action, the strictest quality, the first text.
    """
    asked = list(wishes)
    actions = [wish.action for wish in asked if wish.action is not None]
    qualities = [wish.quality for wish in asked if wish.quality is not None]
    texts = [wish.text for wish in asked if wish.text is not None]
    return Wish(
        min(actions, key=_CAREFUL.index, default=None),
        min(qualities, default=None),
        texts[0] if texts else None,
    )


def backed(wish: Wish, other: Wish) -> Wish:
    """A wish, and where it says nothing, the other."""
    return Wish(
        other.action if wish.action is None else wish.action,
        other.quality if wish.quality is None else wish.quality,
        other.text if wish.text is None else wish.text,
    )
