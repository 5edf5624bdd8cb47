"""The options of `plic export` that `plic.toml` has keys for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from exporter.configuration_values import KEYS, MOST_TRIES, ValueProblemError
from exporter.settings import LEVELS

Command = TypeVar("Command", bound=Callable[..., Any])


def _option(
    key: str, metavar: str, help: str, read: Callable[[str], Any] = str
) -> Callable[[Command], Command]:
    """An option whose value is checked as that of the same key in `plic.toml`."""

    def checked(context: click.Context, option: click.Parameter, text: str | None) -> Any:
        if text is None:
            return None
        try:
            return KEYS[key](read(text))
        except ValueProblemError as problem:
            raise click.BadParameter(f"expected {problem}, got {text!r}") from None

    return click.option(f"--{key}", metavar=metavar, help=help, callback=checked)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _count(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _switch(text: str) -> bool | str:
    return {"on": True, "off": False}.get(text, text)


quality_option, tries_option = (
    _option(
        "quality",
        "LEVEL",
        "low, medium, high, or the largest LPIPS that may ship; less is better "
        f"[medium, {LEVELS['medium']}].",
        _number,
    ),
    _option(
        "tries",
        "N",
        f"Seeds of the noise that are compared for each picture, 1 to {MOST_TRIES} [1].",
        _count,
    ),
)
_OPTIONS = (
    quality_option,
    tries_option,
    _option("gate", "on|off", "Reconstruct and compare before a payload ships [on].", _switch),
    _option("bpp", "NUMBER", "Bits per pixel to start from; by the quality without it.", _number),
    _option("captioner", "FOLDER", "Model that writes the prompts, for packs that take text."),
    _option(
        "originals",
        "WHERE",
        "keep, drop (those that nothing else names), or the URL of a copy [keep].",
    ),
    _option(
        "url", "URL", "Where the site is published, if its pages name pictures by full addresses."
    ),
    click.option(
        "--strict",
        is_flag=True,
        default=None,
        help="Name what could not be read or followed, and exit with 1.",
    ),
    _option("price", "NUMBER", "Price of a gigabyte, for the report.", _number),
    _option("currency", "TEXT", 'The currency of the price, such as "EUR".'),
)


class GroupedCommand(click.Command):
    """A command whose help lists its options in groups, those of no group first."""

    groups: Mapping[str, Sequence[str]] = {
        "What a reader sees": ("quality", "gate", "tries", "bpp", "captioner", "originals"),
        "About the site": ("url", "config", "price", "currency"),
        "How it runs": ("dry_run", "check_only", "watching", "strict", "jobs", "as_json"),
    }

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups, each option once."""
        texts = {
            option.name or "": text
            for option in self.get_params(ctx)
            if isinstance(option, click.Option) and (text := option.get_help_record(ctx))
        }
        grouped = {name for names in self.groups.values() for name in names}
        rest = [name for name in texts if name not in grouped]
        for title, names in {"Options": rest, **self.groups}.items():
            with formatter.section(title):
                formatter.write_dl([texts[name] for name in names])


def configuration_options(command: Command) -> Command:
    """Add the options to a command; those that are not given are None."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
