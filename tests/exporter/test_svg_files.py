"""Pictures in SVG files, by position."""

from __future__ import annotations

import pytest

from exporter.svg_files import read_svg
from exporter.xml_tokens import XmlError

SVG = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'"


def found(svg: str, codec: str = "utf-8") -> list[str]:
    document = read_svg("a.svg", svg.encode(codec))
    assert document.text.text.encode(document.text.codec) == svg.encode(codec)
    slots = [slot for use in document.uses for slot in use.slots]
    return [document.text.text[slot.start : slot.end] for slot in slots]


@pytest.mark.parametrize(
    ("svg", "expected"),
    [
        (f"{SVG}><image href='a.jpg'/></svg>", ["a.jpg"]),
        (
            f'{SVG}>\r\n<g><image\n x:href = "a.jpg" href="b.jpg"></image></g></svg>',
            ["b.jpg", "a.jpg"],
        ),
        (f"{SVG}><a x:href='a.jpg'><image x:href='b&amp;c.jpg'/></a></svg>", ["b&amp;c.jpg"]),
        (f"{SVG}><style><![CDATA[<image href='a.jpg'/>]]></style></svg>", []),
        (f"{SVG}><style>g{{background:url(a.jpg)}}</style></svg>", ["a.jpg"]),
        (f"{SVG}><style> <![CDATA[g>a{{content:url('a.jpg')}}]]></style></svg>", ["a.jpg"]),
        (f"{SVG}><style>g&gt;a{{background:url(a.jpg)}}</style></svg>", []),
        (f"{SVG}><style type='text/less'>g{{background:url(a.jpg)}}</style></svg>", []),
        (f"{SVG}><style/><g style='background:url(&quot;a.jpg&#34;)'/></svg>", ["a.jpg"]),
        (f"{SVG}><style xmlns='urn:x'>g{{background:url(a)}}</style></svg>", []),
        (f"{SVG}><g data-plic='off'><image href='a'/></g><image href='b'/></svg>", ["b"]),
        (f"{SVG}><g data-plic='off'/><image href='b'/></svg>", ["b"]),
        (
            f"{SVG}><foreignObject><p xmlns='http://www.w3.org/1999/xhtml'><img src='a'/><IMG src="
            f"'b'/><style>p{{background:url(c)}}</style><br/></p></foreignObject></svg>",
            ["a", "c"],
        ),
        (f"{SVG}><!-- <image href='a.jpg'/> --><?x <image href='a.jpg'/> ?></svg>", []),
        (f"{SVG}><title>é</title><image alt='é>' href='a.jpg'/></svg>", ["a.jpg"]),
        (f"{SVG} xmlns:s='http://www.w3.org/2000/svg'><s:image href='a.jpg'/></svg>", ["a.jpg"]),
        (f"{SVG}><image xmlns='urn:other' href='a.jpg'/></svg>", []),
        (f"{SVG} xmlns:y='urn:other'><image y:href='a.jpg'/></svg>", []),
        (f"{SVG}><Image href='a.jpg'/><image HREF='a.jpg'/></svg>", []),
        (f"<!DOCTYPE svg [<!ENTITY e 'a.jpg'>]>{SVG}><image href='&e;'/></svg>", []),
        (f"<!DOCTYPE svg [<!ENTITY e '<image href=\"a.jpg\"/>'>]>{SVG}>&e;</svg>", []),
    ],
)
def test_images(svg: str, expected: list[str]) -> None:
    assert found(svg) == expected


def test_encodings() -> None:
    image = f"{SVG}><title>é</title><image href='é.jpg'/></svg>"
    assert found("\ufeff" + image, "utf-8") == ["Ã©.jpg"]
    assert found("\ufeff" + image, "utf-16-le") == ["é.jpg"]
    assert found(f"<?xml version='1.0' encoding='latin1'?>{image}", "latin-1") == ["é.jpg"]
    assert found(
        f"<?xml version='1.0' encoding='big5'?>{SVG}><image href='功.jpg'/></svg>", "big5"
    ) == ["功.jpg"]


@pytest.mark.parametrize(
    "svg",
    [
        "",
        f"{SVG}><image href=a.jpg></svg>",
        f"{SVG}><image href='a.jpg'>",
        f"{SVG}>&nbsp;</svg>",
        "<svg><x:image/></svg>",
        "<!DOCTYPE x ["
        + "".join(f"<!ENTITY e{n + 1} '{f'&e{n};' * 10}'>" for n in range(1, 12))
        + "<!ENTITY e1 'xxxxxxxxxx'>]><x>&e12;</x>",
    ],
)
def test_what_is_not_well_formed_or_a_bomb_is_refused(svg: str) -> None:
    with pytest.raises(XmlError, match="not well-formed"):
        found(svg)
