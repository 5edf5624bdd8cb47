"""How long and how much memory one decode takes: ``python -m bench.decode``.

Decodes the shipped 768x512 payload with the lite pack at 1, 2 and 4 steps, warm, and prints
seconds (minimum and median) and the process's peak memory.
"""

from __future__ import annotations

import argparse
import time

from plic_web.commands.doctor import peak_memory_mb, shipped_payload
from plic_web.engine import load_pack, reconstruct
from plic_web.payload import Payload


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", default="lite")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    pack = load_pack(arguments.pack, threads=arguments.threads)
    payload = Payload.parse(shipped_payload())
    print(f"{payload.width}x{payload.height}, pack {pack.id}, {arguments.threads} threads")
    for steps in (1, 2, 4):
        reconstruct(payload, pack=pack, steps=steps)
        seconds = []
        for _ in range(arguments.runs):
            start = time.perf_counter()
            reconstruct(payload, pack=pack, steps=steps)
            seconds.append(time.perf_counter() - start)
        seconds.sort()
        print(
            f"{steps} step{'s' * (steps > 1)}: {seconds[0]:.2f} s at best, "
            f"{seconds[len(seconds) // 2]:.2f} s in the median, "
            f"peak memory so far {peak_memory_mb():.0f} MB"
        )


if __name__ == "__main__":
    main()
