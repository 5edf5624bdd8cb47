"""Prompts from a captioning model of transformers, loaded from a folder on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from exporter.prompt import clean

_LONGEST = 60
"""Tokens of a caption: about what 240 characters hold."""

_QUESTION = "Describe this picture in one sentence."


class CaptionerError(RuntimeError):
    """A captioner that cannot be loaded or used: one line, what and why."""


class Captioner:
    """An image-to-text model: BLIP, BLIP-2, GIT or what else transformers loads as one.

    Nothing is fetched, no code of the folder runs, and weights are safetensors, never pickles.
    It runs on the CPU in float32 and always takes the likeliest word, so that a picture's
    caption is the same each time.
    """

    def __init__(self, folder: Path) -> None:
        """Load the model of a folder, as `save_pretrained` writes it.

        Raises CaptionerError without the folder, the libraries or a whole captioning model in it.
        """
        self._folder = folder
        if not folder.is_dir():
            raise CaptionerError(f"{folder}: the captioner's folder is missing")
        try:
            # Imported here: they take seconds to load and are not part of the core.
            import torch
            import transformers
        except ImportError as error:
            reason = f"a captioner needs {error.name}: pip install 'plic-web[models]'"
            raise CaptionerError(reason) from error
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        # transformers raises errors of many kinds for a folder that does not hold what it should.
        try:
            self._processor: Any = transformers.AutoProcessor.from_pretrained(folder, **local)
            self._model, found = transformers.AutoModelForImageTextToText.from_pretrained(
                folder,
                **local,
                use_safetensors=True,
                dtype=torch.float32,
                output_loading_info=True,
            )
            reason = self._lacks(sorted(found["missing_keys"]))
        except Exception as error:
            raise CaptionerError(f"{folder}: no captioning model: {_first_line(error)}") from error
        if reason:
            raise CaptionerError(f"{folder}: no captioning model: {reason}")

    def caption(self, rgb: np.ndarray) -> str:
        """What a picture (RGB uint8 [H, W, 3]) shows, in the model's words, cleaned as a prompt.

        "" if the model says nothing. Raises CaptionerError if it cannot be asked in this way.
        """
        try:
            inputs = self._inputs(rgb)
            tokens = self._model.generate(
                **inputs, do_sample=False, num_beams=1, max_new_tokens=_LONGEST
            )
            # A model that goes on from a question repeats it.
            asked = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
            said = self._processor.batch_decode(tokens[:, asked:], skip_special_tokens=True)[0]
        except Exception as error:
            reason = f"the captioner failed: {_first_line(error)}"
            raise CaptionerError(f"{self._folder}: {reason}") from error
        return clean(said)

    def _lacks(self, weights: list[str]) -> str:
        """What is missing, which transformers makes up at random or empty, and at most warns of."""
        if weights:
            return f"its weights lack {weights[0]} and {len(weights) - 1} more"
        known = len(self._processor.tokenizer)
        needed = self._model.config.get_text_config().vocab_size
        # Vocabularies are padded, so the two are seldom equal.
        return f"its tokenizer knows {known} of {needed} words" if known < needed / 2 else ""

    def _inputs(self, rgb: np.ndarray) -> Any:
        """What the model takes: the picture, and for one that chats a request."""
        picture = Image.fromarray(rgb)
        if not getattr(self._processor, "chat_template", None):
            return self._processor(images=[picture], return_tensors="pt")
        content = [{"type": "image"}, {"type": "text", "text": _QUESTION}]
        prompt = self._processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True
        )
        return self._processor(images=[picture], text=[prompt], return_tensors="pt")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
