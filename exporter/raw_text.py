"""Where that part of a page ends which is text or a declaration, and no tags."""

from __future__ import annotations

import re

_COMMENT_END = re.compile(r"--!?>")
_SCRIPT_STEP = re.compile(r"<!--|-->|<(/?)script(?=[ \t\n\r\f/>])", re.I)
_SPACE = re.compile(r"[ \t\n\r\f]*")
_CDATA = "<![CDATA["


def declaration_end(text: str, at: int, end: int, foreign: bool) -> int:
    """Where the comment, doctype, CDATA section or bogus comment at `at` ends.

    Args:
        end: where the text ends.
        foreign: directly inside an element of SVG or MathML, where CDATA sections count.
    """
    if text.startswith("<!--", at):
        for abrupt in ("<!-->", "<!--->"):
            if text.startswith(abrupt, at):
                return at + len(abrupt)
        match = _COMMENT_END.search(text, at + 4, end)
        return match.end() if match else end
    closing = "]]>" if foreign and text.startswith(_CDATA, at) else ">"
    close = text.find(closing, at, end)
    return end if close < 0 else close + len(closing)


def raw_text_end(text: str, element: str, at: int, end: int) -> int:
    """Where the content of a raw-text element that starts at `at` ends."""
    if element == "script":
        return _script_end(text, at, end)
    match = re.compile(rf"</{element}(?=[ \t\n\r\f/>])", re.I).search(text, at, end)
    return match.start() if match else end


def plain_style(text: str, at: int, end: int) -> tuple[int, int] | None:
    """The CSS in a `style` of SVG or XML whose content starts at `at`.

    There it is text and markup like any other; None where it is more than plain text or one
    CDATA section.
    """
    close = text.find("<", at, end)
    if close >= 0 and not text[at:close].strip(" \t\n\r\f") and text.startswith(_CDATA, close):
        at = close + len(_CDATA)
        stop = text.find("]]>", at, end)
        rest = _SPACE.match(text, stop + len("]]>"), end)
        plain = stop >= 0 and rest is not None
        close = rest.end() if rest else end
    else:
        stop, plain = close, "&" not in text[at:close]
    if not plain or text[close : close + 7].lower() != "</style":
        return None
    return at, stop


def _script_end(text: str, at: int, end: int) -> int:
    """The same for `script`, where `<!-- <script> </script>` hides an end tag."""
    escaped = doubly = False
    for match in _SCRIPT_STEP.finditer(text, at, end):
        found = match[0].lower()
        if found == "<!--":
            # `<!-->` opens and closes at once: the "--" may overlap.
            escaped = not text.startswith((">", "->"), match.end())
        elif found == "-->":
            escaped = doubly = False
        elif match[1]:
            if not doubly:
                return match.start()
            doubly = False
        elif escaped:
            doubly = True
    return end
