"""Packs: verified on loading, refused with a reason."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from plic_web.engine import PackError, ProviderError, load_pack
from plic_web.engine.pack import PACKS

MAX_DECODER_BYTES = 40_000_000


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PACKS / "lite", tmp_path / "pack"))


def test_the_lite_pack_is_whole_and_small():
    pack = load_pack("lite")
    assert pack.id == f"lite-{pack.version}"
    decoder = sum((pack.folder / name).stat().st_size for name in ("control.onnx", "unet.onnx"))
    assert decoder < MAX_DECODER_BYTES


def test_a_pack_can_be_given_as_a_folder(copy):
    assert load_pack(copy).name == "lite"
    assert load_pack(str(copy)).folder == copy


def test_a_changed_file_is_refused(copy):
    path = copy / "unet.onnx"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(PackError, match=r"unet\.onnx: sha256"):
        load_pack(copy)


def test_a_missing_file_is_named(copy):
    (copy / "tables.bin").unlink()
    with pytest.raises(PackError, match=r"tables\.bin: cannot be read"):
        load_pack(copy)


def test_an_unknown_name_lists_the_embedded_packs():
    with pytest.raises(PackError, match="embedded packs: lite"):
        load_pack("no-such-pack")


@pytest.mark.parametrize(
    ("change", "said"),
    [({"plic_pack": 2}, "expected plic_pack 1, got 2"), ({"files": None}, "files")],
)
def test_a_description_of_another_version_is_refused(copy, change, said):
    path = copy / "pack.json"
    description = {**json.loads(path.read_text()), **change}
    path.write_text(json.dumps({k: v for k, v in description.items() if v is not None}))
    with pytest.raises(PackError, match=said):
        load_pack(copy)


def test_a_description_that_is_no_json_is_refused(copy):
    (copy / "pack.json").write_text("{")
    with pytest.raises(PackError, match=r"pack\.json: cannot be read"):
        load_pack(copy)


def test_an_unknown_provider_is_refused():
    with pytest.raises(ProviderError, match="expected cpu or cuda"):
        load_pack("lite", provider="tpu")
