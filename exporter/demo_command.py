"""``plic demo``: the demonstration site, exported and served."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from exporter.demo import DemoError, check_demo, export_demo, hops_table
from exporter.folder import FolderError
from exporter.progress import encoding_bar, looking_bar
from exporter.shim import ShimError
from plic_web.commands.files import BadInput
from plic_web.edge.errors import DecoderStartError, EdgeSettingsError, ManifestError
from plic_web.edge.serve import serve
from plic_web.edge.settings import EdgeSettings
from plic_web.engine import EngineError

_REFUSALS = (
    FolderError,
    ShimError,
    EngineError,
    EdgeSettingsError,
    ManifestError,
    DecoderStartError,
)


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535),
              help="TCP port on 127.0.0.1; 0 lets the system choose.")  # fmt: skip
@click.option("--check", is_flag=True,
              help="Open every page in headless Chromium on a free port, then end.")  # fmt: skip
@click.option("--out", default="demo_out", show_default=True, type=click.Path(path_type=Path),
              help="Folder that the export is written to.")  # fmt: skip
def demo(port: int, check: bool, out: Path) -> None:
    """Export the demonstration site and serve it.

    With --check, exits with 1 and says what is wrong unless every picture of every page
    arrives reconstructed, on a desktop, on a phone and without JavaScript.
    """
    try:
        with looking_bar() as looking, encoding_bar() as encoding:
            result = export_demo(out, jobs=os.cpu_count() or 1, looking=looking, encoding=encoding)
        click.echo(hops_table(result.figures))
        if check:
            click.echo(check_demo(out, result))
        else:
            serve(EdgeSettings.load(site=out), port=port)
    except DemoError as error:
        click.echo(f"plic demo: {error}", err=True)
        sys.exit(1)
    except _REFUSALS as error:
        raise BadInput(str(error)) from error
    except OSError as error:
        raise BadInput(f"127.0.0.1:{port}: {error.strerror or error}") from error
