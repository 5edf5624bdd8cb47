"""The prompt of a picture: what the page says of it, else its file's name, else what it reads.

A prompt says what is seen, so a source that only says that there is a picture ("image",
IMG_2034, "alt text") is passed over for the next one.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote

from exporter.marks import TEXT, Mark
from exporter.settings import LONGEST_TEXT

_LONGEST_READ = 2000  # of a text, more is not looked at
_MOST_LINES = 3  # read in a picture; more would be small print, which no decoder draws

_COMMENT = re.compile(r"<!--.*?-->", re.S)
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>|[<>]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
# An address without a scheme is known by its top domain: "St.John" is none. East Asian full stops
# and brackets end an address; there is often no space after it.
_REST = r"[^\s\u3000-\u303f\uff00-\uffef]*[^\s\u3000-\u303f\uff00-\uffef.,;:!?'\")\]]"
_ADDRESS = re.compile(
    r"[\w.+-]{1,64}@[a-zA-Z\d-]+\.[a-zA-Z\d.-]+"
    rf"|(?:(?<![a-zA-Z])(?:https?|ftp|file|data|mailto|tel):|(?<![a-zA-Z])www\.){_REST}"
    r"|(?<![a-zA-Z\d.-])[a-zA-Z\d](?:[a-zA-Z\d.-]{0,80}[a-zA-Z\d])?\.(?:com|org|net|edu|gov|info)"
    rf"(?![a-zA-Z\d-])(?:\.[a-z]{{2}}(?![a-zA-Z\d-]))?(?:/(?:{_REST})?)?",
    re.IGNORECASE,
)
# What is left where something was taken out or cut off.
_GAP = re.compile(r"\(\s*\)|\[\s*\]|\{\s*\}|\s+(?=[,.](?:\s|\Z)|[，。、])")
_LOOSE_START, _LOOSE_END = " ,;:|/\\-–—•·.", " ,;:|/\\-–—•·([{"

_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji are spelt with them
# What belongs to the character before it: joiners, Thai and Lao vowels, marks of half-width kana,
# the rest of a Hangul syllable, skin tones.
_GOES_ON = re.compile(
    "[\u200c\u200d\u0e33\u0eb3\uff9e\uff9f\u1160-\u11ff\ud7b0-\ud7ff\U0001f3fb-\U0001f3ff]"
)
_FLAG_HALVES = re.compile("[\U0001f1e6-\U0001f1ff]*\\Z")

_SUFFIX = re.compile(r"\.(?:jpe?g|jfif|png|gif|webp|avif|jxl|hei[cf]|tiff?|bmp|svg)$", re.I)
_UUID = re.compile(r"\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b", re.I)
_DIGEST = re.compile(r"(?=(?:.*\d){2})[\da-f]{8,}", re.I)
_NUMBERED = re.compile(r"\d*(\D+)\d*")
_CONSONANTS = re.compile(r"[b-df-hj-np-tv-xz]+", re.I | re.A)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
# Stock libraries name files after the photographer, not after what is seen.
_STOCK = re.compile(r"^pexels-|-unsplash\b", re.I)

# Dropped from names.
_LEFTOVERS = frozenset(" ".join({
    "cameras and phones": "img imgp dsc dscn dscf dcim pxl mvimg gopr mg sam wa fb whatsapp signal",
    "editors": "scaled rotated cropped resized compressed optimized optimised edited copy min",
    "sizes and kinds": "px dpi thumb thumbnail retina jpg jpeg png gif webp avif svg heic tif bmp",
    "libraries": "shutterstock istock istockphoto gettyimages adobestock depositphotos pixabay",
}.values()).split())  # fmt: skip
# Say that there is a picture, or where on a page it stands, but not what it shows.
_EMPTY = frozenset(" ".join({
    "en": "image images photo photos photograph photography picture pictures pic pics figure fig"
    " illustration graphic logo logos icon avatar screenshot screen shot of the an at and my",
    "places on a page": "banner header footer hero cover background bg backdrop overlay gallery"
    " slide slider slideshow carousel featured feature main item page post article section intro"
    " about story mission contact services portfolio testimonial spotlight partner partners client",
    "nothing was written": "alt text alternate alternative description caption title untitled"
    " unnamed noname download default sample placeholder null undefined none nan empty todo test"
    " no lorem ipsum",
    "de nl sv da nb fi": "bild bilder foto fotos fotografie abbildung abb grafik titelbild von"
    " bildschirmfoto unbenannt afbeelding plaatje naamloos bilde billede fotografi kuva valokuva",
    "fr es ca pt it ro": "photographie capture écran sans titre de la du imagen imágenes"
    " fotografía fotografia logotipo captura pantalla sin título imatge imagem imagens sem"
    " immagine immagini senza titolo imagine imagini poză",
    "pl cs sk hr hu tr": "obraz obrazek zdjęcie obrázek obrázok fotka slika fotografija kép"
    " fénykép fotó resim görsel fotoğraf",
    "ru uk bg el": "изображение фото фотография картинка рисунок логотип зображення світлина"
    " снимка εικόνα φωτογραφία λογότυπο",
    "ar fa ur he": "صورة الصورة صور شعار تصویر عکس تصاویر תמונה צילום לוגו",
    "hi bn ta th sw am": "चित्र तस्वीर छवि फोटो ছবি படம் รูปภาพ ภาพ รูป picha ምስል",
    "zh ja ko vi id": "图片 圖片 图像 圖像 照片 图 圖 图标 截图 标志 画像 写真 イメージ ロゴ"
    " 이미지 사진 로고 hình ảnh gambar",
}.values()).split())  # fmt: skip


def prompt_of(said: str, path: str, marks: Sequence[Mark]) -> str:
    """The prompt of one picture: its first source that says something, cleaned; "" for none.

    Args:
        said: the page's words: its `alt`, else its caption, else its `title`.
        path: of the picture's file.
        marks: what was found in the picture; only the text that was read counts.
    """
    return _of_page(said) or _of_name(path) or _of_lines(marks)


def says_something(said: str) -> bool:
    """False for words that only say that there is a picture."""
    return bool(_of_page(said))


def clean(text: str) -> str:
    """One line of plain text that the text section takes, or "".

    Without markup, addresses and characters that nobody sees; in Unicode's NFC; cut at a word's
    end to at most 240 code points, never inside what is read as one character. What is clean
    stays as it is.
    """
    text, before = text[:_LONGEST_READ], ""
    # Taking something out can join what was apart; that is looked at again.
    while text != before:
        text, before = _cut(_cleaned_once(text)), text
    return text


def _of_page(said: str) -> str:
    """The page's words; where they are a file's name, as editors put it there, the name's."""
    text = clean(said)
    if _SUFFIX.search(text) or ("_" in text and " " not in text):
        return _of_name(text)
    return text if _tell(_words(text)) else ""


