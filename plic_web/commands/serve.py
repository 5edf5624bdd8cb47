"""``plic serve``: the edge."""

from __future__ import annotations

from pathlib import Path

import click

from plic_web.commands.files import BadInput
from plic_web.edge.errors import DecoderStartError, EdgeSettingsError, ManifestError
from plic_web.edge.serve import serve as run_edge
from plic_web.edge.settings import EdgeSettings


@click.command()
@click.argument("site", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535),
              help="TCP port; 0 lets the system choose.")  # fmt: skip
@click.option("--pack", help="Pack's name or folder [lite].")
@click.option("--provider", type=click.Choice(["cpu", "cuda"]), help="Where the pack runs [cpu].")
def serve(site: Path, host: str, port: int, pack: str | None, provider: str | None) -> None:
    """Serve an exported site, reconstructing its pictures on demand.

    Every further setting is an environment variable, PLIC_ and the name in capitals: see
    docs/edge.md.
    """
    try:
        settings = EdgeSettings.load(site=site, pack=pack, provider=provider)
        run_edge(settings, host, port)
    except (EdgeSettingsError, ManifestError, DecoderStartError) as error:
        raise BadInput(str(error)) from error
    except OSError as error:
        raise BadInput(f"{host}:{port}: {error.strerror or error}") from error
