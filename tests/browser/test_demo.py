"""The demonstration and its check: what is right passes, each thing that is not is named."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from browser_support import Answer, FakeEdge, landscape

from exporter.browser_check import READERS, check_site
from exporter.demo import DemoError, hops_table, running_edge
from exporter.figures import Hops, SiteFigures

RECONSTRUCTED = Answer(headers={"X-Plic": "reconstructed; pack=fake-1"})


def page_of(edge: FakeEdge, *digests: str) -> None:
    edge.add_page(
        "".join(
            f'<img src="/_plic/{digest}/480.webp" width="480" height="320" alt="">'
            for digest in digests
        ),
        path="/index.html",
    )


def manifest_of(edge: FakeEdge) -> dict[str, Any]:
    return {
        "pages": {"index.html": {}},
        "pictures": {
            picture.digest: {
                "original": picture.original,
                "sizes": {"480": [480, 320], "240": [240, 160]},
            }
            for picture in edge.pictures
        },
    }


@pytest.fixture
def two(edge: FakeEdge) -> tuple[str, str]:
    """Two pictures, both reconstructed."""
    first, second = (edge.add_picture(name, landscape(seed=i)) for i, name in enumerate("ab"))
    edge.answers |= {first: [RECONSTRUCTED], second: [RECONSTRUCTED]}
    return first, second


@pytest.mark.browser
def test_a_site_in_order_passes(chromium: Any, edge: FakeEdge, two: tuple[str, str]) -> None:
    page_of(edge, *two)
    check = check_site(chromium, edge.address, manifest_of(edge))
    assert check.wrong == []
    assert check.reconstructed == set(two)
    assert sum(path == "/index.html" for _, path in edge.asked) == len(READERS)


@pytest.mark.browser
def test_a_placeholder_is_no_reconstruction(
    chromium: Any, edge: FakeEdge, two: tuple[str, str]
) -> None:
    page_of(edge, *two)
    edge.answers[two[1]] = [Answer()]
    wrong = check_site(chromium, edge.address, manifest_of(edge)).wrong
    assert [line.endswith("came as the placeholder file, not reconstructed") for line in wrong] == [
        *[True] * len(READERS),
        False,
    ]
    assert wrong[-1] == f"images/b.png: no page showed its reconstruction ({two[1]})"


@pytest.mark.browser
def test_a_picture_of_another_size_is_named(
    chromium: Any, edge: FakeEdge, two: tuple[str, str]
) -> None:
    page_of(edge, *two)
    manifest = manifest_of(edge)
    manifest["pictures"][two[0]]["sizes"]["480"] = [480, 319]
    wrong = check_site(chromium, edge.address, manifest).wrong
    assert wrong[0] == "index.html (desktop): images/a.png is (480, 320), not (480, 319)"


@pytest.mark.browser
def test_a_picture_that_no_page_shows_is_named(
    chromium: Any, edge: FakeEdge, two: tuple[str, str]
) -> None:
    page_of(edge, two[0])
    wrong = check_site(chromium, edge.address, manifest_of(edge)).wrong
    assert wrong == [f"images/b.png: no page showed its reconstruction ({two[1]})"]


@pytest.mark.browser
def test_a_page_that_moves_is_named(chromium: Any, edge: FakeEdge, two: tuple[str, str]) -> None:
    page_of(edge, *two)
    unsized = edge.files["/index.html"].replace(b' width="480" height="320"', b"")
    edge.files["/index.html"] = unsized.replace(b"</main>", b"<p>Moved down</p></main>")
    edge.held |= set(two)  # until the page has been painted without them
    later = threading.Timer(2, edge.held.clear)
    later.start()
    wrong = check_site(chromium, edge.address, manifest_of(edge)).wrong
    later.join()
    assert any("its content moved while loading" in line for line in wrong)


@pytest.mark.browser
def test_a_script_that_fails_is_named(chromium: Any, edge: FakeEdge, two: tuple[str, str]) -> None:
    page_of(edge, *two)
    edge.files["/_plic/page.bases"] = b"PB\x02"
    wrong = check_site(chromium, edge.address, manifest_of(edge)).wrong
    assert wrong[0].startswith("index.html (desktop): script error: ")


def test_an_edge_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match=r"did not start: .*manifest\.json"), running_edge(tmp_path):
        pass


def test_the_table_names_every_page_and_hop() -> None:
    pages = {"index.html": Hops(1_000_000, 10_000, 250_000), "b.html": Hops(0, 0, 0)}
    table = hops_table(SiteFigures(pages, Hops(1_000_000, 10_000, 250_000)))
    assert [line.split()[0] for line in table.splitlines()] == [
        "PAGE",
        "b.html",
        "index.html",
        "all",
    ]
    assert table.splitlines()[2].split()[1:] == (
        ["1.00", "MB", "10.0", "kB", "1.0", "%", "250.0", "kB", "25.0", "%"]
    )


@pytest.mark.browser
@pytest.mark.slow
def test_the_demonstration_passes_its_own_check(chromium: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from plic_web.cli import main; main()"]
    ran = subprocess.run(
        [*command, "demo", "--check", "--out", str(tmp_path / "out")],
        check=False,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert ran.returncode == 0, ran.stderr
    assert "29 pictures" in ran.stdout.splitlines()[-1]
