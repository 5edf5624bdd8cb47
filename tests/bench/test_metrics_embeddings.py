"""CLIP and DINOv2 similarity, on tiny models of the same classes with random weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

torch = pytest.importorskip("torch", reason="needs torch and transformers")
transformers = pytest.importorskip("transformers", reason="needs torch and transformers")

from bench.errors import BenchError  # noqa: E402
from bench.metrics import METRICS  # noqa: E402
from bench.models.registry import models_folder  # noqa: E402

PICTURES = Path(__file__).parents[1] / "pictures"
SIZES = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "patch_size": 8,
    "image_size": 64,
}  # fmt: skip


def save_clip(folder: Path) -> None:
    """The whole of CLIP, pictures and texts, as OpenAI's checkpoint is."""
    texts = {**SIZES, "intermediate_size": 64, "vocab_size": 99}
    del texts["patch_size"], texts["image_size"]
    config = transformers.CLIPConfig(
        text_config=texts, vision_config={**SIZES, "intermediate_size": 64}, projection_dim=24
    )
    transformers.CLIPModel(config).save_pretrained(folder)
    transformers.CLIPImageProcessor(
        size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}
    ).save_pretrained(folder)


def save_dinov2(folder: Path) -> None:
    transformers.Dinov2Model(transformers.Dinov2Config(**SIZES)).save_pretrained(folder)
    transformers.BitImageProcessor(
        size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}
    ).save_pretrained(folder)


@pytest.fixture(params=["clip", "dinov2"])
def name(request, tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("PLIC_MODELS", str(tmp_path))
    transformers.set_seed(0)
    (tmp_path / request.param).mkdir()
    {"clip": save_clip, "dinov2": save_dinov2}[request.param](tmp_path / request.param)
    return request.param


def test_the_cosine_is_one_for_equals_and_falls_with_distance(name):
    measure = METRICS[name].load()
    parrots = Image.open(PICTURES / "kodim23.webp").convert("RGB")
    soft = parrots.filter(ImageFilter.GaussianBlur(2))
    other = Image.open(PICTURES / "kodim03.webp").convert("RGB").rotate(180)
    picture = np.asarray(parrots)
    equal, near, far = (measure(picture, np.asarray(p)) for p in (parrots, soft, other))
    assert equal == pytest.approx(1, abs=1e-5)
    assert -1 <= far < near < equal


@pytest.mark.parametrize("name", ["clip"], indirect=True)
def test_clips_embedding_is_the_models_own(name):
    folder = models_folder() / name
    whole = transformers.CLIPModel.from_pretrained(folder)
    prepare = transformers.CLIPImageProcessor.from_pretrained(folder)
    pictures = [
        np.asarray(Image.open(PICTURES / f"kodim{n}.webp").convert("RGB")) for n in ("03", "23")
    ]
    vectors = [
        whole.get_image_features(**prepare(images=p, return_tensors="pt")).pooler_output[0]
        for p in pictures
    ]
    wanted = torch.nn.functional.cosine_similarity(*vectors, dim=0).item()
    assert METRICS[name].load()(*pictures) == pytest.approx(wanted, abs=1e-5)


def test_another_models_folder_is_refused(name, tmp_path):
    other = {"clip": save_dinov2, "dinov2": save_clip}[name]
    shutil.rmtree(tmp_path / name)
    other(tmp_path / name)
    with pytest.raises(BenchError, match=f"{name}: is no checkpoint of"):
        METRICS[name].load()
    (tmp_path / name / "model.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(BenchError, match=f"{name}: is no checkpoint of"):
        METRICS[name].load()
