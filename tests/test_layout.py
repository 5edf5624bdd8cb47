"""What must hold between the parts: imports point one way, the wheel carries everything."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "plic_web/payload": {"plic_web.payload"},
    "plic_web/engine": {"plic_web.payload", "plic_web.engine"},
    "plic_web/edge": {"plic_web.payload", "plic_web.engine", "plic_web.edge"},
    "plic_web": {"plic_web"},
    "exporter": {"plic_web", "exporter"},
    "bench": {"plic_web", "exporter", "bench"},
    "training": {"plic_web", "exporter", "bench", "training"},
}
OURS = ("plic_web", "exporter", "bench", "training", "tests")


def imported(path: Path) -> set[str]:
    """Absolute names of this project's modules that a file imports."""
    package = path.relative_to(ROOT).parent.as_posix().replace("/", ".")
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = ".".join(parents) + "." if node.level else ""
            names.add(start + (node.module or ""))
    return {name for name in names if name.split(".")[0] in OURS}


@pytest.mark.parametrize("folder", ALLOWED)
def test_imports_point_one_way(folder):
    for path in (ROOT / folder).rglob("*.py"):
        for name in imported(path):
            fits = any(name == root or name.startswith(f"{root}.") for root in ALLOWED[folder])
            assert fits, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("plic_web.payload", ("onnxruntime", "flask", "cv2", "PIL")),
        ("plic_web.edge.serve", ("torch", "onnxruntime", "exporter", "numpy")),
        ("plic_web.cli", ("torch", "exporter")),
    ],
)
def test_what_a_part_never_loads(module, never):
    code = f"import sys, {module}; print(*[n for n in {never!r} if n in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == ""


def test_the_wheel_names_every_package_and_kind_of_file():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    packages = set(settings["packages"])
    suffixes = {pattern.removeprefix("*") for pattern in settings["package-data"]["*"]}
    tracked = subprocess.run(
        ["git", "ls-files", "plic_web", "exporter", "static", "bench", "training"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout.split()  # fmt: skip
    if not tracked:
        pytest.skip("not a git checkout")
    for name in tracked:
        folder = Path(name).parent.as_posix().replace("/", ".")
        folder = "exporter.static" if folder == "static" else folder
        assert folder in packages, f"{name} is in no package of pyproject.toml"
        assert Path(name).suffix in {".py", *suffixes}, f"{name} would not be in the wheel"


def test_onnxruntime_and_its_gpu_build_are_never_both_required():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core = [d for d in project["dependencies"] if d.startswith("onnxruntime")]
    assert core == ["onnxruntime>=1.20; extra != 'gpu'"]
    assert [d.split(">")[0] for d in project["optional-dependencies"]["gpu"]] == ["onnxruntime-gpu"]
