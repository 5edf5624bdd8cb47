"""The ablation of the encoder's parts, and the rival quantiser and source that only it uses."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs torch: make test-training")

from torch import nn  # noqa: E402

from training.ablate import LEVELS, build, measure, take_decoder, teach  # noqa: E402
from training.data import Photos  # noqa: E402
from training.fsq import HALF, FsqQuantiser  # noqa: E402
from training.model import Widths  # noqa: E402
from training.perceptual import LPIPS  # noqa: E402
from training.taef2 import CHANNELS, TAEF2, Block  # noqa: E402
from training.train import LitePack, Metrics  # noqa: E402


@pytest.fixture(scope="module")
def vae_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state dict of TAEF2's names and shapes with random weights, as fp16."""
    torch.manual_seed(0)

    def down() -> nn.Conv2d:
        return nn.Conv2d(64, 64, 3, bias=False)

    layers = [nn.Conv2d(3, 64, 3), Block(pool=False)]
    for pool in (False, False, True):
        layers += [down(), *(Block(pool=pool) for _ in range(3))]
    state = nn.Sequential(*layers, nn.Conv2d(64, 32, 3)).half().state_dict()
    path = tmp_path_factory.mktemp("vae") / "taef2_encoder.pth"
    torch.save(state, path)
    return path


def test_symbols_are_bounded_and_finer_at_higher_quality():
    torch.manual_seed(0)
    quantiser = FsqQuantiser(4, 6)
    y32, y16 = 3 * torch.randn(2, 4, 4, 4), 3 * torch.randn(2, 6, 8, 8)
    kinds = []
    for quality in (0.0, 0.5, 1.0):
        sent = quantiser(y32, y16, torch.full((2, 1, 8, 8), quality))
        for symbols in (sent.k32, sent.k16):
            assert torch.equal(symbols, symbols.round())
            assert symbols.abs().max() <= HALF
        assert sent.latents16.abs().max() <= 2
        kinds.append(len(sent.k16.unique()))
    assert kinds[0] == 3
    assert kinds[-1] == 2 * HALF + 1
    assert kinds[0] < kinds[1] < kinds[2]


def test_the_rate_of_symbols_has_a_gradient_and_falls_with_a_fitting_model():
    torch.manual_seed(0)
    quantiser = FsqQuantiser(4, 6)
    y16 = torch.randn(1, 6, 8, 8, requires_grad=True)
    y32, u16 = torch.zeros(1, 4, 4, 4), torch.full((1, 1, 8, 8), 0.5)
    optimiser = torch.optim.Adam([*quantiser.context.parameters(), quantiser.scale32], 0.05)
    bits = []
    for _ in range(30):
        loss = quantiser(y32, y16, u16).bits.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        bits.append(loss.item())
    assert y16.grad is not None
    assert y16.grad.abs().max() > 0
    assert bits[-1] < 0.7 * bits[0]


def test_the_vae_source_is_frozen_and_refuses_other_weights(vae_file, tmp_path):
    vae = TAEF2(vae_file)
    latents = vae(torch.rand(2, 3, 32, 48) * 2 - 1)
    assert latents.shape == (2, CHANNELS, 4, 6)
    assert not any(p.requires_grad for p in vae.parameters())
    torch.save({"0.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(RuntimeError, match="Missing key"):
        TAEF2(tmp_path / "other.pth")


@pytest.mark.parametrize("variant", ["scalar", "fsq", "no-alexnet", "vae"])
def test_each_variant_learns_and_is_measured_in_bytes(
    variant, shards, lpips_source, vae_file, tmp_path, monkeypatch
):
    monkeypatch.setattr("training.ablate.TABLE_PHOTOS", 2)
    torch.manual_seed(0)
    decoder = LitePack(Widths())
    torch.save({"average": decoder.state_dict()}, tmp_path / "checkpoint.pt")
    model = build(variant, Widths(), vae_file)
    take_decoder(model, tmp_path)
    assert torch.equal(model.unet.out.weight, decoder.unet.out.weight)
    first = model.encoder.stem.weight.detach().clone()
    metrics, photos = Metrics(LPIPS(lpips_source)), Photos(shards)
    arguments = argparse.Namespace(size=128, batch=2, seed=1, steps=4, rate=1e-3, bf16=False)
    teach(model, metrics, photos, arguments)
    assert (model.encoder.stem.weight - first).abs().max() > 0
    results = measure(model, metrics.lpips, photos)
    assert tuple(results) == LEVELS
    bpp = [rate for rate, *_ in results.values()]
    assert bpp[-1] > 2 * bpp[0] > 0
    assert all(0 < distance < 1.5 for _, distance, _ in results.values())


def test_the_vae_variant_asks_for_its_weights():
    with pytest.raises(SystemExit, match=r"taef2_encoder\.pth"):
        build("vae", Widths(), None)
