"""One run of `plic export`: configured, skipped where nothing has changed, checked or done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporter.cache import Cache
from exporter.captioner import CaptionerError
from exporter.codec import Codec
from exporter.configuration import Configuration, ConfigurationError, configure
from exporter.export import export, plan_as_configured
from exporter.folder import FolderError, check_output, scan
from exporter.home import HomeError
from exporter.outcome import Outcome
from exporter.pack_codec import PackCodec
from exporter.plan import Plan
from exporter.progress import encoding_bar, looking_bar
from exporter.record import Record, asked_of, staleness
from exporter.settings import Settings
from exporter.shim import ShimError, collect_shim, static_folder
from plic_web.engine import EngineError


class OperationError(ValueError):
    """The export cannot be done; the message is for the person who asked for it."""


@dataclass(frozen=True)
class Order:
    """What was asked for on the command line.

    Attributes:
        config: a file to read in place of the site's `plic.toml`.
        options: values of the configuration by key; None leaves a key to the file.
    """

    site: Path
    out: Path
    jobs: int
    config: Path | None
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """Attributes: what came of it, whether OUT was written, whether faults count as failure."""

    outcome: Outcome
    wrote: bool
    strict: bool


def run(order: Order) -> Run:
    """Export, unless the output is what an export would write.

    Raises:
        OperationError: nothing was written.
    """
    with _explained(order.out):
        configuration = configure(order.site, order.config, order.options)
        codec = _codec(configuration.settings)
        check_output(order.out, order.site)
        record = Record.of(order.out)
        if record is not None and not _staleness(order, configuration, codec, record):
            return Run(Outcome.from_json(record.outcome), False, configuration.strict)
        with looking_bar() as looking, encoding_bar() as encoding:
            result = export(
                order.site,
                order.out,
                codec,
                jobs=order.jobs,
                looking=looking,
                encoding=encoding,
                configuration=configuration,
            )
        return Run(result.outcome, True, configuration.strict)


def check(order: Order) -> str:
    """What is stale about the output, in one line; "" if an export would change nothing.

    Nothing is written and no picture decoded.

    Raises:
        OperationError: an export could not be done at all.
    """
    with _explained(order.out):
        configuration = configure(order.site, order.config, order.options)
        check_output(order.out, order.site)
        record = Record.of(order.out)
        if record is None:
            return f"{order.out} holds no export of this version of plic"
        return _staleness(order, configuration, _codec(configuration.settings), record)


def preview(order: Order) -> Plan:
    """What an export would do.

    Raises:
        OperationError: it could not be done.
    """
    with _explained(order.out), looking_bar() as looking:
        configuration = configure(order.site, order.config, order.options)
        check_output(order.out, order.site)
        site, cache = scan(order.site), Cache.of(order.out)
        return plan_as_configured(site, cache, order.jobs, looking, configuration)


def _codec(settings: Settings) -> Codec:
    return PackCodec(asked=settings)


def _staleness(order: Order, configuration: Configuration, codec: Codec, record: Record) -> str:
    asked = asked_of(configuration, codec, collect_shim(static_folder()))
    return staleness(record, asked, scan(order.site), order.out)


@contextlib.contextmanager
def _explained(out: Path) -> Iterator[None]:
    """Turn what can go wrong into an OperationError."""
    try:
        yield
    except (
        CaptionerError,
        ConfigurationError,
        FolderError,
        HomeError,
        ShimError,
        EngineError,
    ) as error:
        raise OperationError(str(error)) from error
    except BrokenProcessPool:
        raise OperationError(
            "a worker process was killed, perhaps for want of memory; try again with --jobs 1"
        ) from None
    except OSError as error:
        raise OperationError(f"{error.filename or out}: {error.strerror or error}") from error
