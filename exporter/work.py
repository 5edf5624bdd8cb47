"""The same function over many items, on several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

from plic_web.commands.orphans import end_with_parent

Item = TypeVar("Item")
Result = TypeVar("Result")


def parallel(
    function: Callable[[Item], Result], items: Sequence[Item], jobs: int
) -> Iterator[tuple[int, Result]]:
    """Yield each item's position and result as it is ready, in any order.

    Args:
        function: must pickle when `jobs` is above 1.
        jobs: processes; with 1, or a single item, everything runs in this one.
    """
    if jobs == 1 or len(items) < 2:
        for position, item in enumerate(items):
            yield position, function(item)
        return
    # Spawned, not forked: ONNX Runtime's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(jobs, len(items)), mp_context=context, initializer=end_with_parent
    ) as pool:
        futures = {pool.submit(function, item): at for at, item in enumerate(items)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
