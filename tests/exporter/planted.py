"""Sites whose pictures hold what must not be invented: words, faces, codes and logos.

`large_site` composes some fifty pictures from the data beside the checkout, `small_site` a few from
pictures of the repository. All is drawn the same way each time.
"""

from __future__ import annotations

import html
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from drawings import chart, page, screenshot
from PIL import Image, ImageDraw, ImageFont, ImageOps

from plic_web.quality.faces import Face, FaceDetector

REPOSITORY = Path(__file__).resolve().parents[2]

Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]

_FORMATS = (
    ("jpg", {"quality": 75}),
    ("jpg", {"quality": 85}),
    ("jpg", {"quality": 92}),
    ("webp", {"quality": 85}),
    ("png", {}),
)
# A head is that much larger than the box that a detector draws around its face.
_HEAD = 0.45
_LONGER_SIDE = 640


@dataclass(frozen=True)
class Planted:
    """A picture and what was planted in it.

    Attributes:
        name: without a suffix; what stands before the first "-" names its page.
        code: what a QR or bar code in it says, or "".
        logo: where a logo stands (left, top, right, bottom), or None.
    """

    name: str
    alt: str
    image: Image.Image
    code: str = ""
    logo: Box | None = None


def write_site(folder: Path, pictures: Iterator[Planted]) -> dict[str, Planted]:
    """Write pages with the pictures; each picture by its path below `folder`."""
    written: dict[str, Planted] = {}
    (folder / "images").mkdir(parents=True)
    for number, picture in enumerate(pictures):
        suffix, options = _FORMATS[number % len(_FORMATS)]
        path = f"images/{picture.name}.{suffix}"
        picture.image.convert("RGB").save(folder / path, **options)
        written[path] = picture
    for page_name in sorted({picture.name.split("-")[0] for picture in written.values()}):
        shown = "\n".join(
            f'<img src="{path}" alt="{html.escape(picture.alt)}"'
            f' width="{picture.image.width}" height="{picture.image.height}">'
            for path, picture in written.items()
            if picture.name.split("-")[0] == page_name
        )
        (folder / f"{page_name}.html").write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{page_name}</title>\n'
            f"<style>img{{max-width:100%;height:auto}}</style>\n{shown}\n</html>\n"
        )
    return written


def large_site(folder: Path, shared: Path) -> dict[str, Planted]:
    """About fifty pictures on six pages, from the data beside the checkout."""
    photos = _photos(
        [
            *(shared / f"data/web/photo-{n:02}.jpg" for n in (0, 5, 6, 7, 9, 10, 13, 17, 19, 22)),
            *(shared / f"data/kodak/kodim{n:02}.png" for n in (2, 3, 6, 8, 13, 16, 21, 22, 23)),
            *sorted((shared / "demo_photos").glob("*.jpg"))[:3],
        ]
    )
    heads = _heads(
        [
            *(shared / f"data/web/photo-{n:02}.jpg" for n in (3, 8, 11, 16, 25, 31)),
            *(shared / f"data/kodak/kodim{n:02}.png" for n in (4, 15, 17)),
            *(
                shared / f"sites/startbootstrap-agency/assets/img/team/{number}.jpg"
                for number in (1, 2, 3)
            ),
            *(
                shared / f"sites/damac-charity-uganda/assets/images/{name}.jpg"
                for name in ("founder-image", "gallery-1", "gallery-3")
            ),
        ]
    )

    def pictures() -> Iterator[Planted]:
        yield from _signs(photos)
        yield from _codes(photos[3:])
        yield from _logos(photos[6:])
        yield from _drawn()
        yield from _people(heads, photos)
        for number in (12, 24):
            found = _photo(shared / f"data/web/photo-{number:02}.jpg")
            yield Planted(f"people-found-{number}", "A person at work", found)
        for number in (14, 18):
            found = _photo(shared / f"data/kodak/kodim{number}.png")
            yield Planted(f"people-kodak-{number}", "People outdoors", found)

    return write_site(folder, pictures())


