"""``reconstruct()`` with the shipped pack on real pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exporter.encode import encode_picture
from plic_web.engine import Pack, load_pack, reconstruct
from plic_web.engine.tiles import WHOLE_PIXELS
from plic_web.payload import Payload, PayloadError, Section, SectionKind
from plic_web.payload.base import decode_base
from plic_web.payload.keep import Rect, encode_keep
from plic_web.payload.resample import upsample

PICTURES = Path(__file__).parents[1] / "pictures"


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack("lite")


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    with Image.open(PICTURES / "kodim04.webp") as image:
        return np.asarray(image.convert("RGB"))[100:420, 60:444]


@pytest.fixture(scope="module")
def payload(photo: np.ndarray, pack: Pack) -> Payload:
    return Payload.parse(encode_picture(photo, pack=pack, bpp=0.06))


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / ((a.astype(float) - b) ** 2).mean()))


def blur_of(payload: Payload) -> np.ndarray:
    data = payload.get(SectionKind.BASE)
    assert data is not None
    grid = decode_base(data, payload.width, payload.height)
    return upsample(grid, payload.width, payload.height)


def test_the_latents_tell_more_than_the_blur(photo, payload, pack):
    assert psnr(reconstruct(payload, pack=pack), photo) > psnr(blur_of(payload), photo) + 0.5


def test_the_same_payload_draws_the_same_pixels(payload, pack):
    again = load_pack("lite", threads=1)
    first, second = reconstruct(payload, pack=pack), reconstruct(payload, pack=again)
    assert np.abs(first.astype(int) - second).max() <= 1


def test_another_seed_draws_another_texture(photo, pack):
    draws = [
        reconstruct(Payload.parse(encode_picture(photo, pack=pack, seed=seed)), pack=pack)
        for seed in (1, 2)
    ]
    assert not np.array_equal(*draws)
    assert psnr(*draws) > 25


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_steps_change_little_but_work(payload, pack, photo, steps):
    assert psnr(reconstruct(payload, pack=pack, steps=steps), photo) > 14


@pytest.mark.parametrize("width", [1, 97, 384, 1000])
def test_the_height_follows_the_width(payload, pack, width):
    drawn = reconstruct(payload, pack=pack, width=width)
    expected = max(1, round(payload.height * width / payload.width))
    assert drawn.shape == (expected, width, 3)
    assert drawn.dtype == np.uint8


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (33, 17), (129, 255)])
def test_odd_sizes_keep_their_size(photo, pack, size):
    height, width = size
    cut = np.ascontiguousarray(photo[:height, :width])
    payload = Payload.parse(encode_picture(cut, pack=pack, bpp=1))
    assert reconstruct(payload, pack=pack).shape == cut.shape


def test_a_large_picture_is_drawn_in_tiles_without_seams(pack):
    with Image.open(PICTURES / "kodim23.webp") as image:
        large = np.asarray(image.convert("RGB").resize((1472, 992), Image.Resampling.LANCZOS))
    assert large.shape[0] * large.shape[1] > WHOLE_PIXELS
    payload = Payload.parse(encode_picture(large, pack=pack, bpp=0.02))
    drawn = reconstruct(payload, pack=pack).astype(float)
    assert psnr(drawn, large) > 18
    steps = np.abs(np.diff(drawn.mean(2), axis=1)).mean(0)
    # a seam would be a column whose steps stand out from its neighbours'
    around = np.stack([np.roll(steps, k) for k in (-3, -2, 2, 3)]).max(0)
    assert (steps[8:-8] < 2 * around[8:-8] + 1).all()


def test_a_cut_file_is_a_poorer_picture(photo, pack):
    data = encode_picture(photo, pack=pack, bpp=0.06)
    whole = Payload.parse(data)
    head = len(data) - 2 - sum(len(s.data) for s in whole.sections)
    cut = Payload.parse(data[: head + len(whole.sections[0].data) + 5])
    assert cut.truncated
    assert [s.kind for s in cut.sections] == [SectionKind.BASE]
    poorer = reconstruct(cut, pack=pack)
    assert poorer.shape == photo.shape
    assert np.array_equal(poorer, blur_of(cut))


def test_edges_alone_follow_the_bases_colours(photo, pack):
    payload = Payload.parse(encode_picture(photo, pack=pack, profile="plic"))
    drawn = reconstruct(payload, pack=pack)
    assert np.abs(drawn.mean((0, 1)) - blur_of(payload).mean((0, 1))).max() < 3


def test_kept_pixels_are_the_originals(photo, pack, payload):
    rect = Rect(left=120, top=80, width=96, height=64)
    keep = Section(SectionKind.KEEP, encode_keep(photo, [rect], quality=90))
    kept = Payload(payload.width, payload.height, (*payload.sections, keep))
    drawn = reconstruct(kept, pack=pack)
    inside = np.s_[88:136, 128:208]
    assert psnr(drawn[inside], photo[inside]) > 28
    assert psnr(drawn[inside], photo[inside]) > psnr(
        reconstruct(payload, pack=pack)[inside], photo[inside]
    )


def test_a_damaged_section_is_a_payload_error(payload, pack):
    broken = Payload(
        payload.width, payload.height, (payload.sections[0], Section(SectionKind.LATENTS, b"\1"))
    )
    with pytest.raises(PayloadError, match="latents"):
        reconstruct(broken, pack=pack)


@pytest.mark.parametrize("width", [0, -5, 4097])
def test_refuses_widths_out_of_range(payload, pack, width):
    with pytest.raises(ValueError, match="expected 1 to 4096"):
        reconstruct(payload, pack=pack, width=width)


def test_refuses_steps_out_of_range(payload, pack):
    with pytest.raises(ValueError, match="expected 1 to 16"):
        reconstruct(payload, pack=pack, steps=17)