def _of_name(path: str) -> str:
    stem = PurePosixPath(unquote(path)).name
    while suffix := _SUFFIX.search(stem):
        stem = stem[: suffix.start()]
    words = [] if _STOCK.search(stem) else _words(stem)
    return clean(" ".join(words)) if _tell(words) else ""


def _of_lines(marks: Sequence[Mark]) -> str:
    lines = [mark for mark in marks if mark.kind == TEXT]
    # A line's shorter side is the size of its letters, whichever way it runs.
    lines.sort(key=lambda mark: -min(mark.rect.width, mark.rect.height))
    texts = dict.fromkeys(clean(mark.text).replace('"', "'") for mark in lines)
    quoted = [f'"{text}"' for text in texts if text][:_MOST_LINES]
    return clean(f"sign {', '.join(quoted)}") if quoted else ""


def _tell(words: Sequence[str]) -> bool:
    """Whether one of some words says what a picture shows: no "image", no "xkq", no "b"."""
    return any(
        word.lower() == word.upper() or (len(word) > 1 and not _CONSONANTS.fullmatch(word))
        for word in words
        if word.casefold() not in _EMPTY
    )


def _words(text: str) -> list[str]:
    """The words of a text or a name, without numbers, digests and what cameras leave behind."""
    text = _UUID.sub(" ", unicodedata.normalize("NFC", text))
    parts = (c if unicodedata.category(c)[0] in "LMN" or c in _JOINERS else " " for c in text)
    words = []
    for token in "".join(parts).split():
        if _DIGEST.fullmatch(token) or not (numbered := _NUMBERED.fullmatch(token)):
            continue
        word = numbered[1]
        # One letter is a word of its own ("a", "в"), or all that is left of "1234b" or "L-12".
        stray = len(word) == 1 and word.lower() != word.upper() and token != word.lower()
        if not stray and word.casefold() not in _LEFTOVERS:
            words += _HUMP.split(word)
    return words


def _cleaned_once(text: str) -> str:
    text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    text = _TAG.sub(" ", _COMMENT.sub(" ", text))
    text = unicodedata.normalize("NFC", "".join(map(_seen, text)))
    text = " ".join(_GAP.sub("", _ADDRESS.sub(" ", text)).split())
    return text.lstrip(_LOOSE_START).rstrip(_LOOSE_END)


def _seen(character: str) -> str:
    """A character as it is read: a space for controls, nothing for what cannot be seen."""
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    hidden = kind[0] == "C" and character not in _JOINERS
    return "" if hidden or character == "\ufffd" else character


def _cut(text: str) -> str:
    """At most 240 code points: whole words if they are not too long, else whole characters."""
    if len(text) <= LONGEST_TEXT:
        return text
    # Chinese, Japanese, Thai and others put no spaces between words.
    if (space := text.rfind(" ", 0, LONGEST_TEXT + 1)) >= LONGEST_TEXT // 2:
        return text[:space]
    return text[: next((n for n in range(LONGEST_TEXT, 0, -1) if not _joined(text, n)), 0)]


def _joined(text: str, at: int) -> bool:
    """Whether what is read as one character goes on at a place (after UAX #29)."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after)[0] == "M" or _GOES_ON.match(after):
        return True
    if before == "\u200d" or unicodedata.combining(before) == 9:  # 9: an Indic script's virama
        return True
    halves = _FLAG_HALVES.search(text[:at])
    return "\U0001f1e6" <= after <= "\U0001f1ff" and halves is not None and len(halves[0]) % 2 == 1
