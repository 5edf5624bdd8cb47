"""Pictures that must not be taken for photos, drawn here so that none need be shipped."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_WORDS = ("reading", "about", "pictures", "and", "payloads", "over", "satellite", "links")

Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]


def _text(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], size: int, fill: object
) -> None:
    chance = random.Random(size)
    font = ImageFont.load_default(size)
    left, top, right, bottom = box
    for y in range(top, bottom, int(size * 1.4)):
        line = ""
        while draw.textlength(line, font) < right - left - 4 * size:
            line += chance.choice(_WORDS) + " "
        draw.text((left, y), line, fill, font)


def chart(paper: str = "white") -> Image.Image:
    """Bars, grid lines, labels."""
    image = Image.new("RGB", (800, 500), paper)
    draw = ImageDraw.Draw(image)
    draw.text((200, 20), "Sales by quarter", (90, 90, 90), ImageFont.load_default(32))
    for y in range(100, 451, 50):
        draw.line((60, y, 760, y), (180, 180, 180))
    for bar in range(8):
        colour = (40 + 25 * bar, 200 - 20 * bar, 120)
        draw.rectangle((80 + bar * 85, 400 - 37 * (bar % 5), 140 + bar * 85, 450), colour)
        draw.text((85 + bar * 85, 455), f"Q{bar}", (90, 90, 90), ImageFont.load_default(18))
    return image


def curves() -> Image.Image:
    """Thin lines on white."""
    image = Image.new("RGB", (900, 600), "white")
    draw = ImageDraw.Draw(image)
    for k, colour in enumerate(["firebrick", "steelblue", "seagreen"]):
        points = [(60 + i * 8, 300 + math.sin(i / 10 + k) * 150) for i in range(100)]
        draw.line(points, colour, 3)
    draw.rectangle((60, 60, 860, 540), outline="black")
    return image


def logo() -> Image.Image:
    """Two flat shapes and a name."""
    image = Image.new("RGB", (1200, 600), (250, 250, 250))
    draw = ImageDraw.Draw(image)
    draw.ellipse((80, 100, 480, 500), (20, 90, 160))
    draw.polygon([(280, 160), (400, 420), (160, 420)], "white")
    draw.text((540, 200), "ACME\nCharity", (20, 40, 60), ImageFont.load_default(140))
    return image.resize((600, 300), Image.Resampling.LANCZOS)


def screenshot(dark: bool = False) -> Image.Image:
    """A window full of text with some buttons."""
    paper, ink = ((30, 30, 36), (210, 210, 210)) if dark else ((255, 255, 255), (30, 30, 30))
    image = Image.new("RGB", (1280, 800), paper)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1280, 40), (60, 60, 70))
    _text(draw, (20, 60, 240, 780), 16, ink)
    _text(draw, (290, 60, 1240, 780), 18, ink)
    for button in range(4):
        draw.rounded_rectangle((900, 100 + button * 150, 1200, 180 + button * 150), 12, "steelblue")
    return image


def page() -> Image.Image:
    """A scanned page."""
    image = Image.new("RGB", (1000, 1400), (247, 244, 238))
    _text(ImageDraw.Draw(image), (80, 80, 920, 1320), 26, (35, 32, 40))
    return image


def drawings() -> Iterator[tuple[str, Image.Image]]:
    """All of them, with names."""
    yield from (
        ("chart", chart()),
        ("dark chart", chart("#141820")),
        ("curves", curves()),
        ("logo", logo()),
        ("screenshot", screenshot()),
        ("dark screenshot", screenshot(dark=True)),
        ("page", page()),
    )


def write_drawings(folder: Path) -> None:
    """The drawn, the animated, the tiny and the broken pictures of the fixture site."""
    logo().save(folder / "logo.png")
    glass = Image.new("RGBA", (300, 200), (200, 30, 30, 90))
    ImageDraw.Draw(glass).ellipse((50, 20, 250, 180), (20, 120, 30, 255))
    glass.save(folder / "see-through.png", compress_level=0)
    frames = [chart(paper).resize((200, 125)) for paper in ("white", "ivory")]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    Image.new("RGB", (8, 8), "red").save(folder / "dot.png")
    (folder / "drawing.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "broken.jpg").write_bytes((folder / "dress-360.jpg").read_bytes()[:9000])
