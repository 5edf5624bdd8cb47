"""`export`: a site's folder in, the same site with payloads out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exporter.cache import CACHE, Cache
from exporter.codec import Codec
from exporter.configuration import Configuration
from exporter.convert import Converted, convert
from exporter.convert import Progress as ConvertProgress
from exporter.dropped import dropped_originals
from exporter.figures import SiteFigures, measure_site
from exporter.folder import PLIC, Site, check_output, copy_site, replacing, scan
from exporter.lock import locked
from exporter.manifest import manifest_of
from exporter.originals import KEEP, Originals
from exporter.outcome import Outcome
from exporter.page_files import Pages, edited_documents, make_pages
from exporter.plan import Plan, make_plan
from exporter.plan import Progress as PlanProgress
from exporter.record import Record, asked_of, output_state, site_state
from exporter.report import render_report
from exporter.shim import collect_shim, static_folder

_DEFAULTS = Configuration()


@dataclass(frozen=True)
class Result:
    """What an export did; `pages` is the number of those that show reconstructions."""

    pages: int
    plan: Plan
    converted: Converted
    figures: SiteFigures
    outcome: Outcome


def export(
    site: Path,
    out: Path,
    codec: Codec,
    *,
    jobs: int,
    looking: PlanProgress,
    encoding: ConvertProgress,
    configuration: Configuration = _DEFAULTS,
) -> Result:
    """Export the site in folder `site` to the folder `out`.

    Nothing is written to `out` before everything has succeeded; what was there is then
    replaced as a whole.

    Args:
        jobs: processes that look at and encode pictures.
        looking, encoding: told of the progress.
        configuration: its settings must be the codec's.

    Raises:
        FolderError: `site` is no site, writing to `out` could lose something, or another
            export is writing to it.
        HomeError: the configuration's `url` is no address of a site.
        ShimError: the page's script is missing from the installation.
    """
    check_output(out, site)
    with locked(out):
        found = scan(site)
        # Taken first: what changes from here on makes the output stale.
        state = site_state(found)
        shim = collect_shim(static_folder())
        cache = Cache.of(out)
        plan = plan_as_configured(found, cache, jobs, looking, configuration)
        converted = convert(plan, codec, cache, jobs, encoding)
        originals = _originals(plan, converted, configuration)
        pages = make_pages(plan, converted, shim, originals)
        figures = measure_site(plan, converted, pages.documents, pages.sizes(shim))
        outcome = Outcome.of(plan, converted, len(pages.entries), figures)
        files = converted.files | pages.files | (shim.files if pages.entries else {})
        files |= render_report(
            plan,
            converted,
            figures,
            codec.pack,
            price=configuration.price,
            currency=configuration.currency,
            locate=originals.address,
        )
        files["edits.json"] = _json(pages.edits)
        files["manifest.json"] = _json(
            manifest_of(plan, converted, pages.entries, originals, pack=codec.pack, shim=shim.entry)
        )
        with replacing(out) as folder:
            copy_site(found, folder, skip=originals.dropped.union(pages.documents))
            _write(found, pages, files, folder)
            asked = asked_of(configuration, codec, shim)
            record = Record(asked, state, output_state(folder), outcome.to_json())
            (folder / PLIC / CACHE).write_bytes(cache.to_bytes(record.to_json()))
    return Result(len(pages.entries), plan, converted, figures, outcome)


def plan_as_configured(
    found: Site, cache: Cache, jobs: int, looking: PlanProgress, configuration: Configuration
) -> Plan:
    """What an export of a site will do.

    Raises HomeError: the configuration's `url` is no address of a site.
    """
    return make_plan(
        found,
        cache,
        jobs,
        looking,
        configuration.url,
        configuration.wishes,
        configuration.chooser(found.files),
        configuration.settings.gate,
    )


def _originals(plan: Plan, converted: Converted, configuration: Configuration) -> Originals:
    if configuration.originals == KEEP:
        return Originals()
    documents = edited_documents(plan, converted)
    return Originals(
        configuration.originals,
        reconstructed=frozenset(converted.replaced.payloads),
        dropped=dropped_originals(plan, converted, documents),
    )


def _write(site: Site, pages: Pages, files: Mapping[str, bytes], folder: Path) -> None:
    """Write what is not a plain copy, in an order that cannot matter."""
    for path, data in pages.documents.items():
        (folder / path).write_bytes(data)
        status = (site.root / path).stat()
        (folder / path).chmod(status.st_mode & 0o777)
    for name, data in files.items():
        destination = folder / PLIC / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes(data)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1).encode() + b"\n"
