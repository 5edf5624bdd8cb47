"""A still-picture format at its best for a budget: best of scale and quality, judged by LPIPS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from PIL import Image

from bench.codecs.codec import Picture
from bench.codecs.formats import Format, read
from bench.fit import fit

# The picture is coded at 1/divisor of its sides, reduced with Lanczos.
DIVISORS = (1, 2, 3, 4, 6, 8)

Distance = Callable[[Picture, Picture], float]
Enlarge = Callable[[Picture, int, int], Picture]


class Conventional:
    """A codec of one format: for each scale the highest quality that fits, then the best scale.

    The scale is chosen by LPIPS (AlexNet) between the original and the decoded picture
    enlarged to its size, as a reader would see it.
    """

    scalable = True

    def __init__(
        self,
        file_format: Format,
        *,
        divisors: Sequence[int] = DIVISORS,
        distance: Distance | None = None,
        enlarge: Enlarge = fit,
    ) -> None:
        self.name = file_format.name
        self.label = file_format.label
        self.version = f"1, {file_format.version}, sides divided by {sorted(divisors)}, by LPIPS"
        self._format = file_format
        self._divisors = sorted(divisors, reverse=True)
        self._distance = distance
        self._enlarge = enlarge

    def encode(self, image: Picture, budget: int) -> bytes:
        """The file of at most ``budget`` bytes with the lowest LPIPS, or the smallest of all."""
        candidates = self._candidates(image, budget)
        if len(candidates) == 1:
            return candidates[0]
        distance = self._distance or _lpips()
        height, width = image.shape[:2]
        return min(
            candidates, key=lambda data: distance(image, self._enlarge(read(data), width, height))
        )

    def decode(self, data: bytes) -> Picture:
        """The picture at the size at which it was coded."""
        return read(data)

    def _candidates(self, image: Picture, budget: int) -> list[bytes]:
        """One file a scale, or the smallest file alone where none fits."""
        found: list[bytes] = []
        smallest = b""  # of the files that do not fit
        beyond = count = len(self._format.qualities)
        for divisor in self._divisors:
            small = reduced(image, divisor)
            coarsest = self._format.write(small, self._format.qualities[0])
            if len(coarsest) > budget:
                if smallest and len(coarsest) > len(smallest):
                    break  # nor does a larger picture fit
                smallest = coarsest
                continue
            # A larger picture does not get beyond what was far too much for a smaller one.
            beyond = min(count, beyond + count // 10)
            beyond, data = self._finest(small, budget, coarsest, beyond)
            if beyond == count:
                # As good as the format gets: no smaller picture can be better.
                found.clear()
            found.append(data)
        return found or [smallest]

    def _finest(
        self, small: Image.Image, budget: int, coarsest: bytes, beyond: int
    ) -> tuple[int, bytes]:
        """Bisect for the highest quality that fits, below position ``beyond``.

        ``coarsest`` is the file of position 0, which fits. Returns the position after the file's
        own, which did not fit or is ``beyond`` as given, and the file.
        """
        best, low = coarsest, 0
        while beyond - low > 1:
            middle = (low + beyond) // 2
            data = self._format.write(small, self._format.qualities[middle])
            if len(data) <= budget:
                best, low = data, middle
            else:
                beyond = middle
        return beyond, best


def reduced(image: Picture, divisor: int) -> Image.Image:
    """The picture at 1/divisor of its sides, rounded, at least 1 pixel; Lanczos."""
    picture = Image.fromarray(np.ascontiguousarray(image))
    if divisor == 1:
        return picture
    size = (max(1, round(picture.width / divisor)), max(1, round(picture.height / divisor)))
    return picture.resize(size, Image.Resampling.LANCZOS)


@cache
def _lpips() -> Distance:
    """The distance that chooses; the model is loaded once a process."""
    from plic_web.quality.lpips import Lpips

    return Lpips(threads=1).distance
