"""The command line as its user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from plic_web.cli import main

PHOTO = Path(__file__).parents[1] / "pictures" / "kodim23.webp"


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), float)


def plic(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("payload") / "parrots.plic"
    result = plic("encode", PHOTO, "-o", target, "--bpp", 0.05)
    assert result.exit_code == 0, result.output
    return target


def test_encode_keeps_to_the_asked_rate(payload):
    width, height = size_of(PHOTO)
    assert 0.035 < 8 * payload.stat().st_size / (width * height) <= 0.05


def test_decode_gives_a_picture_like_the_original(payload, tmp_path):
    result = plic("decode", payload, "-o", tmp_path / "out.png")
    assert result.exit_code == 0, result.output
    decoded, original = pixels(tmp_path / "out.png"), pixels(PHOTO)
    assert decoded.shape == original.shape
    psnr = 10 * np.log10(255**2 / ((decoded - original) ** 2).mean())
    grey = 10 * np.log10(255**2 / ((original - original.mean((0, 1))) ** 2).mean())
    assert psnr > grey + 3


def test_decode_at_a_width(payload, tmp_path):
    assert plic("decode", payload, "-o", tmp_path / "s.webp", "--width", 300).exit_code == 0
    width, height = size_of(PHOTO)
    assert size_of(tmp_path / "s.webp") == (300, round(height * 300 / width))


def test_the_plic_profile_sends_edges_and_base(tmp_path):
    target = tmp_path / "x.plic"
    assert plic("encode", PHOTO, "-o", target, "--profile", "plic").exit_code == 0
    described = json.loads(plic("inspect", target, "--json").output)
    assert [s["name"] for s in described["sections"]] == ["base", "edges"]
    assert plic("decode", target, "-o", tmp_path / "x.png").exit_code == 0


def test_faces_are_favoured_when_asked(tmp_path):
    portrait = PHOTO.with_name("kodim04.webp")
    plain, favoured = tmp_path / "plain.plic", tmp_path / "favoured.plic"
    assert plic("encode", portrait, "-o", plain).exit_code == 0
    assert plic("encode", portrait, "-o", favoured, "--favour", "faces").exit_code == 0
    assert favoured.read_bytes() != plain.read_bytes()
    width, height = size_of(portrait)
    assert 8 * favoured.stat().st_size <= 0.03 * width * height
    refused = plic("encode", portrait, "-o", plain, "--favour", "faces", "--profile", "plic")
    assert refused.exit_code == 2
    assert "--profile plic has no latents" in refused.stderr


def test_inspect_counts_every_byte(payload):
    described = json.loads(plic("inspect", payload, "--json").output)
    size = payload.stat().st_size
    assert described["bytes"] == size
    assert sum(s["bytes"] for s in described["sections"]) + described["overhead"] == size
    assert described["overhead"] <= 20
    shown = plic("inspect", payload).output
    assert f"{size} bytes" in shown
    assert "latents" in shown


def test_folders_go_through_in_parallel(tmp_path):
    source = tmp_path / "in"
    (source / "sub").mkdir(parents=True)
    picture = Image.fromarray(pixels(PHOTO).astype(np.uint8))
    picture.crop((0, 0, 256, 192)).save(source / "a.png")
    picture.crop((100, 100, 356, 292)).save(source / "sub" / "b.jpg")
    encoded = plic("encode", source, "-o", tmp_path / "plic", "--jobs", 2)
    assert encoded.exit_code == 0, encoded.output
    assert (tmp_path / "plic" / "sub" / "b.plic").is_file()
    decoded = plic("decode", tmp_path / "plic", "-o", tmp_path / "out", "--format", "webp")
    assert decoded.exit_code == 0, decoded.output
    assert size_of(tmp_path / "out" / "sub" / "b.webp") == (256, 192)


@pytest.mark.parametrize(
    ("command", "content", "said"),
    [
        ("encode", b"not a picture", "bad.png: not a picture"),
        ("encode", None, "no such file"),
        ("decode", b"not a payload", "bad.plic"),
        ("decode", None, "no such file"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, command, content, said):
    source = tmp_path / ("bad.png" if command == "encode" else "bad.plic")
    target = tmp_path / ("out.plic" if command == "encode" else "out.png")
    if content is not None:
        source.write_bytes(content)
    result = plic(command, source, "-o", target)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not target.exists()


def test_inspect_of_bad_input(tmp_path):
    (tmp_path / "x.plic").write_bytes(b"P")
    result = plic("inspect", tmp_path / "x.plic")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_one_bad_file_among_good_ones_is_named_and_the_others_are_written(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    Image.fromarray(pixels(PHOTO)[:128, :128].astype(np.uint8)).save(source / "good.png")
    (source / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    result = plic("encode", source, "-o", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 2
    assert "bad.png" in result.stderr
    assert (tmp_path / "out" / "good.plic").is_file()
    assert not (tmp_path / "out" / "bad.plic").exists()


def test_doctor_verifies_the_pack_and_times_a_decode():
    result = plic("doctor")
    assert result.exit_code == 0, result.output
    assert "files verified" in result.output
    assert "s warm" in result.output


def test_doctor_refuses_a_missing_pack(tmp_path):
    result = plic("doctor", "--pack", tmp_path)
    assert result.exit_code == 1
    assert "pack.json" in result.stderr


def test_cuda_is_never_replaced_silently():
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("CUDA is there")
    result = plic("doctor", "--provider", "cuda")
    assert result.exit_code == 1
    assert "plic-web[gpu]" in result.stderr


def test_every_command_has_a_help_text():
    names = main.list_commands(None)
    expected = {"encode", "decode", "inspect", "export", "serve", "demo", "doctor"}
    assert expected <= set(names)
    for name in names:
        result = plic(name, "--help")
        assert result.exit_code == 0, result.output
        assert len(result.output.splitlines()) > 4
