"""``plic``: decode, inspect, serve, doctor, and the exporter's commands where it is installed."""

from __future__ import annotations

from importlib.metadata import entry_points, version

import click

from plic_web.commands.decode import decode
from plic_web.commands.doctor import doctor
from plic_web.commands.inspect import inspect
from plic_web.commands.serve import serve


class Plic(click.Group):
    """A group whose further commands join through the entry-point group ``plic.commands``."""

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, the joined ones included."""
        joined = {point.name for point in entry_points(group="plic.commands")}
        return sorted({*super().list_commands(context), *joined})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name, loaded when it is asked for."""
        own = super().get_command(context, name)
        if own is not None:
            return own
        for point in entry_points(group="plic.commands", name=name):
            command = point.load()
            assert isinstance(command, click.Command)
            return command
        return None


@click.group(cls=Plic, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("plic-web"), prog_name="plic")
def main() -> None:
    """A website's pictures as payloads of a few hundred bytes, reconstructed near the reader."""


for command in (decode, inspect, serve, doctor):
    main.add_command(command)