def small_site(folder: Path) -> dict[str, Planted]:
    """Six pictures on four pages, from pictures of the repository."""
    photos = [
        ImageOps.fit(_photo(REPOSITORY / "demo_site/photos" / name), (384, 256))
        for name in ("lighthouse.jpg", "red-barn.jpg", "river.jpg", "jetty.jpg", "island.jpg")
    ]
    face = ImageOps.contain(_photo(REPOSITORY / "tests/pictures/kodim04.webp"), (192, 288))

    def pictures() -> Iterator[Planted]:
        yield _caption(photos[0])
        yield _price(photos[1])
        yield _small_print(photos[2])
        yield _qr_on(photos[3], "qr", 100, tilt=3)
        yield _logo_on(photos[4], "corner", 0)
        yield Planted("people-portrait", "A woman with a red hat", face)

    return write_site(folder, pictures())


# Of a group's rows: pixels from the top, a face's width, faces.
GROUP = ((330, 36, 6), (440, 58, 6), (590, 86, 5))
CROWD = ((330, 38, 9), (440, 58, 8), (590, 88, 7))


def group_photo(
    photos: list[Image.Image],
    heads: list[Image.Image],
    rows: tuple[tuple[int, int, int], ...] = GROUP,
) -> Image.Image:
    """1200x800: rows of heads with faces of 30 to 100 pixels in a wood."""
    chance = random.Random(5)
    picture = ImageOps.fit(photos[0], (1200, 800))
    for top, width, count in rows:
        for place in range(count):
            head = heads[chance.randrange(len(heads))]
            face = width + chance.randrange(-6, 13)
            left = int((place + 0.5) * 1200 / count) - face + chance.randrange(-20, 21)
            _paste_head(picture, head, left, top + chance.randrange(-15, 16), face)
    return picture


def people_of(shared: Path) -> tuple[list[Image.Image], list[Image.Image]]:
    """Landscapes and heads for `group_photo`."""
    photos = _photos(shared / f"data/web/photo-{n:02}.jpg" for n in (0, 5, 6, 7, 9, 10))
    heads = _heads(
        [
            *(shared / f"data/web/photo-{n:02}.jpg" for n in (3, 8, 16, 25, 31)),
            *(
                shared / f"sites/startbootstrap-agency/assets/img/team/{number}.jpg"
                for number in (1, 2, 3)
            ),
        ]
    )
    return photos, heads


def _photo(path: Path) -> Image.Image:
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return ImageOps.contain(upright, (_LONGER_SIDE, _LONGER_SIDE))


def _photos(paths: Iterator[Path] | list[Path]) -> list[Image.Image]:
    return [_photo(path) for path in paths]


def _heads(paths: list[Path]) -> list[Image.Image]:
    """The surest head in each of some files, squares with the face in their middle."""
    detector = FaceDetector()
    heads = []
    for path in paths:
        with Image.open(path) as image:
            whole = image.convert("RGB")
        faces = detector.detect(np.asarray(whole))
        heads.append(_head(whole, faces[0]))
    return heads


def _head(whole: Image.Image, face: Face) -> Image.Image:
    side = max(face.width, face.height) * (1 + 2 * _HEAD) / 2
    across, down = face.left + face.width / 2, face.top + face.height / 2
    side = min(side, across, down, whole.width - across, whole.height - down)
    box = (across - side, down - side, across + side, down + side)
    return whole.crop(tuple(round(value) for value in box))


