"""``reconstruct()``: a payload and a pack in, a picture out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from plic_web.engine.conditions import MULTIPLE, Conditions, read_conditions
from plic_web.engine.finish import composite, reimpose_base
from plic_web.engine.pack import Pack
from plic_web.engine.sampler import sample
from plic_web.engine.tiles import draw_tiled
from plic_web.payload import Payload, SectionKind
from plic_web.payload.container import MAX_SIDE
from plic_web.payload.noise import normal
from plic_web.payload.resample import upsample
from plic_web.payload.seed import decode_seed

Floats = NDArray[np.float32]

# What one unit of each condition's array covers, in pixels of the coded picture.
_STRIDES = {"base": 4, "latents32": 32, "latents16": 16, "quality": 16, "edges": 4, "keep": 1}


def reconstruct(
    payload: Payload, *, pack: Pack, width: int | None = None, steps: int | None = None
) -> NDArray[np.uint8]:
    """Draw the picture that a payload describes.

    Args:
        payload: a parsed payload; the sections that the pack understands are its conditions.
        pack: from ``load_pack``.
        width: of the result in pixels, 1 to 4096; the height keeps the payload's aspect,
            rounded, at least 1. ``None``: the payload's own size.
        steps: network evaluations, 1 to 16; ``None``: the pack's default. Never from a payload.

    Returns:
        RGB uint8 [height, width, 3].

    Raises:
        PayloadError: a section cannot be decoded.
        ValueError: width or steps out of range.
    """
    if width is None:
        size = payload.width, payload.height
    else:
        if not 1 <= width <= MAX_SIDE:
            raise ValueError(f"width: expected 1 to {MAX_SIDE} pixels, got {width}")
        size = width, max(1, round(payload.height * width / payload.width))
    count = pack.steps(steps)
    conditions = read_conditions(payload, pack)
    if payload.get(SectionKind.LATENTS) is None and payload.get(SectionKind.EDGES) is None:
        # Nothing says what is in the picture: the blur is true, and a network would invent.
        picture = _blur(conditions, size)
    else:
        picture = _drawn(payload, conditions, pack, count, size)
    return composite(picture, conditions.kept, size[0] / payload.width, size[1] / payload.height)


def _drawn(
    payload: Payload, conditions: Conditions, pack: Pack, steps: int, size: tuple[int, int]
) -> NDArray[np.uint8]:
    picture = _draw(conditions, pack, steps, _seed(payload))
    if conditions.base_grid is not None:
        kind = "edges" if payload.get(SectionKind.LATENTS) is None else "latents"
        picture = reimpose_base(picture, conditions.base_grid, pack.reimpose_cells.get(kind, 0))
    return _resize(picture, size)


def _blur(conditions: Conditions, size: tuple[int, int]) -> NDArray[np.uint8]:
    if conditions.base_grid is None:
        return np.full((size[1], size[0], 3), 128, np.uint8)
    return upsample(conditions.base_grid, *size)


def _seed(payload: Payload) -> int:
    data = payload.get(SectionKind.SEED)
    return 0 if data is None else decode_seed(data)


def _draw(conditions: Conditions, pack: Pack, steps: int, seed: int) -> NDArray[np.uint8]:
    height, width = conditions.keep.shape[1:]
    noise = normal(seed, (3, height, width))

    def draw(top: int, bottom: int, left: int, right: int) -> Floats:
        inputs = {
            name: _cut(array, _STRIDES[name], top, bottom, left, right)
            for name, array in conditions.arrays.items()
        }
        return _draw_tile(inputs, _cut(noise, 1, top, bottom, left, right), pack, steps)

    return draw_tiled(draw, height, width)[: conditions.height, : conditions.width]


def _cut(array: Floats, stride: int, top: int, bottom: int, left: int, right: int) -> Floats:
    assert not any(edge % MULTIPLE for edge in (top, bottom, left, right))
    rows = slice(top // stride, bottom // stride)
    columns = slice(left // stride, right // stride)
    return np.ascontiguousarray(array[None, :, rows, columns])


def _draw_tile(inputs: dict[str, Floats], noise: Floats, pack: Pack, steps: int) -> Floats:
    hints = pack.control.run(**inputs)
    start = hints.pop("start")

    def predict(x_t: Floats, t: float) -> Floats:
        return pack.unet.run(x_t=x_t, t=np.array([t], np.float32), **hints)["x"]

    picture: Floats = sample(predict, start, noise, steps)[0]
    return picture


def _resize(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    if picture.shape[1::-1] == size:
        return picture
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
