"""Plain pictures cost next to nothing, photos keep their budget."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exporter.encode import encode_picture
from exporter.plain import FULL_SHARE, LEAST, room_for, unsaid_share
from plic_web.engine import Pack, load_pack, reconstruct
from plic_web.payload import Payload, SectionKind
from plic_web.payload.base import encode_base

PICTURES = Path(__file__).parents[1] / "pictures"
WIDTH, HEIGHT = 1200, 400


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("lite")


def flat() -> np.ndarray:
    return np.asarray(Image.new("RGB", (WIDTH, HEIGHT), (32, 84, 147)))


def gradient() -> np.ndarray:
    rows = np.linspace([20, 60, 120], [200, 220, 240], HEIGHT)
    return rows[:, None].repeat(WIDTH, 1).astype(np.uint8)


def photo(name: str) -> np.ndarray:
    return np.asarray(Image.open(PICTURES / f"{name}.webp").convert("RGB"))


@pytest.mark.parametrize("banner", [flat, gradient])
def test_a_plain_banner_costs_under_150_bytes_and_keeps_its_colours(pack, banner):
    rgb = banner()
    data = encode_picture(rgb, pack=pack)
    assert len(data) < 150
    drawn = reconstruct(Payload.parse(data), pack=pack)
    assert np.abs(drawn.astype(int) - rgb).mean() < 3


@pytest.mark.parametrize("name", ["kodim03", "kodim04", "kodim23"])
def test_a_photo_keeps_its_budget(pack, name):
    rgb = photo(name)
    share = unsaid_share(rgb, encode_base(rgb))
    assert FULL_SHARE < share <= 1
    data = encode_picture(rgb, pack=pack, bpp=0.05)
    assert 0.95 * 0.05 <= 8 * len(data) / rgb[..., 0].size <= 0.05


def test_what_stands_on_a_plain_ground_is_still_sent(pack):
    rgb, place = flat().copy(), np.s_[150:246, 600:696]
    rgb[place] = photo("kodim23")[100:196, 200:296]
    assert 0 < unsaid_share(rgb, encode_base(rgb)) < 0.5
    data = encode_picture(rgb, pack=pack)
    payload = Payload.parse(data)
    assert payload.get(SectionKind.LATENTS) is not None
    blur = Payload(WIDTH, HEIGHT, payload.sections[:1])

    def error(payload: Payload) -> float:
        drawn = reconstruct(payload, pack=pack)[place].astype(float)
        return float(((drawn - rgb[place]) ** 2).mean())

    assert error(payload) < 0.5 * error(blur)


def test_the_room_grows_with_what_is_unsaid_up_to_the_budget():
    rooms = [room_for(share, 2000) for share in (0.001, 0.1, 0.2, FULL_SHARE, 1.0)]
    assert rooms == sorted(rooms)
    assert rooms[0] == LEAST
    assert rooms[-2:] == [2000, 2000]


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 17), (64, 5)])
def test_any_size_has_a_share(width, height):
    rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    assert 0 <= unsaid_share(rgb, encode_base(rgb)) <= 1
