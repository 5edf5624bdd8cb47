"""The pictures to measure on: a named set, a folder, or the pictures of a site's pages."""

from __future__ import annotations

import csv
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from bench.errors import BenchError, UnreadablePictureError
from bench.metrics.metric import Picture
from exporter.analyse import kind_of, measure
from exporter.cache import Cache
from exporter.encode_command import SUFFIXES
from exporter.encode_command import UnreadablePictureError as NotAPictureError
from exporter.encode_command import read_picture as decode_picture
from exporter.folder import FolderError, scan
from exporter.plan import PAGE_SUFFIXES, make_plan

# Where a set's name is looked for after $PLIC_SETS, from the current folder.
PLACES = (Path("data"), Path("../shared/data"))
SOURCES = {
    "kodak": "the 24 PNG files of https://r0k.us/graphics/kodak/",
    "web": "pictures of websites; an INDEX.tsv beside them may name their kinds of site",
}
INDEX = "INDEX.tsv"
# Statistics need a few blocks of pixels; smaller pictures are icons or spacers.
MIN_SIDE = 32
# Words of a template's or site's name that tell what kind of site it is for.
SITE_WORDS = {
    "business": ("business", "businessr", "corporate", "consulting", "coming"),
    "education": ("school", "educational", "education", "university"),
    "health": ("hospital", "medical", "vcare", "health"),
    "homes and interiors": ("estate", "interior", "interiors"),
    "portfolio": ("portfolio", "johndoe", "resume", "photography"),
    "travel and leisure": ("traveller", "travel", "rider", "automobile", "wedding", "hotel"),
    "charity": ("charity", "ngo"),
    "technology": ("app", "hosting", "techro", "demos", "startup"),
}


@dataclass(frozen=True)
class Member:
    """One picture of a set: its name within it, its file, its kind of site ("" if unknown)."""

    name: str
    path: Path
    site: str


@dataclass(frozen=True)
class PictureSet:
    """A set of pictures with a name for people: "kodak", or the folder's."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Original:
    """A decoded picture of a set."""

    member: Member
    pixels: Picture  # RGB uint8 [H, W, 3]
    digest: str  # sha256 of pixels and size
    kind: str  # "photo", "illustration", "graphic" or "text", by exporter.analyse


def find_set(name: str, *, every: int = 1, apart_from: Path | None = None) -> PictureSet:
    """A set by its name, or by the path of a folder of pictures or of a site (or of sites).

    A folder whose pages show pictures is a site. ``every`` n-th picture is taken, the first
    included; nothing below ``apart_from`` (a run's own output) is. Raises BenchError where
    there is no such set, or nothing in it.
    """
    folder = _folder(name)
    members = _outside(apart_from, _of_sites(folder)) or _outside(apart_from, _of_folder(folder))
    if not members:
        raise BenchError(f"{folder}: holds no pictures ({', '.join(sorted(SUFFIXES))})")
    return PictureSet(folder.resolve().name, tuple(members[::every]))


def _outside(out: Path | None, members: list[Member]) -> list[Member]:
    if out is None:
        return members
    out = out.resolve()
    return [member for member in members if not member.path.resolve().is_relative_to(out)]


def _folder(name: str) -> Path:
    if name not in SOURCES:
        if not Path(name).is_dir():
            known = ", ".join(SOURCES)
            raise BenchError(f"{name}: no such folder, and no set of that name ({known})")
        return Path(name)
    places = [Path(p) for p in os.environ.get("PLIC_SETS", "").split(os.pathsep) if p]
    for place in (*places, *PLACES):
        if (place / name).is_dir():
            return place / name
    raise BenchError(
        f"{name}: there is no folder of that name in $PLIC_SETS or {PLACES[0]}/; "
        f"put {SOURCES[name]} into {PLACES[0] / name}"
    )


def _of_folder(folder: Path) -> list[Member]:
    sites = _read_index(folder / INDEX)
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    names = [p.relative_to(folder).with_suffix("").as_posix() for p in paths]
    if len(set(names)) < len(names):  # photo.jpg beside photo.png
        names = [p.relative_to(folder).as_posix() for p in paths]
    listed = [p.relative_to(folder).as_posix() for p in paths]
    kinds = [sites.get(whole, sites.get(Path(whole).name, "")) for whole in listed]
    return [Member(*row) for row in zip(names, paths, kinds, strict=True)]


def _read_index(path: Path) -> dict[str, str]:
    """File name -> kind of site, from a table with a column "name" and "site" or "source path"."""
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BenchError(f"{path}: not a table in UTF-8 ({error})") from error
    if rows and "name" not in rows[0]:
        raise BenchError(f"{path}: the first line names no column 'name'")
    sites = {}
    for row in rows:
        source = next((v for k, v in row.items() if k and k.startswith("source")), "") or ""
        sites[row["name"]] = row.get("site") or site_kind(source)
    return sites


def site_kind(source: str) -> str:
    """The kind of site that the first part of a path names: "education", or "other"."""
    words = set(PurePosixPath(source).parts[:1] and PurePosixPath(source).parts[0].split("-"))
    for kind, known in SITE_WORDS.items():
        if words & set(known):
            return kind
    return "other" if source else ""


def _of_sites(folder: Path) -> list[Member]:
    """What the pages of a site show; of a folder of sites, each site's."""
    roots = [folder]
    if not any(path.suffix.lower() in PAGE_SUFFIXES for path in folder.iterdir()):
        roots = sorted(p for p in folder.iterdir() if p.is_dir() and _has_pages(p))
    several = len(roots) > 1
    members = []
    for root in roots:
        try:
            plan = make_plan(scan(root), Cache(root), 1, lambda done, total: None)
        except FolderError as error:
            raise BenchError(str(error)) from error
        for path, facts in sorted(plan.facts.items()):
            # spacers and vector drawings are no pictures to code; what is broken will be named
            tiny = not facts.problem and min(facts.width, facts.height) < MIN_SIDE
            if Path(path).suffix.lower() in SUFFIXES and not tiny:
                name = f"{root.name}/{path}" if several else path
                members.append(Member(name, root / path, site_kind(root.name)))
    return members


def _has_pages(folder: Path) -> bool:
    return any(path.suffix.lower() in PAGE_SUFFIXES for path in folder.rglob("*"))


def read_original(member: Member) -> Original:
    """Decode one picture of a set. Raises UnreadablePictureError."""
    try:
        pixels = decode_picture(member.path)
    except NotAPictureError as error:
        raise UnreadablePictureError(str(error)) from error
    except OSError as error:
        raise UnreadablePictureError(error.strerror or str(error)) from error
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE:
        raise UnreadablePictureError(f"{width}x{height} pixels; at least {MIN_SIDE} are measured")
    pixels = np.ascontiguousarray(pixels)
    digest = hashlib.sha256(f"{width}x{height} ".encode() + pixels.tobytes()).hexdigest()
    return Original(member, pixels, digest, kind_of(measure(pixels)))
