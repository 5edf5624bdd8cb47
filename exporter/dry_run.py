"""What `plic export --dry-run` prints: the decision on every picture, as a table or as JSON."""

from __future__ import annotations

from typing import Any

from exporter.plan import Plan
from exporter.report import readable_bytes


def decisions(plan: Plan) -> dict[str, Any]:
    """The decisions as plain JSON values."""
    return {
        "pictures": {
            path: {
                "decision": decision.action,
                "reason": decision.reason,
                "bytes": plan.facts[path].size,
                "width": plan.facts[path].width,
                "height": plan.facts[path].height,
            }
            for path, decision in plan.decisions.items()
        },
        "payloads": len(plan.groups),
        "left_alone": [list(left) for left in sorted(plan.left_alone)],
        "refused": plan.site.refused,
    }


def table(plan: Plan) -> str:
    """The decisions in columns, one picture a line."""
    rows = [("DECISION", "SIZE", "BYTES", "PICTURE", "REASON")]
    for path, decision in sorted(plan.decisions.items()):
        facts = plan.facts[path]
        size = f"{facts.width}x{facts.height}" if facts.width else "-"
        rows.append((decision.action, size, readable_bytes(facts.size), path, decision.reason))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    ]
    lines += [
        f"left alone  {file}{': ' + address if address else ''}: {reason}"
        for file, address, reason in sorted(plan.left_alone)
    ]
    lines += [f"refused  {path}: {reason}" for path, reason in sorted(plan.site.refused.items())]
    lines.append(f"{len(plan.groups)} payloads for {len(plan.decisions)} picture files")
    return "\n".join(lines)
