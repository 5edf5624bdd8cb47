"""What an export reports: to the person who ran it, to scripts, and to the next run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exporter.convert import Converted
from exporter.faults import faults_of
from exporter.figures import Hops, SiteFigures
from exporter.plan import Plan
from exporter.report import readable_bytes, share


@dataclass(frozen=True)
class Outcome:
    """Attributes: counts, bytes on both hops, and (file, reason) of all that is at fault."""

    payloads: int
    conventional: int
    pages: int
    left_alone: int
    hops: Hops
    faults: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, plan: Plan, converted: Converted, pages: int, figures: SiteFigures) -> Outcome:
        """What came of an export in which so many pages show reconstructions."""
        total = figures.total
        return cls(
            payloads=len(converted.pictures),
            conventional=len(plan.facts) - len(converted.replaced.payloads),
            pages=pages,
            left_alone=len(plan.left_alone) + len(plan.site.refused),
            hops=Hops(total.before, total.to_edge, total.to_reader),
            faults=tuple(faults_of(plan)),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, what `Outcome.from_json` takes."""
        counts = ("payloads", "conventional", "pages", "left_alone")
        return {
            **{name: getattr(self, name) for name in counts},
            "bytes": asdict(self.hops),
            "faults": [{"file": file, "reason": reason} for file, reason in self.faults],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Outcome:
        faults = tuple((fault["file"], fault["reason"]) for fault in value["faults"])
        counts = {key: value[key] for key in ("payloads", "conventional", "pages", "left_alone")}
        return cls(**counts, hops=Hops(**value["bytes"]), faults=faults)

    def sentence(self, out: Path) -> str:
        """The outcome in one line."""
        hops = self.hops
        return (
            f"{self.payloads} payloads on {self.pages} pages; "
            f"{readable_bytes(hops.before)} before, "
            f"{readable_bytes(hops.to_edge)} to the edge ({share(hops.to_edge, hops.before)}), "
            f"{readable_bytes(hops.to_reader)} to the reader "
            f"({share(hops.to_reader, hops.before)}). Report: {out / '_plic' / 'report.html'}"
        )
