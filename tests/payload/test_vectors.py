"""The vectors that no section's own tests read: container, latents, seed, noise, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from payload_support import vectors

from plic_web.payload import Payload, PayloadError, SectionKind
from plic_web.payload.base import decode_base
from plic_web.payload.edges import decode_edges
from plic_web.payload.keep import decode_keep
from plic_web.payload.latents import LatentTables, decode_latents
from plic_web.payload.noise import normal
from plic_web.payload.seed import decode_seed
from plic_web.payload.text import decode_text

LATENTS = vectors("latents.json")
REFUSED = vectors("refused.json")
DECODERS = {
    "base": decode_base,
    "edges": decode_edges,
    "keep": decode_keep,
    "text": lambda data, *_: decode_text(data),
    "seed": lambda data, *_: decode_seed(data),
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> LatentTables:
    path = tmp_path_factory.mktemp("latents") / "tables.bin"
    path.write_bytes(bytes.fromhex(LATENTS["tables"]))
    return LatentTables.load(path)


def name(vector: dict) -> str:
    return vector["name"]


@pytest.mark.parametrize("vector", vectors("container.json"), ids=name)
def test_container(vector):
    data = bytes.fromhex(vector["file"])
    if "error" in vector:
        with pytest.raises(PayloadError):
            Payload.parse(data)
        return
    payload = Payload.parse(data)
    assert [[s.kind, s.data.hex()] for s in payload.sections] == vector["sections"]
    assert (payload.width, payload.height) == (vector["width"], vector["height"])
    assert payload.truncated == vector["truncated"]


@pytest.mark.parametrize("vector", LATENTS["vectors"], ids=name)
def test_latents(vector, tables):
    size = vector["width"], vector["height"]
    latents = decode_latents(bytes.fromhex(vector["section"]), tables, *size)
    gains = latents.gain_map
    assert (latents.scale, latents.q) == (vector["scale"], vector["q"])
    assert (None if gains is None else gains.tolist()) == vector["gains"]
    assert latents.y32.tolist() == vector["y32"]
    assert latents.y16.tolist() == vector["y16"]


@pytest.mark.parametrize("vector", vectors("seed.json"), ids=lambda v: v["seed"])
def test_seed(vector):
    assert decode_seed(bytes.fromhex(vector["section"])) == int(vector["seed"], 16)


@pytest.mark.parametrize("vector", vectors("noise.json"), ids=lambda v: v["seed"])
def test_noise(vector):
    words = np.array([int(word, 16) for word in vector["words"]], np.uint64)
    sums = [sum(int(word).to_bytes(8, "little")) for word in words]
    deviates = normal(int(vector["seed"], 16), (3, len(words) // 3))
    assert np.rint(deviates.ravel() * np.sqrt(43690) + 1020).tolist() == sums
    assert deviates.astype("<f4").tobytes().hex() == vector["deviates"]


@pytest.mark.parametrize("vector", REFUSED, ids=lambda v: f"{v['kind']}: {v['why']}")
def test_refused(vector, tables):
    decoders = DECODERS | {"latents": lambda data, *size: decode_latents(data, tables, *size)}
    with pytest.raises(PayloadError):
        decoders[vector["kind"]](
            bytes.fromhex(vector["section"]), vector["width"], vector["height"]
        )


def test_every_section_has_refusals():
    assert {vector["kind"] for vector in REFUSED} == {kind.name.lower() for kind in SectionKind}
