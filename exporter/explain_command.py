"""``plic explain``: one picture, and why an export does with it what it does."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from exporter.attempts import Attempt
from exporter.configuration_values import ACTIONS
from exporter.explain import Explanation, explain
from exporter.explain_page import explanation_page
from exporter.export_options import quality_option, tries_option
from exporter.marks import Mark, count_kinds
from exporter.report import readable_bytes, share
from exporter.settings import Settings, Wish
from plic_web.engine import EngineError

_ACTIONS = {"payload": "a payload", "webp": "a WebP", "leave": "the file as it is"}


@click.command(name="explain")
@click.argument("picture", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@quality_option
@tries_option
@click.option("--action", type=click.Choice(ACTIONS),
              help='As if data-plic or plic.toml said so.')  # fmt: skip
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False),
              help="Write a page that shows the picture and every attempt.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
def explain_picture(
    picture: Path,
    quality: float | None,
    tries: int | None,
    action: str | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Tell what `plic export` does with PICTURE, and why."""
    try:
        usual = Settings()
        settings = Settings(quality=quality or usual.quality, tries=tries or usual.tries)
        found = explain(picture, settings, Wish(action=action))
        if html is not None:
            html.write_bytes(explanation_page(found))
    except EngineError as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"{error.filename or picture}: {error.strerror or error}")
    click.echo(json.dumps(found.to_json(), indent=1) if as_json else describe(found))


def _refuse(message: str) -> None:
    click.echo(f"plic explain: {message}", err=True)
    sys.exit(2)


def describe(found: Explanation) -> str:
    """The explanation in a few lines."""
    facts = found.facts
    size = f"{facts.width}x{facts.height}, " if facts.width else ""
    lines = [f"{found.path}: {size}{readable_bytes(facts.size)}"]
    if facts.kind:
        marks = count_kinds(facts.marks) or "nothing that must be kept"
        lines.append(f"looks like: {facts.kind}; found: {marks}")
    lines += [f"  {_mark(mark)}" for mark in facts.marks]
    lines += [f"attempt {n}: {_attempt(a)}" for n, (a, _) in enumerate(found.attempts, start=1)]
    lines.append(f"becomes {_ACTIONS[found.decision.action]}: {found.decision.reason}")
    part = share(found.bytes, facts.size)
    lines.append(f"{readable_bytes(facts.size)} → {readable_bytes(found.bytes)} ({part})")
    return "\n".join(lines)


def _mark(mark: Mark) -> str:
    rect = mark.rect
    said = f" “{mark.text}”" if mark.text else ""
    place = f"{rect.width}x{rect.height} at {rect.left},{rect.top}"
    return f"{mark.kind}{said}, {place}, score {mark.score:.2f}"


def _attempt(attempt: Attempt) -> str:
    scores = [f"LPIPS {attempt.lpips:.3f}", f"colour {attempt.colour:.1f}"]
    for name in ("faces", "words", "codes", "logos"):
        found, asked = getattr(attempt, name)
        if asked:
            scores.append(f"{name} {found} of {asked}")
    outcome = attempt.problem or "passes"
    size = readable_bytes(attempt.bytes)
    return f"{attempt.how} → {size}, {', '.join(scores)}: {outcome}"