def _paste_head(
    picture: Image.Image, head: Image.Image, left: int, top: int, face_width: int
) -> None:
    """Paste a head whose face is about so many pixels wide, with a soft oval outline."""
    side = round(face_width * 1.9)
    oval = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(oval).ellipse((side // 2, 0, side * 4 - side // 2, side * 4), 255)
    mask = oval.resize((side, side), Image.Resampling.LANCZOS)
    picture.paste(head.resize((side, side), Image.Resampling.LANCZOS), (left, top), mask)


def _text(
    image: Image.Image,
    place: tuple[int, int],
    lines: str,
    size: int,
    fill: Colour,
    *,
    angle: float = 0.0,
    banner: tuple[int, int, int, int] | None = None,
    bold: bool = False,
) -> Image.Image:
    """Text on a photo; ``banner`` is the RGBA colour of a box behind it, ``angle`` in degrees."""
    layer = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(layer)
    font = ImageFont.load_default(size)
    stroke = max(1, size // 24) if bold else 0
    if banner is not None:
        left, top, right, bottom = draw.multiline_textbbox(place, lines, font, stroke_width=stroke)
        room = size // 2
        draw.rectangle((left - room, top - room, right + room, bottom + room), banner)
    draw.multiline_text(place, lines, fill, font, stroke_width=stroke, stroke_fill=fill)
    turned = layer.rotate(angle, Image.Resampling.BICUBIC, center=place)
    return Image.alpha_composite(image.convert("RGBA"), turned).convert("RGB")


def _caption(photo: Image.Image) -> Planted:
    at = (24, photo.height - 44)
    dark = (0, 0, 0, 130)
    text = "Harbour at sunrise, spring 2024"
    image = _text(photo, at, text, 18, (255, 255, 255), banner=dark)
    return Planted("signs-caption", "A harbour", image)


def _price(photo: Image.Image) -> Planted:
    image = _text(
        photo,
        (40, 60),
        "SPRING SALE\nfrom 49,90 EUR",
        36,
        (255, 235, 60),
        banner=(170, 20, 40, 220),
        bold=True,
    )
    return Planted("signs-price", "An offer", image)


def _small_print(photo: Image.Image) -> Planted:
    text = "Open Monday to Friday\nfrom 9:00 to 17:30\nCall 020 7946 0958"
    image = _text(photo, (30, 40), text, 15, (20, 20, 20), banner=(250, 250, 240, 235))
    return Planted("signs-small", "Opening hours", image)


def _signs(photos: list[Image.Image]) -> Iterator[Planted]:
    yield _caption(photos[0])
    yield _price(photos[1])
    yield _small_print(photos[2])
    white, black, red = (255, 255, 255), (15, 15, 15), (200, 20, 30)
    yield Planted(
        "signs-large",
        "A welcome",
        _text(photos[3], (30, 40), "Welcome to\nRiverside", 56, white, bold=True),
    )
    yield Planted(
        "signs-turned",
        "A sign beside a road",
        _text(photos[4], (50, 110), "FRESH BREAD", 30, black, angle=6, banner=(245, 235, 200, 255)),
    )
    yield Planted(
        "signs-leaning",
        "A notice",
        _text(photos[5], (40, 60), "Mind the step", 26, white, angle=-5, banner=(30, 80, 40, 255)),
    )
    yield Planted(
        "signs-red", "A headline", _text(photos[6], (30, 30), "Summer school", 44, red, bold=True)
    )
    yield Planted(
        "signs-quiet",
        "A credit in a corner",
        _text(photos[7], (20, photos[7].height - 30), "Photo: Maria Lindqvist", 14, white),
    )
    hours = "Library\nTuesday 10-18\nThursday 12-20\nSaturday 10-14"
    yield Planted(
        "signs-hours",
        "Opening hours of the library",
        _text(photos[8], (60, 60), hours, 20, black, banner=(255, 255, 255, 210)),
    )
    yield Planted(
        "signs-phone",
        "How to reach us",
        _text(photos[9], (30, 200), "+44 20 7946 0991", 28, white, banner=(10, 60, 130, 190)),
    )
    yield Planted(
        "signs-menu",
        "Today's menu",
        _text(
            photos[10],
            (40, 50),
            "Tomato soup 6.50\nMushroom risotto 14.20\nLemon cake 5.80\nMint tea 3.40",
            17,
            (245, 245, 235),
            banner=(40, 40, 40, 200),
        ),
    )
    glass = _text(photos[11], (30, 80), "Free delivery", 34, black, banner=(255, 255, 255, 110))
    yield Planted("signs-glass", "An advertisement", glass)
    two = _text(photos[12], (20, 30), "Before", 22, white, banner=(0, 0, 0, 160))
    two = _text(two, (photos[12].width // 2, 30), "After", 22, white, banner=(0, 0, 0, 160))
    yield Planted("signs-two", "Before and after", two)


def qr(content: str, side: int) -> Image.Image:
    """A QR code with its quiet zone, about ``side`` pixels wide; modules are whole pixels."""
    modules = np.asarray(cv2.QRCodeEncoder.create().encode(content), np.uint8)
    modules = np.pad(modules, 1, constant_values=255)
    scale = max(1, side // len(modules))
    return Image.fromarray(np.kron(modules, np.ones((scale, scale), np.uint8))).convert("RGB")


# EAN-13 (ISO/IEC 15420): a digit's seven modules at the left, and which of the six digits at the
# left are flipped, by the first digit.
_LEFT = [f"{bars:07b}" for bars in (13, 25, 19, 61, 35, 49, 47, 59, 55, 11)]
_PARITY = [f"{flips:06b}" for flips in (0, 11, 13, 14, 19, 25, 28, 21, 22, 26)]


def ean13(twelve: str, module: int, height: int) -> tuple[Image.Image, str]:
    """A bar code with quiet zones, and the thirteen digits that it says.

    Args:
        twelve: the digits without the check digit.
        module: pixels of the narrowest bar.
    """
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(twelve))
    digits = twelve + str(-total % 10)
    flipped = str.maketrans("01", "10")
    left = "".join(
        _LEFT[int(digit)] if parity == "0" else _LEFT[int(digit)].translate(flipped)[::-1]
        for digit, parity in zip(digits[1:7], _PARITY[int(digits[0])], strict=True)
    )
    right = "".join(_LEFT[int(digit)].translate(flipped) for digit in digits[7:])
    bars = "0" * 11 + "101" + left + "01010" + right + "101" + "0" * 11
    row = np.repeat([255 * (bar == "0") for bar in bars], module).astype(np.uint8)
    label = np.full((6 * module, len(row)), 255, np.uint8)
    return Image.fromarray(np.vstack([label, np.tile(row, (height, 1)), label])).convert("RGB"), (
        digits
    )


def _placed(photo: Image.Image, flat: Image.Image, tilt: float, lean: float) -> Image.Image:
    """A flat picture stuck on a photo, turned by ``tilt`` degrees, its far side narrower."""
    width, height = flat.size
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    turn = math.radians(tilt)
    across, down = (
        np.float32([math.cos(turn), math.sin(turn)]),
        np.float32([-math.sin(turn), math.cos(turn)]),
    )
    origin = np.float32([photo.width - 1.35 * width - 20, photo.height - 1.35 * height - 10])
    there = np.float32([origin + x * across + y * down for x, y in corners])
    there[1] += np.float32([0, lean * height])
    there[2] -= np.float32([0, lean * height])
    warp = cv2.getPerspectiveTransform(corners, there)
    shown = cv2.warpPerspective(np.asarray(flat), warp, photo.size, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), warp, photo.size)
    result = photo.copy()
    result.paste(Image.fromarray(shown), (0, 0), Image.fromarray(mask))
    return result


def _qr_on(
    photo: Image.Image, name: str, side: int, tilt: float = 0.0, lean: float = 0.0
) -> Planted:
    content = f"plic.example/{name}"
    image = _placed(photo, qr(content, side), tilt, lean)
    return Planted(f"codes-{name}", "A code to scan", image, code=content)


def _codes(photos: list[Image.Image]) -> Iterator[Planted]:
    shapes = ((87, 0, 0), (100, 4, 0), (116, -6, 0.03), (145, 0, 0.06), (203, 9, 0), (174, 0, 0))
    for number, (side, tilt, lean) in enumerate(shapes):
        yield _qr_on(photos[number], f"table-{side}", side, tilt, lean)
    for number, (module, height, tilt) in enumerate(((2, 70, 0), (2, 60, -3), (2, 90, 2))):
        flat, digits = ean13(f"40123456789{number}", module, height)
        image = _placed(photos[6 + number], flat, tilt, 0)
        yield Planted(f"codes-bars-{number}", "The back of a packet", image, code=digits)


def _logo(kind: int, side: int) -> Image.Image:
    image = Image.new("RGBA", (400, 400))
    draw = ImageDraw.Draw(image)
    if kind % 3 == 0:
        draw.ellipse((10, 10, 390, 390), (20, 90, 160))
        draw.polygon([(200, 60), (320, 300), (80, 300)], "white")
    elif kind % 3 == 1:
        draw.rounded_rectangle((10, 10, 390, 390), 80, (220, 50, 40))
        draw.rectangle((90, 180, 310, 220), "white")
        draw.rectangle((180, 90, 220, 310), "white")
    else:
        for ring, colour in enumerate(((10, 10, 10), (250, 200, 0), (10, 10, 10), (250, 250, 250))):
            room = 10 + 48 * ring
            draw.ellipse((room, room, 400 - room, 400 - room), colour)
    return image.resize((side, side), Image.Resampling.LANCZOS)


def _logo_on(photo: Image.Image, name: str, kind: int, side: int = 72) -> Planted:
    image = photo.copy()
    left, top = (20, 20) if kind % 2 == 0 else (photo.width - side - 20, photo.height - side - 20)
    drawn = _logo(kind, side)
    image.paste(drawn, (left, top), drawn)
    return Planted(
        f"emblems-{name}", "A photo with a brand", image, logo=(left, top, left + side, top + side)
    )


def _logos(photos: list[Image.Image]) -> Iterator[Planted]:
    for number, side in enumerate((48, 64, 72, 96, 120, 160)):
        yield _logo_on(photos[number], f"brand-{side}", number, side)


def _drawn() -> Iterator[Planted]:
    yield Planted("scans-page", "A letter", page().resize((700, 980), Image.Resampling.LANCZOS))
    yield Planted("scans-sales", "Sales by quarter", chart())
    yield Planted("scans-window", "A program", screenshot())
    aged = page().crop((80, 60, 880, 660))
    noise = np.random.default_rng(3).normal(0, 6, (600, 800, 1))
    shade = np.linspace(0.82, 1.0, 800)[None, :, None]
    paper = np.clip(np.asarray(aged) * shade + noise, 0, 255).astype(np.uint8)
    yield Planted("scans-phone", "A page photographed under a lamp", Image.fromarray(paper))


def _people(heads: list[Image.Image], photos: list[Image.Image]) -> Iterator[Planted]:
    for number, side in enumerate((96, 128, 160, 200, 240, 300)):
        thumbnail = heads[number].resize((side, side), Image.Resampling.LANCZOS)
        yield Planted(f"staff-{side}", f"Colleague {number + 1}", thumbnail)
    for number, width in enumerate((90, 130, 180)):
        portrait = Image.new("RGB", (480, 480), "white")
        head = heads[6 + number]
        side = round(width * 1.9)
        _paste_head(portrait, head, 240 - side // 2, 240 - side // 2, width)
        yield Planted(f"people-portrait-{width}", "A portrait", portrait)
    few = photos[9].copy()
    for number, (left, width) in enumerate(((30, 60), (200, 75), (390, 50))):
        _paste_head(few, heads[(3 * number + 1) % len(heads)], left, 120, width)
    yield Planted("people-three", "Three friends", few)
    yield Planted("people-group", "All of us", group_photo(photos, heads))
    yield Planted("people-crowd", "The whole school", group_photo(photos, heads, CROWD))
