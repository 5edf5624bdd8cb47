"""The gate's decisions, with scripted verdicts and with the real pack."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from rectangles import inside

from exporter import gate
from exporter.encode import PictureEncoder
from exporter.gate import MAX_ATTEMPTS, Choice, choose
from exporter.judge import Judge, Verdict
from exporter.likeness import SAME_PERSON, likeness
from exporter.marks import CODE, FACE, LOGO, TEXT, Mark
from exporter.sending import MAX_BPP, MAX_COLOUR, Sending
from exporter.settings import LEVELS, Settings
from plic_web.engine import load_pack, reconstruct
from plic_web.payload import Payload, SectionKind
from plic_web.payload.keep import Rect, decode_keep
from plic_web.payload.seed import decode_seed

PICTURES = Path(__file__).parents[1] / "pictures"
GREY = np.full((256, 256, 3), 128, np.uint8)


def verdict(
    lpips: float = 0.1,
    lost: tuple[Mark, ...] = (),
    asked: tuple[Mark, ...] = (),
    colour: float = 1.0,
    invented: int = 0,
) -> Verdict:
    return Verdict(lpips, colour, asked or lost, lost, invented)


@dataclass
class Script:
    """An encoder that notes what it was asked for, and a judge that says what it is told."""

    verdicts: list[Verdict]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def encode(self, bpp: float, **options: Any) -> bytes:
        self.asked.append({"bpp": bpp, **options})
        return b"payload %d" % len(self.asked)

    def compare(self, shown: NDArray[np.uint8]) -> Verdict:
        return self.verdicts.pop(0)

    def run(
        self,
        monkeypatch: pytest.MonkeyPatch,
        marks: tuple[Mark, ...] = (),
        settings: Settings | None = None,
    ) -> Choice:
        monkeypatch.setattr(gate, "Judge", lambda rgb, found: self)
        chosen = settings or Settings()
        return choose(GREY, marks, self, lambda data: GREY, chosen)  # type: ignore[arg-type]


def kept(options: dict[str, Any]) -> list[Rect]:
    section = options["keep"]
    return [rect for rect, _ in decode_keep(section, 256, 256)] if section else []


def face(width: int, score: float = 0.9) -> Mark:
    return Mark(FACE, Rect(10, 10, width, width), score)


def test_what_passes_ships_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script([verdict()])
    choice = script.run(monkeypatch)
    assert (choice.payload, choice.problem, len(choice.attempts)) == (b"payload 1", "", 1)
    assert script.asked[0]["bpp"] == pytest.approx(0.03)


@pytest.mark.parametrize("name", LEVELS)
def test_a_better_quality_starts_with_more_bits(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    script = Script([verdict(lpips=0.01)])
    script.run(monkeypatch, settings=Settings(quality=LEVELS[name]))
    starts = {"low": (0.01, 0.02), "medium": (0.029, 0.031), "high": (0.06, 0.09)}
    least, most = starts[name]
    assert least <= script.asked[0]["bpp"] <= most


def test_what_is_too_far_off_gets_more_bits_the_further_the_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    near, far = Script([verdict(0.36), verdict()]), Script([verdict(0.44), verdict()])
    assert near.run(monkeypatch).attempts[0].problem == "LPIPS 0.360 above 0.35"
    far.run(monkeypatch)
    assert 0.03 < near.asked[1]["bpp"] < far.asked[1]["bpp"] <= MAX_BPP


def test_after_a_few_attempts_it_gives_up_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script([verdict(0.6)] * MAX_ATTEMPTS)
    choice = script.run(monkeypatch)
    assert choice.payload == b""
    assert choice.problem == "LPIPS 0.600 above 0.35"
    # the second attempt is at the highest rate already, and no third could differ
    assert [options["bpp"] for options in script.asked] == [pytest.approx(0.03), MAX_BPP]


def test_small_faces_text_codes_and_logos_keep_their_pixels_from_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = face(40)
    marks = (
        small,
        Mark(TEXT, Rect(100, 10, 60, 20), 0.9, "Bakery"),
        Mark(CODE, Rect(100, 100, 64, 64), 1, "code"),
        Mark(LOGO, Rect(10, 180, 40, 40)),
    )
    script = Script([verdict()])
    script.run(monkeypatch, marks)
    rectangles = kept(script.asked[0])
    for mark in marks:
        assert any(inside(mark.rect, rect) for rect in rectangles)
    assert not script.asked[0]["favour"]
    # kept pixels come on top of the rate
    assert script.asked[0]["bpp"] > 0.03


def test_a_large_face_is_favoured_first_and_kept_if_it_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = face(160)
    script = Script([verdict(lost=(large,)), verdict(asked=(large,))])
    choice = script.run(monkeypatch, (large,))
    first, second = script.asked
    assert not kept(first)
    assert first["favour"]
    assert inside(large.rect, kept(second)[0])
    assert not second["favour"]
    assert choice.attempts[0].problem == "1 of 1 faces lost"
    assert choice.attempts[1].faces == (1, 1)


def test_kept_pixels_that_do_not_suffice_become_finer_and_then_it_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = Mark(TEXT, Rect(100, 10, 60, 20), 0.9, "small print")
    script = Script([verdict(lost=(text,))] * 4)
    choice = script.run(monkeypatch, (text,))
    assert [options["keep"][0] for options in script.asked] == [65, 85, 95]
    assert choice.problem == (
        "1 of 1 lines of text lost; kept pixels at their highest quality do not help"
    )


def test_faces_too_small_to_be_known_are_left_out_where_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (800, 1200, 3), np.uint8)
    crowd = tuple(
        Mark(FACE, Rect(x, y, 16, 16), 0.9) for x in range(0, 1180, 24) for y in range(0, 780, 26)
    )
    known = Mark(FACE, Rect(500, 300, 60, 60), 0.9)
    plan = Sending.first(noise, (*crowd[:5], known), Settings())
    assert plan.keeping.marks == (*crowd[:5], known)
    assert Sending.first(noise, (*crowd, known), Settings()).keeping.marks == (known,)


def test_too_much_to_keep_is_no_payload() -> None:
    marks = tuple(Mark(TEXT, Rect(0, y, 250, 20), 0.9, "text") for y in range(0, 230, 22))
    large = np.zeros((2000, 2000, 3), np.uint8)
    wide = tuple(Mark(CODE, Rect(0, y, 1900, 400), 1, "c") for y in (0, 500))
    choice = choose(large, (*marks, *wide), None, None, Settings())  # type: ignore[arg-type]
    assert choice.payload == b""
    assert choice.problem.startswith("too much would have to be kept")


def test_the_best_seed_is_sent_and_the_first_needs_no_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Script([verdict(0.3), verdict(0.2), verdict(0.25)])
    choice = script.run(monkeypatch, settings=Settings(tries=3))
    assert [options["seed"] for options in script.asked] == [None, 1, 2]
    assert choice.payload == b"payload 2"
    assert choice.attempts[-1].lpips == 0.2
    assert [bool(attempt.problem) for attempt in choice.attempts] == [True, True, False]


def test_an_invented_face_and_wrong_colours_do_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script([verdict(invented=2), verdict(colour=9.0), verdict()])
    choice = script.run(monkeypatch)
    problems = [attempt.problem for attempt in choice.attempts]
    assert problems == ["2 faces where none was", "colours off by 9.0", ""]


def test_without_the_gate_nothing_is_reconstructed() -> None:
    script = Script([])
    choice = choose(GREY, (), script, None, Settings(gate=False))  # type: ignore[arg-type]
    assert (choice.payload, choice.shown, choice.attempts) == (b"payload 1", None, ())


@pytest.fixture(scope="module")
def portrait() -> NDArray[np.uint8]:
    return np.asarray(Image.open(PICTURES / "kodim04.webp").convert("RGB"))


def test_a_portrait_keeps_its_face_with_the_real_pack(portrait: NDArray[np.uint8]) -> None:
    small = np.asarray(
        Image.fromarray(portrait).resize(
            (portrait.shape[1] // 3, portrait.shape[0] // 3), Image.Resampling.LANCZOS
        )
    )
    marks = _faces(small)
    assert marks
    pack = load_pack("lite", threads=1)

    def show(data: bytes) -> NDArray[np.uint8]:
        return reconstruct(Payload.parse(data), pack=pack)

    plain = show(PictureEncoder(small, pack).encode(0.03))
    assert likeness(small, plain, marks[0].rect) < SAME_PERSON
    choice = choose(small, marks, PictureEncoder(small, pack), show, Settings(tries=2))
    assert choice.problem == ""
    assert choice.shown is not None
    assert likeness(small, choice.shown, marks[0].rect) >= SAME_PERSON
    payload = Payload.parse(choice.payload)
    assert payload.get(SectionKind.KEEP) is not None
    seed = payload.get(SectionKind.SEED)
    assert seed is None or decode_seed(seed) == 1


def _faces(rgb: NDArray[np.uint8]) -> list[Mark]:
    from exporter.detect import find_marks

    return [m for m in find_marks(rgb, closely=False) if m.kind == FACE]


def test_a_judge_sees_itself_and_what_is_gone(portrait: NDArray[np.uint8]) -> None:
    marks = _faces(portrait)
    judge = Judge(portrait, marks)
    same = judge.compare(portrait)
    assert (same.lpips, same.colour, same.lost, same.invented) == (0, 0, (), 0)
    assert same.found(FACE) == (1, 1)
    gone = judge.compare(cv2.GaussianBlur(portrait, (0, 0), 12))
    assert gone.found(FACE) == (0, 1)
    green = judge.compare(np.asarray(np.clip(portrait + np.array([0, 40, 0]), 0, 255), np.uint8))
    assert green.colour > MAX_COLOUR
    assert Judge(GREY, ()).compare(np.resize(portrait, GREY.shape)).found(FACE) == (0, 0)


def test_a_face_where_none_was_is_an_invention(portrait: NDArray[np.uint8]) -> None:
    empty = np.full_like(portrait, 128)
    assert Judge(empty, ()).compare(portrait).invented == 1
