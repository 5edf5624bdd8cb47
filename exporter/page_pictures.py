"""What one start tag of a page shows: which of its attributes name pictures."""

from __future__ import annotations

from dataclasses import dataclass

from exporter.documents import Document, Slot, Use, names_picture
from exporter.elements import HTML, SVG
from exporter.markup import Markup
from exporter.stylesheets import find_pictures
from exporter.tokenizer import Attribute, Tag

# What the usual lazy loaders put aside for later.
_LAZY_SINGLE = ("data-src", "data-lazy-src")
_LAZY_SETS = ("data-srcset", "data-lazy-srcset")
_LAZY_POSTER = "data-poster"

# Browsers take `svg:image` by its first of these; older programs know the second only.
_SVG_REFERENCES = ("href", "xlink:href")

# Elements whose old attribute `background` is a CSS background (HTML standard, 15.3).
_BACKGROUNDS = frozenset({"body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"})

# What shows another document inside the page, or a picture.
_OBJECTS = {"object": "data", "embed": "src"}
_FRAMES = frozenset({"iframe", "frame"})
_LINKED = "is linked to as a file"


@dataclass(frozen=True)
class PagePictures:
    """Notes in `page` what the tags of a piece of its HTML show."""

    page: Document
    markup: Markup

    def take(self, tag: Tag, family: int) -> None:
        """Note what one start tag shows.

        Args:
            family: that of the `picture` that it is a child of, or 0.
        """
        if tag.namespace not in (HTML, SVG) or not tag.attributes:
            return
        fitted = self._style(tag)
        if tag.namespace == SVG:
            self._drawing(tag)
        elif tag.name in ("img", "image"):  # browsers make the one of the other
            self._image(tag, family or self.page.new_family(), fitted)
        elif tag.name == "source" and family:
            self._source(tag, family)
        elif tag.name == "link":
            self._link(tag)
        elif tag.name == "video":
            self._single(tag, "poster", "poster")
            self._single(tag, _LAZY_POSTER, "lazy")
        elif tag.name == "input" and self.markup.value(tag, "type").lower() == "image":
            self._single(tag, "src", "input")
        elif tag.name in _BACKGROUNDS:
            self._single(tag, "background", "background")
        elif tag.name in _OBJECTS:
            self._object(tag, _OBJECTS[tag.name])
        elif tag.name in _FRAMES:
            self._frame(tag)
        else:
            self._left(tag)

    def _drawing(self, tag: Tag) -> None:
        """Note what an element of SVG shows."""
        found = [attribute for name in _SVG_REFERENCES if (attribute := tag.get(name))]
        slots = [self.markup.slot(attribute) for attribute in found]
        if tag.name == "image":
            self._use(slots, self.page.new_family(), "svg")
        elif tag.name == "feimage":
            for slot in slots:
                self.page.passed_over.append((slot.address, "is worked on by an SVG filter"))
        elif tag.name == "a":
            for attribute in found:
                self._pass_over(attribute, _LINKED)

    def _object(self, tag: Tag, name: str) -> None:
        """A picture in an `object` or `embed` is shown as in an `img`."""
        found = tag.get(name)
        if found and names_picture(address := self.markup.slot(found).address, drawings=False):
            self._use([self.markup.slot(found)], self.page.new_family(), "object", self._type(tag))
        elif found:
            self.page.embedded.append(address)

    def _frame(self, tag: Tag) -> None:
        if (src := tag.get("src")) and not tag.get("srcdoc"):
            address = self.markup.slot(src).address
            if names_picture(address, drawings=False):
                self.page.passed_over.append((address, "is shown in a frame, as a page of its own"))
            else:
                self.page.embedded.append(address)

    def _left(self, tag: Tag) -> None:
        """Name the pictures that are not the page's own to show."""
        if tag.name == "meta":
            self._pass_over(tag.get("content"), "is for other sites and search engines")
        elif tag.name in ("a", "area"):
            self._pass_over(tag.get("href"), _LINKED)

    def _pass_over(self, attribute: Attribute | None, reason: str) -> None:
        if attribute and names_picture(address := self.markup.slot(attribute).address):
            self.page.passed_over.append((address, reason))

    def _style(self, tag: Tag) -> bool:
        """Note the pictures of a `style` attribute; True if it leaves the box uncovered."""
        style = tag.get("style")
        if not style:
            return False
        decoded = self.markup.decoded(style)
        found = find_pictures(decoded.text, declarations=True)
        fitted = bool(found.fitted)
        found.fitted.clear()
        self.page.add_css(found, decoded.at)
        return fitted

    def _image(self, tag: Tag, family: int, fitted: bool) -> None:
        names = {"img", "*"} if fitted else {"img"}
        for attribute, prefix in (("class", "."), ("id", "#")):
            names |= {prefix + name for name in self.markup.value(tag, attribute).split()}
        if src := tag.get("src"):
            is_urgent = self.markup.value(tag, "fetchpriority").strip().lower() == "high"
            # Inside an attribute, the quotes of another would end it.
            is_fixed = bool(tag.get("loading")) or is_urgent or self.markup.nested
            loading_at = None if is_fixed else src.start
            slots = [self.markup.slot(src)]
            self._use(slots, family, "img", None, loading_at, frozenset(names))
        if srcset := tag.get("srcset"):
            self._use(self.markup.slots(srcset), family, "img")
        self._put_aside(tag, family, None)

    def _source(self, tag: Tag, family: int) -> None:
        typed = self._type(tag)
        if srcset := tag.get("srcset"):
            self._use(self.markup.slots(srcset), family, "source", typed)
        self._put_aside(tag, family, typed)

    def _put_aside(self, tag: Tag, family: int, typed: Slot | None) -> None:
        """The attributes of lazy loaders."""
        for name in _LAZY_SINGLE:
            if attribute := tag.get(name):
                self._use([self.markup.slot(attribute)], family, "lazy", typed)
        for name in _LAZY_SETS:
            if attribute := tag.get(name):
                self._use(self.markup.slots(attribute), family, "lazy", typed)

    def _link(self, tag: Tag) -> None:
        relations = self.markup.value(tag, "rel").lower().split()
        href = tag.get("href")
        if "stylesheet" in relations and href and self.is_css(tag):
            address = self.markup.slot(href).address
            self.page.stylesheets.append(address)
            if tag.get("integrity"):
                self.page.sealed.append(address)
        if href and any(relation.endswith("icon") for relation in relations):
            self.page.passed_over.append((self.markup.slot(href).address, "is the site's icon"))
        if "preload" in relations and self.markup.value(tag, "as").lower() == "image":
            slots = [self.markup.slot(href)] if href else []
            if sources := tag.get("imagesrcset"):
                slots += self.markup.slots(sources)
            self._use(slots, self.page.new_family(), "preload", self._type(tag))

    def is_css(self, tag: Tag) -> bool:
        """True if a `style` or `link` says that it holds CSS, or nothing about it."""
        declared = self.markup.value(tag, "type").strip().lower()
        return declared.split(";")[0].strip() in ("", "text/css")

    def _use(
        self,
        slots: list[Slot],
        family: int,
        shown_by: str,
        typed: Slot | None = None,
        loading_at: int | None = None,
        names: frozenset[str] = frozenset(),
    ) -> None:
        if slots:
            self.page.uses.append(Use(tuple(slots), family, shown_by, typed, loading_at, names))

    def _single(self, tag: Tag, name: str, shown_by: str) -> None:
        if attribute := tag.get(name):
            self._use([self.markup.slot(attribute)], self.page.new_family(), shown_by)

    def _type(self, tag: Tag) -> Slot | None:
        """The declared media type; none where the attribute is empty, as for browsers."""
        declared = tag.get("type")
        typed = self.markup.slot(declared) if declared else None
        return typed if typed and typed.address.strip() else None
