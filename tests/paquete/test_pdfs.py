"""Every hoja de vida as PDF/A-2b, as far as it can be checked here: NOT validated by veraPDF.

No package of Debian, PyPI or npm brings veraPDF, so no validator has the last word. What follows checks the rules of
ISO 19005-2 that a file can break by what it contains, by their numbers; it is no proof of conformance.
"""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, IndirectObject, StreamObject

from tests.paquete.conftest import Delivered

pytestmark = pytest.mark.timeout(300)

XMP: Final = {
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
# What starts something, leads to something outside, or hides something: 6.1.7, 6.2.8, 6.4, 6.5, 6.6.1, 6.8, 6.9.
FORBIDDEN_KEYS: Final = {
    *(
        "/JS",
        "/AA",
        "/OpenAction",
        "/AcroForm",
        "/XFA",
        "/EmbeddedFiles",
        "/EF",
        "/Launch",
        "/RichMediaContent",
        "/Encrypt",
    ),
    *("/FFilter", "/FDecodeParms", "/Alternates", "/OPI", "/TR", "/HTP", "/PS", "/Subtype2", "/OCProperties", "/URI"),
    *("/Requirements", "/NeedsRendering", "/PresSteps", "/Collection", "/AlternatePresentations", "/Annots"),
}
FORBIDDEN_FILTERS: Final = {"/LZWDecode", "/Crypt"}
RGB_OR_GREY: Final = {"/DeviceRGB", "/DeviceGray"}
CMYK_OPERATOR: Final = re.compile(rb"(?<![\w/#.])[\d.\s-]+\s[kK](?=\s)")
LONGEST_NAME, LARGEST_INTEGER = 127, 2**31 - 1  # 6.1.13


class Hoja:
    """One hoja de vida with all its objects."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path.read_bytes()
        self.pdf = PdfReader(io.BytesIO(self.data))

    @property
    def catalog(self) -> Any:
        return self.pdf.trailer["/Root"]

    @cached_property
    def objects(self) -> list[Any]:
        size: Any = self.pdf.trailer["/Size"]
        return [one for number in range(1, size) if (one := self.pdf.get_object(number)) is not None]

    @cached_property
    def dictionaries(self) -> list[DictionaryObject]:
        return [found for one in self.objects for found in _dictionaries(one)]

    def xmp(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.catalog["/Metadata"].get_data())  # noqa: S314  our own bytes

    def said(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        found = self.xmp().iter(f"{{{XMP[prefix]}}}{local}")
        return "".join(next(found).itertext()).strip()


def _dictionaries(one: Any) -> Iterator[DictionaryObject]:
    if isinstance(one, DictionaryObject):
        yield one
        for value in one.values():
            yield from _dictionaries(value)
    elif isinstance(one, ArrayObject):
        for value in one:
            yield from _dictionaries(value)


def hojas(delivered: Delivered) -> list[Path]:
    found = sorted(delivered.extracted.glob("Equipos/*/Hoja_de_vida.pdf"))
    assert len(found) == len(delivered.expected.codigos)
    return found


@pytest.fixture(scope="module")
def opened(delivered: Delivered) -> list[Hoja]:
    return [Hoja(path) for path in hojas(delivered)]


def told_by(program: str, path: Path) -> str:
    done = subprocess.run([program, path], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b""), (path, done.stderr.decode())
    return done.stdout.decode(errors="replace")


def test_pdfinfo_opens_each_hoja(delivered: Delivered) -> None:
    for path in hojas(delivered):
        info = dict(re.findall(r"^([A-Za-z ]+): +(.*)$", told_by("pdfinfo", path), re.MULTILINE))
        assert (info["JavaScript"], info["Encrypted"], info["Form"], info["PDF version"]) == ("no", "no", "none", "1.7")
        assert int(info["Pages"]) >= 1


def test_all_fonts_are_embedded(delivered: Delivered, opened: list[Hoja]) -> None:
    for hoja in opened:  # 6.2.11.4
        fonts = [one for one in hoja.dictionaries if one.get("/Type") == "/FontDescriptor"]
        assert fonts
        assert all({"/FontFile2", "/FontFile3"} & set(font) for font in fonts)
    for path in hojas(delivered)[::4]:
        lines = told_by("pdffonts", path).splitlines()[2:]
        assert lines
        for line in lines:  # from the right, since names may have blanks: emb sub uni, object and generation
            assert line.split()[-5:-2] == ["yes", "yes", "yes"], line


@pytest.mark.slow
def test_pdfinfo_opens_every_other_pdf_of_the_demo(demo: Delivered) -> None:
    documents = [path for path in demo.extracted.rglob("*.pdf") if path.name != "Hoja_de_vida.pdf"]
    assert len(documents) > 750
    for path in documents:
        assert "Pages:" in told_by("pdfinfo", path)


def test_the_file_says_what_it_is_and_ends_where_it_ends(opened: list[Hoja]) -> None:
    for hoja in opened:  # 6.1.2, 6.1.3, 6.1.13
        first, second = hoja.data.split(b"\n", 2)[:2]
        assert first == b"%PDF-1.7"
        assert second.startswith(b"%")
        assert len(second) >= 5
        assert all(byte > 127 for byte in second[1:5])
        assert hoja.data.rstrip(b"\r\n").endswith(b"%%EOF")
        assert hoja.data.count(b"%%EOF") == 1
        identifier: Any = hoja.pdf.trailer["/ID"]
        assert len(identifier) == 2
        assert not hoja.pdf.is_encrypted
        assert "/Encrypt" not in hoja.pdf.trailer


def test_the_metadata_declare_pdf_a_2b_and_agree_with_the_document(delivered: Delivered, opened: list[Hoja]) -> None:
    instant = datetime.fromisoformat(delivered.delivery.parts[0].manifest["instant"])
    for hoja in opened:  # 6.6.2, 6.6.3, 6.6.4
        assert (hoja.said("pdfaid:part"), hoja.said("pdfaid:conformance")) == ("2", "B")
        assert "/Filter" not in hoja.catalog["/Metadata"]
        about: Any = hoja.pdf.metadata
        assert hoja.said("dc:title") == about.title.strip()
        for name in ("xmp:CreateDate", "xmp:ModifyDate"):
            assert datetime.fromisoformat(hoja.said(name)) == instant.replace(microsecond=0)
        assert about.creation_date == about.modification_date == instant.replace(microsecond=0)


def test_colours_are_rgb_or_grey_and_there_is_a_profile_for_them(opened: list[Hoja]) -> None:
    for hoja in opened:  # 6.2.3, 6.2.4
        (intent,) = hoja.catalog["/OutputIntents"]
        assert intent["/S"] == "/GTS_PDFA1"
        profile = intent["/DestOutputProfile"]
        header = profile.get_data()[:128]
        assert profile["/N"] == 3
        assert (header[12:16], header[16:20], header[36:40]) == (b"mntr", b"RGB ", b"acsp")
        assert header[8] <= 4
        for one in hoja.dictionaries:
            for space in _spaces(one.get("/ColorSpace")):
                assert space in RGB_OR_GREY, space
    for page in (page for hoja in opened[::3] for page in hoja.pdf.pages):
        contents: Any = page["/Contents"]
        assert not CMYK_OPERATOR.search(contents.get_object().get_data())


def _spaces(space: Any) -> Iterator[str]:
    """The names of a colour space; one by an ICC profile of three or one components is what it stands for."""
    space = space.get_object() if isinstance(space, IndirectObject) else space
    if space is None:
        return
    if isinstance(space, DictionaryObject):
        for one in space.values():
            yield from _spaces(one)
    elif isinstance(space, ArrayObject):
        kind = space[0]
        if kind == "/ICCBased":
            yield {1: "/DeviceGray", 3: "/DeviceRGB"}.get(space[1].get_object()["/N"], "an ICC profile of others")
        else:
            yield str(kind)
    else:
        yield str(space)


def test_nothing_acts_hides_or_lies_outside(opened: list[Hoja]) -> None:
    for hoja in opened:
        for one in hoja.dictionaries:
            assert not FORBIDDEN_KEYS & set(one), FORBIDDEN_KEYS & set(one)
            assert one.get("/S") not in {"/JavaScript", "/Launch", "/GoToR", "/ImportData", "/ResetForm", "/SubmitForm"}
            assert one.get("/Interpolate", False) in (False,)
            if isinstance(one, StreamObject):
                assert "/F" not in one
                filters: Any = one.get("/Filter", ())
                assert not FORBIDDEN_FILTERS & set([filters] if isinstance(filters, str) else filters)
            assert one.get("/Subtype") not in {"/PS", "/Movie", "/Sound", "/3D", "/Screen", "/FileAttachment"}
            assert all(len(str(key).encode()) <= LONGEST_NAME for key in one)
            assert all(abs(value) <= LARGEST_INTEGER for value in one.values() if isinstance(value, int))
        assert not {"/EmbeddedFiles", "/JavaScript"} & set(hoja.catalog.get("/Names", {}))


def test_each_glyph_that_is_shown_is_in_its_font_with_the_width_that_was_promised(opened: list[Hoja]) -> None:
    for hoja in opened[::15]:  # 6.2.11.3 to 6.2.11.5, 6.2.11.8
        fonts: dict[str, Any] = {}
        shown: dict[str, set[int]] = {}
        for page in hoja.pdf.pages:
            resources: Any = page["/Resources"]
            used = {name: font.get_object() for name, font in resources["/Font"].items()}
            fonts |= {font["/BaseFont"]: font for font in used.values()}
            for name, codes in _shown(hoja, page):
                shown.setdefault(used[name]["/BaseFont"], set()).update(codes)
        assert shown
        for name, codes in shown.items():
            assert fonts[name]["/Encoding"] == "/Identity-H"
            (font,) = fonts[name]["/DescendantFonts"]
            _check_font(font.get_object(), codes)


def _check_font(font: Any, codes: set[int]) -> None:
    descriptor = font["/FontDescriptor"]
    assert 0 not in codes  # .notdef
    assert codes <= _bits(descriptor["/CIDSet"].get_data())
    program = descriptor.get("/FontFile2")
    if program is None:
        assert descriptor["/FontFile3"]["/Subtype"] in {"/CIDFontType0C", "/OpenType"}
        return
    assert (font["/Subtype"], font["/CIDToGIDMap"]) == ("/CIDFontType2", "/Identity")
    with TTFont(io.BytesIO(program.get_data())) as read:
        head: Any = read["head"]
        glyphs, scale = read.getGlyphOrder(), 1000 / head.unitsPerEm
        assert _bits(descriptor["/CIDSet"].get_data()) == set(range(len(glyphs)))
        widths = dict(_widths(font["/W"]))
        for code in codes:
            assert abs(widths.get(code, font["/DW"]) - read["hmtx"][glyphs[code]][0] * scale) <= 1


def _shown(hoja: Hoja, page: Any) -> Iterator[tuple[str, set[int]]]:
    """The name of each font with the codes of two bytes that a page shows in it; what opens is closed as well."""
    operations = ContentStream(page["/Contents"].get_object(), hoja.pdf).operations
    names = [operator for _, operator in operations]
    assert names.count(b"BMC") + names.count(b"BDC") == names.count(b"EMC")
    assert names.count(b"q") == names.count(b"Q")
    font = ""
    for operands, operator in operations:
        if operator == b"Tf":
            font = operands[0]
        elif operator in {b"Tj", b"TJ"}:
            text = b"".join(_strings(operands))
            yield font, {int.from_bytes(text[start : start + 2]) for start in range(0, len(text), 2)}


def _strings(operands: Any) -> Iterator[bytes]:
    for one in operands:
        if isinstance(one, ArrayObject):
            yield from _strings(one)
        elif isinstance(one, bytes):
            yield one
        elif isinstance(one, str):
            yield one.original_bytes  # type: ignore[attr-defined]


def _bits(data: bytes) -> set[int]:
    return {8 * index + bit for index, byte in enumerate(data) for bit in range(8) if byte & 0x80 >> bit}


def _widths(array: Iterable[Any]) -> Iterator[tuple[int, float]]:
    """`c [w1 w2 …]` and `first last w`, one after the other (ISO 32000-1, 9.7.4.3)."""
    left = iter(array)
    for first in left:
        following = next(left)
        if isinstance(following, ArrayObject):
            yield from ((int(first) + offset, float(width)) for offset, width in enumerate(following))
        else:
            width = float(next(left))
            yield from ((cid, width) for cid in range(int(first), int(following) + 1))
