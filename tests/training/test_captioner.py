"""Captions of small models with random weights: loaded from a folder, and from nowhere else."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.captioner import Captioner, CaptionerError
from exporter.prompt import clean

torch = pytest.importorskip("torch", reason="needs torch: make test-training")
transformers = pytest.importorskip("transformers", reason="needs transformers: make test-training")
safetensors = pytest.importorskip("safetensors.torch", reason="needs safetensors")

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "<image>"]
SPOKEN = ["a", "red", "boat", "on", "the", "water", "in", "kampala"]
WORDS = SPECIAL + SPOKEN
TEXT = {"vocab_size": len(WORDS), "hidden_size": 16, "intermediate_size": 16,
        "num_hidden_layers": 1, "num_attention_heads": 2, "bos_token_id": 5, "eos_token_id": 3,
        "pad_token_id": 0, "max_position_embeddings": 256}  # fmt: skip
VISION = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
          "num_attention_heads": 2, "image_size": 32, "patch_size": 16}  # fmt: skip
SIZE = {"height": 32, "width": 32}
CHAT = "{% for m in messages %}{% for c in m['content'] %}" \
       "{% if c['type'] == 'image' %}<image> {% else %}{{ c['text'] }} {% endif %}" \
       "{% endfor %}{% endfor %}"  # fmt: skip


def blip(tokenizer: Any) -> tuple[Any, Any]:
    config = transformers.BlipConfig(
        text_config=TEXT | {"encoder_hidden_size": 16, "projection_dim": 8, "sep_token_id": 3},
        vision_config=VISION | {"projection_dim": 8},
    )
    images = transformers.BlipImageProcessorPil(size=SIZE)
    model = transformers.BlipForConditionalGeneration(config)
    return model, transformers.BlipProcessor(images, tokenizer)


def blip2(tokenizer: Any) -> tuple[Any, Any]:
    config = transformers.Blip2Config(
        vision_config=VISION,
        qformer_config=TEXT | {"encoder_hidden_size": 16},
        text_config=TEXT | {"model_type": "opt", "ffn_dim": 16, "word_embed_proj_dim": 16},
        num_query_tokens=4,
        image_token_index=WORDS.index("<image>"),
    )
    images = transformers.BlipImageProcessorPil(size=SIZE)
    model = transformers.Blip2ForConditionalGeneration(config)
    return model, transformers.Blip2Processor(images, tokenizer, num_query_tokens=4)


def llava(tokenizer: Any) -> tuple[Any, Any]:
    config = transformers.LlavaConfig(
        vision_config=VISION | {"model_type": "clip_vision_model"},
        text_config=TEXT | {"model_type": "llama", "num_key_value_heads": 2},
        image_token_index=WORDS.index("<image>"),
        vision_feature_layer=-1,
    )
    images = transformers.CLIPImageProcessorPil(size=SIZE, do_center_crop=False)
    processor = transformers.LlavaProcessor(
        images, tokenizer, patch_size=16, num_additional_image_tokens=1, chat_template=CHAT,
        vision_feature_select_strategy="default",
    )  # fmt: skip
    return transformers.LlavaForConditionalGeneration(config), processor


def save(build: Any, folder: Path) -> Path:
    """Write a model with random weights and what it reads with."""
    torch.manual_seed(0)
    tokenizer = transformers.BertTokenizer(
        vocab={word: number for number, word in enumerate(WORDS)},
        additional_special_tokens=["[DEC]", "<image>"],
    )
    tokenizer.image_token = "<image>"
    model, processor = build(tokenizer)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small BLIP."""
    return save(blip, tmp_path_factory.mktemp("blip"))


@pytest.fixture(autouse=True)
def attempts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No network, and no word to transformers that there is none; nothing may ask for it."""
    made: list[str] = []

    def refuse(*args: object, **_: object) -> None:
        made.append(repr(args))
        raise OSError("no network")

    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("getaddrinfo", "create_connection", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    yield made
    assert made == []


def noise(height: int = 40, width: int = 60) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("build", [blip, blip2, llava])
def test_a_caption_is_words_of_the_model_and_the_same_again(build: Any, tmp_path: Path) -> None:
    folder = save(build, tmp_path)
    captioner = Captioner(folder)
    caption = captioner.caption(noise())
    assert caption
    assert set(caption.split()) <= set(SPOKEN)
    assert len(caption.split()) <= 60
    assert clean(caption) == caption
    assert captioner.caption(noise()) == caption
    assert Captioner(folder).caption(noise()) == caption


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (1, 500), (600, 400)])
def test_any_size_is_taken(folder: Path, shape: tuple[int, int]) -> None:
    assert isinstance(Captioner(folder).caption(noise(*shape)), str)


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CaptionerError, match=r"nowhere: the captioner's folder is missing$"):
        Captioner(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["torch", "transformers"])
def test_without_the_libraries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(CaptionerError, match=rf"needs {name}: pip install 'plic-web\[models\]'$"):
        Captioner(tmp_path)


def copied(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to))


def refusal(folder: Path) -> str:
    with pytest.raises(CaptionerError) as raised:
        Captioner(folder)
    message = str(raised.value)
    assert message.startswith(f"{folder}: no captioning model: ")
    assert "\n" not in message
    return message


def test_folders_without_a_whole_captioning_model(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refusal(tmp_path / "empty")

    damaged = copied(folder, tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    refusal(damaged)

    other = copied(folder, tmp_path / "other")
    (other / "config.json").write_text(json.dumps({"model_type": "bert"}))
    refusal(other)

    half = copied(folder, tmp_path / "half")
    weights = safetensors.load_file(half / "model.safetensors")
    weights = {name: value for name, value in weights.items() if "vision" not in name}
    safetensors.save_file(weights, half / "model.safetensors", {"format": "pt"})
    assert "its weights lack vision_model." in refusal(half)

    mute = copied(folder, tmp_path / "mute")
    (mute / "tokenizer.json").unlink()
    assert "its tokenizer knows 7 of 15 words" in refusal(mute)


def test_pickles_are_never_read(folder: Path, tmp_path: Path) -> None:
    pickled = copied(folder, tmp_path / "pickled")
    torch.save(safetensors.load_file(pickled / "model.safetensors"),
               pickled / "pytorch_model.bin")  # fmt: skip
    (pickled / "model.safetensors").unlink()
    assert "safetensors" in refusal(pickled)


def test_code_in_the_folder_never_runs(folder: Path, tmp_path: Path) -> None:
    hostile = copied(folder, tmp_path / "hostile")
    config = json.loads((hostile / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config"}}
    (hostile / "config.json").write_text(json.dumps(config))
    (hostile / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Config: pass\n")
    refusal(hostile)
    assert not (tmp_path / "ran").exists()


def test_a_model_that_cannot_be_asked_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    captioner = Captioner(folder)
    monkeypatch.setattr(captioner._model, "generate", lambda **_: 1 / 0)
    with pytest.raises(CaptionerError, match=r": the captioner failed: division by zero$"):
        captioner.caption(noise())
