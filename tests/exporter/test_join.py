"""The page's modules as one file: the same program, and small enough."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import brotli
import pytest

from exporter.join import compact, join_modules

REPOSITORY = Path(__file__).resolve().parents[2]
STATIC = REPOSITORY / "static"
SAME_TREE = REPOSITORY / "tests" / "js" / "same_tree.cjs"

#: Bytes of brotli at quality 11: the reader's cost of the page's script, and of its base decoder.
SHIM_BYTES = 2048
BASE_BYTES = 700


@pytest.fixture
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip("needs node")
    return found


def same_tree(node: str, before: Path, after: Path) -> bool:
    command = [node, "--expose-internals", str(SAME_TREE), str(before), str(after)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.returncode in (0, 1), ran.stderr
    assert not ran.stderr, ran.stderr
    return ran.returncode == 0


@pytest.mark.parametrize("entry", ["shim.js", "languages.js"])
def test_the_compacted_script_is_the_same_program(node: str, tmp_path: Path, entry: str) -> None:
    joined = join_modules(STATIC, entry)
    before, after = tmp_path / "before.mjs", tmp_path / "after.mjs"
    before.write_text(joined, "utf-8")
    after.write_text(compact(joined), "utf-8")
    assert same_tree(node, before, after)


def test_a_changed_program_is_seen(node: str, tmp_path: Path) -> None:
    before, after = tmp_path / "before.mjs", tmp_path / "after.mjs"
    before.write_text("let a = 1;\nlet b = a +1;\n", "utf-8")
    after.write_text("let a=1;let b=a-1", "utf-8")
    assert not same_tree(node, before, after)


def test_every_module_is_in_the_joined_script_once() -> None:
    joined = join_modules(STATIC, "shim.js")
    for name in ("decodeBase", "parseBundle", "openNotice", "recover", "show", "paint"):
        assert joined.count(f"function {name}(") == 1
    assert "from './" not in joined
    assert "export " not in joined


def test_the_script_keeps_within_its_budget(tmp_path: Path) -> None:
    for source in STATIC.glob("*.js"):
        shutil.copy(source, tmp_path)
    base = compact(join_modules(STATIC, "base.js"))
    whole = compact(join_modules(STATIC, "shim.js"))
    (tmp_path / "base.js").write_text("", "utf-8")
    without_base = compact(join_modules(tmp_path, "shim.js"))
    sizes = {
        "shim without base": brotli_bytes(without_base),
        "base": brotli_bytes(base),
        "all in one file": brotli_bytes(whole),
    }
    print(", ".join(f"{name} {size} B" for name, size in sizes.items()))
    assert sizes["shim without base"] <= SHIM_BYTES
    assert sizes["base"] <= BASE_BYTES
    assert sizes["all in one file"] <= SHIM_BYTES + BASE_BYTES


def brotli_bytes(source: str) -> int:
    return len(brotli.compress(source.encode(), quality=11))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("const a = 1; // one\nconst b = 2;\n", "const a=1;const b=2"),
        ("let s = 'a // b';", "let s='a // b'"),
        ('let s = "/* \' */";', 'let s="/* \' */"'),
        ("let t = `a  ${b + c}  d`;", "let t=`a  ${b + c}  d`"),
        ("let r = x.match(/ [\\d/]+'$/);", "let r=x.match(/ [\\d/]+'$/)"),
        ("let d = a / b / c;", "let d=a/b/c"),
        ("f(\n  a,\n  b,\n);", "f(a,b)"),
        ("a = b + +c - -d;", "a=b+ +c- -d"),
        ("a\nb\n", "a\nb"),
        ("x++\ny\n", "x++\ny"),
        ("if (a) {\n  b;\n}\nc;", "if(a){b}\nc"),
        ("return (a);", "return(a)"),
        ("typeof a in b", "typeof a in b"),
    ],
)
def test_compacting_leaves_the_meaning(source: str, expected: str) -> None:
    assert compact(source).rstrip(";") == expected
