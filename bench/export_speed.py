"""How long an export takes: ``python -m bench.export_speed PHOTOS...``.

Makes a site of many photos of 1200x800 (cut, mirrored and scaled from the photos given, so that
no two are equal), exports it with the full gate, again unchanged, and with ``--gate off``, and
prints wall-clock seconds of the whole commands.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SIZE = (1200, 800)
_QUALITY = 85
_PER_PAGE = 20


def make_site(photos: list[Path], count: int, folder: Path) -> None:
    """Write ``count`` different JPEG files of 1200x800 and the pages that show them."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    names = []
    for number in range(count):
        with Image.open(photos[number % len(photos)]) as image:
            photo = image.convert("RGB")
        zoom = rng.uniform(0.6, 1.0)
        wide, high = round(photo.width * zoom), round(photo.height * zoom)
        left = int(rng.integers(0, photo.width - wide + 1))
        top = int(rng.integers(0, photo.height - high + 1))
        part = photo.crop((left, top, left + wide, top + high))
        if rng.random() < 0.5:
            part = ImageOps.mirror(part)
        names.append(f"photo-{number:03}.jpg")
        ImageOps.fit(part, SIZE, Image.Resampling.LANCZOS).save(
            folder / names[-1], quality=_QUALITY
        )
    for start in range(0, count, _PER_PAGE):
        pictures = "\n".join(
            f'<img src="{name}" width="1200" height="800" alt="A photo">'
            for name in names[start : start + _PER_PAGE]
        )
        page = folder / ("index.html" if start == 0 else f"page-{start // _PER_PAGE + 1}.html")
        page.write_text(f"<!doctype html><title>Photos</title>\n<body>\n{pictures}\n")


def export(site: Path, out: Path, *options: str) -> float:
    """Seconds that one export takes, the start of Python included."""
    started = time.monotonic()
    plic = Path(sys.executable).with_name("plic")
    command = [plic, "export", site, "--out", out, *options]
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("photos", nargs="+", type=Path, help="photos, or folders of them")
    parser.add_argument("--count", type=int, default=200, help="photos of the site [200]")
    arguments = parser.parse_args()
    photos = [
        file
        for path in arguments.photos
        for file in (sorted(path.iterdir()) if path.is_dir() else [path])
        if file.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp")
    ]
    with tempfile.TemporaryDirectory() as folder:
        site, out = Path(folder) / "site", Path(folder) / "out"
        make_site(photos, arguments.count, site)
        for name, options in (
            ("full gate", ()),
            ("unchanged", ()),
            ("--gate off", ("--gate", "off")),
        ):
            if options:
                shutil.rmtree(out)
            print(f"{name}: {export(site, out, *options):.1f} s", flush=True)


if __name__ == "__main__":
    main()
