"""The page's stylesheet: a gradient behind each picture, for readers without scripts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Stops are dropped while a straight line between the others stays this close, in grey levels.
_TOLERANCE = 6.0
_MOST_STOPS = 5


@dataclass(frozen=True)
class Placeholder:
    """What the stylesheet says of one picture.

    Attributes:
        base: the decoded base, uint8 [rows, columns, 3]; None for no gradient, where there
            is no base or where some page lets a loaded picture's background show.
    """

    digest: str
    width: int
    height: int
    base: NDArray[np.uint8] | None


def page_stylesheet(placeholders: Iterable[Placeholder], notice: str) -> str:
    """The CSS of one page.

    `:where` gives the rules no weight, so whatever the site says of its pictures wins. The
    gradient keeps to the content box: no padding, as of a frame around a photo, shows it.
    `aspect-ratio: auto` steps back as soon as the picture itself is there; where `width` and
    `height` or a `<source>` say the ratio, nothing is said here, or a picture of another shape
    would move the page when it arrives.
    """
    rules = [notice.strip()]
    for picture in placeholders:
        images = f'img[src*="{picture.digest}/"]'
        if picture.base is not None:
            rules.append(f":where({images}){{background:{gradient(picture.base)} content-box}}")
        rules.append(
            f":where({images}:not([width][height],picture *))"
            f"{{aspect-ratio:auto {picture.width}/{picture.height}}}"
        )
    return "\n".join(rules) + "\n"


def gradient(base: NDArray[np.uint8]) -> str:
    """A CSS gradient of 3 to 5 stops along the axis on which the colours vary most.

    Args:
        base: uint8 [rows, columns, 3], RGB.
    """
    means = {"180deg": base.mean(1), "90deg": base.mean(0)}
    angle = max(means, key=lambda axis: float(means[axis].var(0).sum()))
    line = means[angle]
    places = np.linspace(0, 1, len(line))
    stops = [0.0, 0.5, 1.0]
    while len(stops) < _MOST_STOPS:
        drawn = np.stack([_sample(line, stops, places, c) for c in range(3)], -1)
        error = np.abs(drawn - line).max(1)
        worst = float(places[int(error.argmax())])
        if error.max() <= _TOLERANCE or worst in stops:
            break
        stops = sorted([*stops, worst])
    colours = [[np.interp(stop, places, line[:, c]) for c in range(3)] for stop in stops]
    written = ",".join(
        f"#{''.join(f'{round(float(value)):02x}' for value in colour)} {round(stop * 100)}%"
        for colour, stop in zip(colours, stops, strict=True)
    )
    return f"linear-gradient({angle},{written})"


def _sample(
    line: NDArray[np.float64], stops: list[float], places: NDArray[np.float64], channel: int
) -> NDArray[np.float64]:
    """What a gradient with these stops shows of one channel."""
    values = np.interp(stops, places, line[:, channel])
    return np.interp(places, stops, values)
