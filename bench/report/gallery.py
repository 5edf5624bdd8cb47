"""Which pictures the report shows, in which order, as ``data:`` addresses within a size limit."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

from bench.report.evaluation import Evaluation, worst
from bench.results import Result

WORST = 10
# Of all pictures together, as they stand in the file. Browsers and mail get slow above.
MOST_BYTES = 22_000_000


@dataclass(frozen=True)
class Shown:
    """One decoded picture of a card."""

    result: Result
    address: str
    main: bool  # at its codec's main rate


@dataclass
class Card:
    """One picture of the set and what became of it; the original is in the page once."""

    anchor: str
    original: Result  # any result of this picture: name, size, kind
    address: str
    versions: list[Shown] = field(default_factory=list)


@dataclass(frozen=True)
class Gallery:
    """Cards of the codecs' worst pictures, cards of the others, and names left out for size."""

    first: list[Card]
    rest: list[Card]
    left_out: list[str]


def make_gallery(evaluation: Evaluation) -> Gallery:
    """Choose and embed the pictures.

    Every picture at each codec's main rate; a codec's worst ten at its other rates as well.
    Where that is too much, the other rates go first, then the pictures that did best.
    """
    ranked = {codec: worst(evaluation, codec) for codec in evaluation.codecs}
    bad = {codec: {r.picture for r in found[:WORST]} for codec, found in ranked.items()}
    order = _order(list(ranked.values()))
    results: dict[str, list[Result]] = {name: [] for name in order}
    for result in evaluation.results:
        results[result.picture].append(result)
    embed = _Embedder(evaluation, MOST_BYTES)
    cards: dict[str, Card] = {}
    for name in order:
        original = results[name][0]
        if address := embed(original.digest):
            cards[name] = Card(f"p{len(cards) + 1}", original, address)
            _add(cards[name], _at_main_rate(evaluation, results[name]), embed, evaluation)
    for name, card in cards.items():
        main = {id(r) for r in _at_main_rate(evaluation, results[name])}
        others = [r for r in results[name] if id(r) not in main and name in bad[r.codec]]
        _add(card, others, embed, evaluation)
        card.versions.sort(key=lambda v: _place(evaluation, v.result))
    worst_names = set().union(*bad.values())
    return Gallery(
        first=[card for name, card in cards.items() if name in worst_names],
        rest=[card for name, card in cards.items() if name not in worst_names],
        left_out=[name for name in order if name not in cards],
    )


def _order(ranked: list[list[Result]]) -> list[str]:
    """Every codec's worst picture, then every codec's second worst, and so on; each once."""
    by_rank = (result for rank in zip_longest(*ranked) for result in rank if result is not None)
    return list(dict.fromkeys(result.picture for result in by_rank))


def _at_main_rate(evaluation: Evaluation, results: list[Result]) -> Iterator[Result]:
    return (r for r in results if r.asked_bpp == evaluation.main_rate(r.codec))


def _place(evaluation: Evaluation, result: Result) -> tuple[int, float]:
    return list(evaluation.labels).index(result.codec), result.asked_bpp or 0


def _add(
    card: Card, results: Iterator[Result] | list[Result], embed: _Embedder, evaluation: Evaluation
) -> None:
    for result in results:
        if address := embed(evaluation.key(result)):
            main = result.asked_bpp == evaluation.main_rate(result.codec)
            card.versions.append(Shown(result, address, main))


class _Embedder:
    """Turns stored pictures into ``data:`` addresses until the limit is reached."""

    def __init__(self, evaluation: Evaluation, limit: int) -> None:
        self._folder = evaluation.pictures
        self._left = limit

    def __call__(self, stem: str) -> str:
        """The address of a stored picture; "" where it is not there or there is no room."""
        path = self._folder / f"{stem}.webp"
        if not path.is_file() or 4 * path.stat().st_size > 3 * self._left:
            return ""
        text = base64.b64encode(path.read_bytes()).decode()
        self._left -= len(text)
        return f"data:image/webp;base64,{text}"
