"""Bundle, page stylesheet, script, output folder: each against what its reader expects."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from exporter.bundle import BundlePicture, encode_bundle
from exporter.cache import Cache, digests_of
from exporter.folder import FolderError, check_output, replacing, scan
from exporter.gradients import Placeholder, gradient, page_stylesheet
from exporter.shim import ShimError, collect_shim, static_folder
from plic_web.payload.varint import write_varint


def test_varints_are_leb128() -> None:
    assert [write_varint(n).hex() for n in (0, 127, 128, 300, 1 << 21)] == [
        "00", "7f", "8001", "ac02", "80808001",
    ]  # fmt: skip


def test_bundle_bytes() -> None:
    picture = BundlePicture("0123456789abcdef", 1200, 800, 184230, 812, "a.jpg", b"\x01\x02")
    assert encode_bundle([picture]).hex(" ") == (
        "50 42 01 01 01 23 45 67 89 ab cd ef b0 09 a0 06 a6 9f 0b ac 06 05 61 2e 6a 70 67 02 01 02"
    )
    assert encode_bundle([]) == b"PB\x01\x00"


def test_gradient_follows_the_axis_on_which_colours_vary() -> None:
    rows = np.linspace(0, 255, 16).astype(np.uint8)
    base = np.repeat(rows[:, None, None], 24, 1).repeat(3, 2)
    assert gradient(base) == "linear-gradient(180deg,#000000 0%,#808080 50%,#ffffff 100%)"
    assert gradient(base.swapaxes(0, 1)).startswith("linear-gradient(90deg,#000000 0%")
    stripes = np.zeros((10, 40, 3), np.uint8)
    stripes[:, ::7] = 255
    assert len(re.findall("%", gradient(stripes))) == 5
    assert gradient(np.full((1, 1, 3), 9, np.uint8)).count("#090909") == 3


def test_page_stylesheet_gives_way_to_the_site() -> None:
    grid = np.zeros((2, 3, 3), np.uint8)
    css = page_stylesheet(
        [Placeholder("0" * 16, 30, 20, grid), Placeholder("1" * 16, 30, 20, None)], ".plic{}\n"
    )
    notice, painted, *ratios = css.splitlines()
    assert notice == ".plic{}"
    assert painted.startswith(':where(img[src*="0000000000000000/"]){background:linear-gradient(')
    assert painted.endswith(" content-box}")
    unsaid = ":not([width][height],picture *)"
    assert ratios == [
        f':where(img[src*="{digit * 16}/"]{unsaid}){{aspect-ratio:auto 30/20}}' for digit in "01"
    ]


def test_script_files_are_named_by_content(tmp_path: Path) -> None:
    shim = collect_shim(static_folder())
    assert re.fullmatch(r"shim\.[0-9a-f]{8}\.js", shim.entry)
    script = shim.files[shim.entry].decode()
    for late in re.findall(r"import\('\./([^']+)'\)", script):
        assert late in shim.files
    for name, changed in (("shim.js", "shim"), ("words.js", "words"), ("notice.css", "style")):
        (tmp_path / name).write_text(f"/* {changed} */")
    (tmp_path / "shim.js").write_text("const late = () => import('./words.js');\n")
    first = collect_shim(tmp_path)
    (tmp_path / "words.js").write_text("export default 1;\n")
    assert collect_shim(tmp_path).entry != first.entry
    (tmp_path / "words.js").unlink()
    with pytest.raises(ShimError, match=r"words\.js"):
        collect_shim(tmp_path)


def fill(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def fail_halfway(out: Path) -> None:
    """An export that fails after it wrote something."""

    def write() -> None:
        with replacing(out) as folder:
            fill(folder, new="2")
            raise KeyError

    with pytest.raises(KeyError):
        write()


def test_output_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    out = fill(tmp_path / "out[1]", old="1")
    fail_halfway(out)
    assert [path.name for path in out.iterdir()] == ["old"]
    with replacing(out) as folder:
        fill(folder, new="2")
        assert (out / "old").exists()
    assert [path.name for path in out.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["out[1]"]


def test_what_a_killed_export_left_is_put_right(tmp_path: Path) -> None:
    gone = 4_194_304  # above the highest process number of Linux
    fill(tmp_path / f".out.plic-old-{gone}", good="1")
    fill(tmp_path / f".out.plic-new-{gone}", half="2")
    fail_halfway(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "good").exists()


def test_output_folder_is_never_someone_elses(tmp_path: Path) -> None:
    site = fill(tmp_path / "site", index="x")
    other = fill(tmp_path / "other", thesis="x")
    file = fill(tmp_path / "files", name="x") / "name"
    for out in (site, site / "out", tmp_path, other, file):
        with pytest.raises(FolderError, match=r"contain one|not an earlier|is a file"):
            check_output(out, site)
    (tmp_path / "empty").mkdir()
    check_output(tmp_path / "empty", site)
    (other / "_plic").mkdir()
    (other / "_plic" / "manifest.json").write_text('{"plic": 1}')
    check_output(other, site)
    with pytest.raises(FolderError, match="is an export already"):
        scan(other)


def test_scan_takes_files_and_refuses_what_leads_out(tmp_path: Path) -> None:
    site = fill(tmp_path / "site", a="1")
    fill(site / ".git", config="secret")
    fill(site / "sub", b="2")
    (site / "in").symlink_to("sub")
    (site / "out").symlink_to(tmp_path)
    (site / "nothing").symlink_to("gone")
    found = scan(site)
    assert (found.files, found.links) == (["a", "sub/b"], ["in"])
    assert sorted(found.refused) == ["nothing", "out"]


def test_cache_trusts_no_file_that_changed(tmp_path: Path) -> None:
    folder = fill(tmp_path / "_plic", a="1")
    cache = Cache.of(tmp_path)
    digests = digests_of({"a": b"1"})
    assert cache.files(digests) == {"a": b"1"}
    fill(folder, a="2")
    assert cache.files(digests) is None
    (folder / "cache.json").write_text("[1]")
    assert Cache.of(tmp_path).get("x") is None
