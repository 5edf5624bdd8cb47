"""AVIF + SPAN: the conversion from ncnn's files, and the codec."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.codecs import make_codec, span
from bench.codecs.formats import read
from bench.errors import BenchError, MissingPartError
from bench.fit import fit
from bench.models.registry import is_fetched
from bench.models.span import convert, read_param

PICTURES = Path(__file__).parents[1] / "pictures"
HALF_FLOATS = (0x01306B47).to_bytes(4, "little")

# The layers of SPAN on one channel, with the ending of lines that the wheel has.
PARAM = "\r\n".join(
    [
        "7767517",
        "9 12",
        "Input      in     0 1 data",
        "MemoryData mean   0 1 mean 0=1 1=1 2=3",
        "BinaryOp   less   2 1 data mean less 0=1",
        "Split      both   1 2 less left right",
        "Convolution conv  1 1 left wide 0=12 1=3 4=1 5=1 6=324",
        "Swish      act    1 1 wide swished",
        "Convolution point 1 1 right thin 0=12 1=1 5=1 6=36",
        "BinaryOp   sum    2 1 swished thin both",
        "PixelShuffle up   1 1 both output 0=2",
        "",
    ]
)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    with Image.open(PICTURES / "kodim23.webp") as image:
        return np.asarray(image.convert("RGB").reduce(2))


@pytest.fixture
def fetched() -> None:
    if not is_fetched("span"):
        pytest.skip("needs the model: plic models fetch span")


def weights() -> tuple[bytes, dict[str, np.ndarray]]:
    draw = np.random.default_rng(3)
    arrays = {
        "mean": draw.random(3, np.float32),
        "wide": draw.standard_normal((12, 3, 3, 3)).astype(np.float16),
        "wide_bias": draw.random(12, np.float32),
        "thin": draw.standard_normal((12, 3)).astype(np.float16),
        "thin_bias": draw.random(12, np.float32),
    }
    parts = [
        HALF_FLOATS * name.islower() + a.tobytes() if a.dtype == np.float16 else a.tobytes()
        for name, a in arrays.items()
    ]
    return b"".join(parts), arrays


def test_the_converted_graph_computes_what_the_layers_say():
    pytest.importorskip("onnx")
    import onnxruntime

    data, arrays = weights()
    session = onnxruntime.InferenceSession(convert(PARAM, data), providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(4).random((3, 5, 7), np.float32)
    (found,) = session.run(["output"], {"data": picture[None]})

    less = picture - arrays["mean"][:, None, None]
    padded = np.pad(less, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    wide = np.einsum("cyxij,ocij->oyx", windows, arrays["wide"].astype(float))
    wide += arrays["wide_bias"][:, None, None]
    thin = np.einsum("cyx,oc->oyx", less, arrays["thin"].astype(float))
    total = wide / (1 + np.exp(-wide)) + thin + arrays["thin_bias"][:, None, None]
    # channel 4 c + 2 i + j of a position is row i, column j of its 2x2 pixels in channel c
    expected = total.reshape(3, 2, 2, 5, 7).transpose(0, 3, 1, 4, 2).reshape(3, 10, 14)
    np.testing.assert_allclose(found[0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("param", "cut", "message"),
    [
        (PARAM.replace("7767517", "7767518"), None, "not of the known form"),
        (PARAM.replace("9 12", "8 12"), None, "not of the known form"),
        (PARAM.replace("Swish", "Mish "), None, "unknown kind, Mish"),
        (PARAM.replace("4=1 5=1", "4=1 3=2 5=1"), None, "conv is a convolution of an unknown"),
        (PARAM, -4, "weights end early"),
    ],
)
def test_other_files_are_refused(param, cut, message):
    pytest.importorskip("onnx")
    data, _ = weights()
    with pytest.raises(BenchError, match=message):
        convert(param, data[:cut])


def test_every_weight_must_be_taken():
    pytest.importorskip("onnx")
    with pytest.raises(BenchError, match="4 bytes of weights are left"):
        convert(PARAM, weights()[0] + bytes(4))


def test_a_layer_is_read_with_its_blobs_and_numbers():
    layer = read_param(PARAM)[4]
    assert (layer.kind, layer.name) == ("Convolution", "conv")
    assert (layer.inputs, layer.outputs) == (("left",), ("wide",))
    assert layer.numbers == {0: 12, 1: 3, 4: 1, 5: 1, 6: 324}


def test_without_the_model_the_command_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PLIC_MODELS", str(tmp_path))
    with pytest.raises(MissingPartError, match=r"^avif\+span: .*plic models fetch span"):
        make_codec("avif+span")


@pytest.mark.usefixtures("fetched")
def test_span_is_sharper_than_bicubic_and_keeps_the_colours(photo):
    codec = make_codec("avif+span")
    data = codec.encode(photo, 3000)
    assert len(data) <= 3000
    coded = read(data)
    drawn = codec.decode(data)
    assert drawn.shape == (4 * coded.shape[0], 4 * coded.shape[1], 3)
    height, width = photo.shape[:2]
    shown, bicubic = fit(drawn, width, height), fit(coded, width, height)

    def contrast(picture: np.ndarray) -> float:
        return float(np.abs(np.diff(picture.astype(int), axis=1)).mean())

    assert contrast(shown) > 1.1 * contrast(bicubic)
    # ClearReality darkens a little, by the same few levels under ncnn
    assert np.abs((shown.astype(float) - bicubic).mean((0, 1))).max() < 6


@pytest.mark.usefixtures("fetched")
def test_strips_draw_what_one_piece_would(photo, monkeypatch):
    small = np.ascontiguousarray(photo[:90, :64])
    monkeypatch.setattr(span, "STRIP_PIXELS", 64 * 90)
    whole = span._span(1, small).astype(int)
    monkeypatch.setattr(span, "STRIP_PIXELS", 64 * 16)
    assert np.abs(span._span(1, small) - whole).max() <= 1
    monkeypatch.setattr(span, "MARGIN", 4)
    assert np.abs(span._span(1, small) - whole).max() > 1
