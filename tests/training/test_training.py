"""The training's parts on small inputs: they learn, agree with the engine, and resume."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: make test-training")

import onnxruntime  # noqa: E402
from PIL import Image  # noqa: E402

from bench.metrics.graphs import build_dists  # noqa: E402
from bench.models.vgg16 import read_dists  # noqa: E402
from exporter.edges import canny_map  # noqa: E402
from plic_web.engine import load_pack  # noqa: E402
from plic_web.engine.quantiser import Quantiser, quality_map  # noqa: E402
from plic_web.engine.sampler import sample  # noqa: E402
from training.batches import batches  # noqa: E402
from training.data import Photos, is_held_out  # noqa: E402
from training.diffusion import add_noise  # noqa: E402
from training.export import example_inputs, export_pack  # noqa: E402
from training.from_pack import load_pack_weights  # noqa: E402
from training.latents import LatentQuantiser, rate_weight  # noqa: E402
from training.model import Widths  # noqa: E402
from training.perceptual import DISTS, LPIPS  # noqa: E402
from training.polish import polish  # noqa: E402
from training.resident import ResidentPhotos  # noqa: E402
from training.train import LitePack, Metrics, step_loss, train  # noqa: E402

# torch's ONNX export is full of them; the one that it prefers today needs two more packages.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

PICTURES = Path(__file__).parents[1] / "pictures"


def picture(name: str) -> np.ndarray:
    return np.asarray(Image.open(PICTURES / f"{name}.webp").convert("RGB"))


def signed(rgb: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(rgb.transpose(2, 0, 1) / np.float32(127.5) - 1)[None]


def test_lpips_is_zero_for_equals_and_grows_with_blur(lpips_source):
    lpips = LPIPS(lpips_source)
    image = signed(picture("kodim23"))
    blurred = [torch.nn.functional.avg_pool2d(image, k, 1, k // 2) for k in (3, 9)]
    equal, *worse = (lpips(image, other).item() for other in (image, *blurred))
    assert equal == 0
    assert 0.02 < worse[0] < worse[1] < 0.9


def test_validation_photos_are_never_trained_on(shards):
    photos = Photos(shards)
    assert (len(photos.train), len(photos.held_out)) == (18, 2)
    share = np.mean([is_held_out(f"set/{i}.webp") for i in range(6400)])
    assert 0.01 < share < 0.022


def test_batches_have_the_documented_shapes_and_ranges(shards):
    batch = next(batches(Photos(shards), size=128, count=4, seed=0))
    assert batch.picture.shape == (4, 3, 128, 128)
    assert batch.base.shape == (4, 3, 32, 32)
    assert batch.edges.shape == (4, 2, 32, 32)
    assert batch.keep.shape == (4, 4, 128, 128)
    assert batch.u16.shape == (4, 1, 8, 8)
    assert -1 <= batch.picture.min() < batch.picture.max() <= 1
    assert 0 <= batch.u16.min() <= batch.u16.max() <= 1
    blur = torch.nn.functional.avg_pool2d(batch.picture, 4)
    assert (blur - batch.base).abs().mean() < 0.25


def test_resident_crops_lie_where_their_conditions_do(shards):
    device = torch.device("cpu")
    resident = ResidentPhotos(shards, variants=2, size=128, device=device, seed=3)
    batch = resident.draw(24, 128)
    assert [tuple(part.shape) for part in batch] == [
        (24, 3, 128, 128), (24, 3, 32, 32), (24, 2, 32, 32), (24, 4, 128, 128), (24, 1, 8, 8), (24,)
    ]  # fmt: skip
    blur = torch.nn.functional.avg_pool2d(batch.picture, 4)
    assert (blur - batch.base).abs().mean() < 0.25
    sent = batch.edges[:, 1, 0, 0] == 1
    assert 0 < sent.sum() < 24
    assert (batch.edges[~sent] == 0).all()
    agreement = []
    for picture, edges in zip(batch.picture[sent], batch.edges[sent, 0], strict=True):
        crop = ((picture + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
        mine, theirs = (m[4:-4, 4:-4] for m in (canny_map(crop), edges.numpy() > 0))
        agreement.append((mine & theirs).sum() / max(1, (mine | theirs).sum()))
    # a map shifted by one sample agrees in about a fifth
    assert np.median(agreement) > 0.6
    kept = batch.keep[:, 3:] == 1
    assert 0 < kept.float().mean() < 0.2
    assert torch.equal(batch.keep[:, :3][kept.expand(-1, 3, -1, -1)],
                       batch.picture[kept.expand(-1, 3, -1, -1)])  # fmt: skip


def test_the_numpy_quantiser_equals_the_trained_one():
    torch.manual_seed(0)
    trained = LatentQuantiser(4, 6)
    with torch.no_grad():
        trained.gain32.add_(torch.randn_like(trained.gain32) * 0.1)
        trained.gain16.add_(torch.randn_like(trained.gain16) * 0.1)
    numpy_one = Quantiser(trained.gain32.detach().numpy(), trained.gain16.detach().numpy())
    y32, y16 = torch.randn(1, 4, 3, 5), torch.randn(1, 6, 6, 10)
    u16 = quality_map(37, None, 6, 10)
    with torch.no_grad():
        wanted = trained(y32, y16, torch.from_numpy(u16)[None, None])
    k32, k16 = numpy_one.quantise(y32[0].numpy(), y16[0].numpy(), u16)
    assert np.array_equal(k32, wanted.k32[0].round().numpy())
    assert np.array_equal(k16, wanted.k16[0].round().numpy())
    l32, l16 = numpy_one.dequantise(k32, k16, u16)
    np.testing.assert_allclose(l32, wanted.latents32[0].numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(l16, wanted.latents16[0].numpy(), rtol=1e-4, atol=1e-5)


def test_the_sampler_starts_where_training_ends():
    x, coarse, noise = (torch.randn(1, 3, 8, 8) for _ in range(3))
    seen = []
    sample(lambda x_t, t: seen.append(x_t) or x.numpy(), coarse.numpy(), noise.numpy(), 1)
    wanted = add_noise(x, coarse, torch.ones(1), noise)
    np.testing.assert_allclose(seen[0], wanted.numpy(), atol=1e-6)


def test_bits_cost_less_at_higher_quality():
    weights = rate_weight(torch.linspace(0, 1, 9))
    assert (weights.diff() < 0).all()


@pytest.fixture(scope="module")
def run(tmp_path_factory, shards, lpips_source):
    """A run trained for a few seconds, resumed once, and exported."""
    folder = tmp_path_factory.mktemp("run")
    arguments = argparse.Namespace(
        data=shards, lpips=lpips_source, run=folder / "run", minutes=0.15, size=128, batch=2,
        rate=5e-4, share_at_one=0.6, validate_every=10**9, limit=None, device="cpu", seed=1,
        from_pack=None, bf16=False, vgg_from=2.0,
    )  # fmt: skip
    train(arguments)
    train(arguments)
    export_pack(arguments.run, folder / "pack", lpips_source, shards)
    return folder


def test_bfloat16_and_vgg_change_the_loss_little_and_a_lot(shards, lpips_source):
    torch.manual_seed(0)
    model = LitePack(Widths())
    batch = next(batches(Photos(shards), size=128, count=2, seed=0))
    plain = Metrics(LPIPS(lpips_source))
    both = Metrics(plain.lpips, LPIPS(lpips_source, "vgg16"))

    def loss(metrics: Metrics, bf16: bool) -> float:
        torch.manual_seed(1)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            return step_loss(model, metrics, batch, 1.0, 1.0)[0].item()

    full = loss(plain, False)
    assert loss(plain, True) == pytest.approx(full, rel=0.02)
    assert loss(both, False) > full + 0.1


def test_a_run_resumes_and_logs_validation(run):
    records = [json.loads(line) for line in (run / "run" / "log.jsonl").read_text().splitlines()]
    first, second = (r for r in records if "validation" in r)
    assert second["step"] > first["step"] > 0
    assert second["minutes"] > first["minutes"]
    assert set(first["validation"]) == {"u 0.1", "u 0.35", "u 0.6", "u 0.85"}


def test_training_can_start_from_an_exported_pack(run, lpips_source):
    model = LitePack(Widths()).eval()
    load_pack_weights(model, run / "pack")
    inputs = example_inputs(Widths())["encoder"]
    session = onnxruntime.InferenceSession(run / "pack" / "encoder.onnx")
    wanted = session.run(None, {k: v.numpy() for k, v in inputs.items()})
    semantic = LPIPS(lpips_source).features(inputs["picture"])
    with torch.no_grad():
        got = model.encoder(inputs["picture"], inputs["base"], semantic)
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a.numpy(), b, atol=5e-3)


def test_a_pack_may_grow_by_blocks_that_change_nothing_yet(run):
    small, large = LitePack(Widths()), LitePack(Widths(trunk_blocks=12, encoder_blocks=4))
    for model in (small.eval(), large.eval()):
        load_pack_weights(model, run / "pack")
    inputs = example_inputs(Widths())["unet"].values()
    with torch.no_grad():
        before, after = (model.unet(*inputs) for model in (small, large))
    torch.testing.assert_close(after, before)


def test_a_pack_that_lacks_a_weight_is_refused(run, tmp_path):
    pack = shutil.copytree(run / "pack", tmp_path / "pack")
    shutil.copy(pack / "control.onnx", pack / "unet.onnx")
    with pytest.raises(ValueError, match=r"lacks .*unet\.stem\.weight"):
        load_pack_weights(LitePack(Widths()), pack)


def test_the_exported_pack_verifies_and_draws(run):
    from exporter.encode import encode_picture
    from plic_web.engine import reconstruct
    from plic_web.payload import Payload

    pack = load_pack(run / "pack")
    rgb = picture("kodim04")[:256, :192]
    payload = Payload.parse(encode_picture(rgb, pack=pack, bpp=0.3))
    for steps in (1, 2):
        assert reconstruct(payload, pack=pack, steps=steps).shape == rgb.shape


@pytest.mark.parametrize("joint", [False, True])
def test_polishing_tunes_the_decoder_and_the_latents_only_if_asked(
    joint, run, shards, lpips_source, dists_wheel, monkeypatch
):
    monkeypatch.setattr("training.polish.HEAD_START", 1)
    out = run / f"polished-{joint}"
    arguments = argparse.Namespace(
        run=run / "run", out=out, data=shards, lpips=lpips_source, dists=dists_wheel,
        joint=joint, minutes=0.1, size=128, batch=2, rate=1e-4, adversarial=0.05, bf16=False,
        validate_every=10**9, device="cpu", seed=1,
    )  # fmt: skip
    polish(arguments)
    polish(arguments)
    before, after = (
        torch.load(folder / "checkpoint.pt", weights_only=True) for folder in (run / "run", out)
    )
    assert after["step"] > before["step"] + 2
    moved = {n for n, weight in before["average"].items() if not weight.equal(after["average"][n])}
    assert "unet.out.weight" in moved
    tuned = {name.split(".")[0] for name in moved} & {"encoder", "quantiser"}
    assert tuned == ({"encoder", "quantiser"} if joint else set())
    state = torch.load(out / "discriminator.pt", weights_only=True)
    assert state["seen"] == after["step"] - before["step"]


def test_dists_in_torch_equals_the_graph_of_plic_eval(lpips_source, dists_wheel, tmp_path):
    dists = DISTS(lpips_source, dists_wheel)
    sharp = signed(picture("kodim23")[:160, :192])
    blurred = torch.nn.functional.avg_pool2d(sharp, 5, 1, 2)
    build_dists(lpips_source, read_dists(dists_wheel), tmp_path / "dists.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "dists.onnx")
    (wanted,) = session.run(None, {"a": sharp.numpy(), "b": blurred.numpy()})
    assert dists(sharp, blurred).item() == pytest.approx(float(wanted), abs=1e-3)
    assert float(wanted) > 0.1
    assert dists(sharp, sharp).item() == pytest.approx(0, abs=1e-5)
