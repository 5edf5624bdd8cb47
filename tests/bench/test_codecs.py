"""Codecs under test: budgets, whole files, the choice of scale, names, missing parts."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.codecs import ABLATION, CODECS, formats, make_codec
from bench.codecs.conventional import Conventional, reduced
from bench.errors import BenchError, MissingPartError
from bench.fit import fit
from plic_web.quality.lpips import Lpips

PICTURES = Path(__file__).parents[1] / "pictures"
FORMATS = {"avif": "AVIF", "webp": "WEBP", "jpeg": "JPEG", "jxl": "JXL"}

STRAY = {"exif", "icc_profile", "xmp", "comment"}


def picture(name: str, left: int, top: int, width: int, height: int) -> np.ndarray:
    with Image.open(PICTURES / f"{name}.webp") as image:
        return np.asarray(image.convert("RGB").crop((left, top, left + width, top + height)))


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return picture("kodim23", 150, 60, 240, 160)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("name", FORMATS)
def test_files_are_within_the_budget_whole_and_plain(name, photo):
    codec = make_codec(name)
    assert (codec.name, codec.scalable) == (name, True)
    sizes = []
    for budget in (900, 2500):
        data = codec.encode(photo, budget)
        assert 0.7 * budget < len(data) <= budget
        image = opened(data)
        assert image.format == FORMATS[name]
        # libjxl makes a profile of the file's two bytes about colour when it opens it
        assert set(image.info) <= {"icc_profile"} if name == "jxl" else not STRAY & set(image.info)
        decoded = codec.decode(data)
        assert decoded.shape[1::-1] == image.size
        assert 240 % decoded.shape[1] == 0
        sizes.append(decoded.shape[1])
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("name", FORMATS)
def test_where_nothing_fits_the_file_is_the_smallest(name, photo):
    file_format = getattr(formats, name)()
    data = make_codec(name).encode(photo, 10)
    coarsest = file_format.qualities[0]
    assert len(data) == min(
        len(file_format.write(reduced(photo, divisor), coarsest)) for divisor in (1, 2, 3, 4, 6, 8)
    )


@pytest.mark.parametrize("name", FORMATS)
def test_the_next_quality_would_not_fit(name, photo):
    file_format = getattr(formats, name)()
    data = Conventional(file_format, divisors=(2,)).encode(photo, 1500)
    small = reduced(photo, 2)
    assert len(data) <= 1500
    files = [file_format.write(small, quality) for quality in file_format.qualities[:95]]
    last = max(position for position, file in enumerate(files) if file == data)
    assert len(files[last + 1]) > 1500


def test_lpips_decides_the_scale(photo):
    lpips = Lpips()

    def loss(data: bytes) -> float:
        return lpips.distance(photo, fit(formats.read(data), 240, 160))

    budget = 1000
    files = {
        d: Conventional(formats.webp(), divisors=(d,)).encode(photo, budget) for d in (1, 2, 3, 4)
    }
    fitting = {divisor: loss(data) for divisor, data in files.items() if len(data) <= budget}
    best = min(fitting, key=fitting.__getitem__)
    # neither the first nor the last one that is tried
    assert min(fitting) < best < max(fitting)
    assert Conventional(formats.webp(), divisors=(1, 2, 3, 4)).encode(photo, budget) == files[best]


def test_a_budget_for_the_best_quality_takes_the_whole_picture(photo):
    def refuse(a: np.ndarray, b: np.ndarray) -> float:
        raise AssertionError("there is nothing to choose between")

    data = Conventional(formats.webp(), distance=refuse).encode(photo, 10**6)
    assert data == formats.webp().write(reduced(photo, 1), 100)


def test_an_unknown_codec_lists_the_known_ones():
    with pytest.raises(BenchError, match="heic: no such codec") as caught:
        make_codec("heic")
    assert not isinstance(caught.value, MissingPartError)
    assert all(name in str(caught.value) for name in CODECS)


@pytest.mark.parametrize(
    ("name", "package"),
    [("jxl", "pillow_jxl"), ("thumbhash", "fast_thumbhash"), ("blurhash", "blurhash")],
)
def test_a_missing_package_is_a_missing_part(name, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPartError, match=rf"^{name}: .*plic-web\[eval\]"):
        make_codec(name)


def test_codecs_import_with_the_core_alone():
    extras = ("pillow_jxl", "fast_thumbhash", "blurhash", "onnx", "scipy", "skimage", "torch")
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({extras!r}))\n"
        "import bench.codecs\n"
        "bench.codecs.make_codec('plic')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_listed_codec_can_be_asked_for():
    for name in (*CODECS, *ABLATION):
        try:
            codec = make_codec(name)
        except MissingPartError:
            continue
        assert codec.name == name
        assert codec.label
        assert codec.version


@pytest.mark.slow
@pytest.mark.parametrize(("bpp", "expected"), [(0.01, 0.825), (0.03, 0.603), (0.06, 0.487)])
def test_avif_on_kodak_is_what_others_measured(bpp, expected, shared):
    """LPIPS on every second picture, measured independently with another search."""
    codec, lpips = make_codec("avif"), Lpips()
    losses = []
    for path in sorted((shared / "data" / "kodak").glob("*.png"))[::2]:
        with Image.open(path) as image:
            rgb = np.asarray(image.convert("RGB"))
        height, width = rgb.shape[:2]
        data = codec.encode(rgb, int(bpp * height * width / 8))
        losses.append(lpips.distance(rgb, fit(codec.decode(data), width, height)))
    assert len(losses) == 12
    assert np.mean(losses) == pytest.approx(expected, abs=0.03)
