"""``plic models``: list and fetch what metrics and rival codecs need."""

from __future__ import annotations

import click

from bench.errors import BenchError
from bench.models.fetch import fetch
from bench.models.registry import (
    MODELS,
    HubSnapshot,
    Model,
    find_model,
    is_fetched,
    models_folder,
)
from plic_web.commands.files import BadInput


@click.group()
def models() -> None:
    """Models that are not part of plic: what there is, and fetching them."""


@models.command("list")
def list_models() -> None:
    """What can be fetched, for what, from where, under which licence."""
    click.echo(f"in {models_folder()}")
    for model in MODELS.values():
        click.echo(f"\n{model.name} ({'fetched' if is_fetched(model.name) else 'not fetched'})")
        click.echo(_describe(model))


@models.command("fetch")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--again", is_flag=True, help="Fetch what is here already, too.")
def fetch_models(names: tuple[str, ...], again: bool) -> None:
    """Download models, check their sha256 and build what the metrics and codecs load."""
    try:
        for model in [find_model(name) for name in names]:
            if is_fetched(model.name) and not again:
                click.echo(f"{model.name}: is in {models_folder()} already")
                continue
            click.echo(f"{model.name}\n{_describe(model)}")
            folder = fetch(model, click.echo)
            for file in model.files:
                size = (folder / file).stat().st_size / 1e6
                click.echo(f"{model.name}: wrote {folder / file} ({size:.1f} MB)")
    except BenchError as error:
        raise BadInput(str(error)) from error
    except OSError as error:
        raise BadInput(
            f"{error.filename or models_folder()}: {error.strerror or error}; "
            "set PLIC_MODELS to a folder that can be written"
        ) from error


def _describe(model: Model) -> str:
    if isinstance(model.source, HubSnapshot):
        source = f"huggingface.co/{model.source.repository} at {model.source.revision}"
    else:
        files = (f"{f.package} {f.version}" for f in model.source)
        source = f"{' and '.join(files)} on the Python package index"
    return f"  for      {model.what}\n  from     {source}\n  licence  {model.licence}"
