"""One process of ``bench.speed``: does its job once, and once more for each line on stdin.

``python -m bench.speed_job encode PACK PICTURE OUT``, ``decode PACK PAYLOAD`` or
``avif FILE WIDTH HEIGHT``. After each run a line of JSON: the seconds it took and the process's
peak memory so far. Each job imports what it needs and no more: cold starts are measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Run the job named by the arguments until stdin ends."""
    name, *rest = arguments
    run = {"encode": _encode, "decode": _decode, "avif": _avif}[name](*rest)
    while True:
        start = time.perf_counter()
        run()
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "memory_mb": _peak_memory_mb()}), flush=True)
        if not sys.stdin.readline():
            return


def _encode(pack: str, picture: str, out: str) -> Callable[[], object]:
    import numpy as np
    from PIL import Image

    from exporter.encode import encode_picture
    from plic_web.engine import load_pack

    loaded = load_pack(pack)

    def run() -> None:
        with Image.open(picture) as image:
            rgb = np.asarray(image.convert("RGB"))
        Path(out).write_bytes(encode_picture(rgb, pack=loaded))

    return run


def _decode(pack: str, payload: str) -> Callable[[], object]:
    from plic_web.engine import load_pack, reconstruct
    from plic_web.payload import Payload

    loaded = load_pack(pack)
    return lambda: reconstruct(Payload.parse(Path(payload).read_bytes()), pack=loaded)


def _avif(file: str, width: str, height: str) -> Callable[[], object]:
    import numpy as np
    from PIL import Image

    from bench.fit import fit

    def run() -> None:
        with Image.open(file) as image:
            fit(np.asarray(image.convert("RGB")), int(width), int(height))

    return run


def _peak_memory_mb() -> float:
    """Peak resident memory in megabytes of 10^6 bytes.

    Linux lets a process inherit its parent's ``ru_maxrss``; VmHWM is its own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    from plic_web.commands.doctor import peak_memory_mb

    return peak_memory_mb()


if __name__ == "__main__":
    main(sys.argv[1:])
