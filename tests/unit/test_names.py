"""Names are safe on every system, unique without regard to case, and stable, whatever the data say."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sam.planning.names import (
    PATH_LIMIT,
    archive_key,
    download_name,
    equipo_folders,
    extension_of,
    procedimiento_names,
    root_name,
    safe_segment,
    sidecar,
    unique_segments,
)

thorough = settings(deadline=None, database=None, max_examples=300)

HOSTILE_PIECES = [
    *("..", ".", "/", "\\", "CON", "nul", "com1", "LPT¹", "aux.pdf", " ", "\t", "\n", "\0", "\x7f", ":", "*", "?"),
    *('"', "<", ">", "|", "\u202e", "\u200b", "\ufeff", "\u2028", "ñ", "n\u0303", "İ", "ı", "ß", "ẞ", "ﬁ", "K"),
    *("\U0001f600", "\udc80", "\uffff", "~", "a" * 50, "EQ-001", "eq-001", "Ｃ", "%2e", "'", "=1+1", "-rf"),
]
hostile = st.one_of(st.text(), st.lists(st.sampled_from(HOSTILE_PIECES), max_size=8).map("".join))

WINDOWS_DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"} | {
    f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"
}


def assert_safe(segment: str) -> None:
    """The rules of Windows, and then some, written down independently of the code under test."""
    assert segment not in {"", ".", ".."}
    assert not set(segment) & set('<>:"|?*\\/')
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in segment)
    assert segment == segment.strip()
    assert not segment.endswith(".")
    assert segment.partition(".")[0].strip().upper() not in WINDOWS_DEVICES
    assert unicodedata.is_normalized("NFC", segment)
    segment.encode()  # no lone surrogate
    assert len(segment.encode()) <= 255


def same_on_some_disk(name: str) -> set[str]:
    return {
        unicodedata.normalize("NFC", form)
        for form in (name.casefold(), name.upper(), name.lower(), unicodedata.normalize("NFD", name).casefold())
    }


@thorough
@given(hostile, st.integers(min_value=4, max_value=90))
@example("NUL .pdf", 40)
@example("com¹", 40)
@example(". .", 40)
@example("\U0001f600" * 30, 7)
def test_a_segment_is_safe_and_within_its_limit_in_windows_units(text: str, limit: int) -> None:
    segment = safe_segment(text, limit=limit)
    assert_safe(segment)
    assert len(segment.encode("utf-16-le")) // 2 <= limit


@thorough
@given(hostile)
def test_a_safe_segment_stays_as_it_is(text: str) -> None:
    segment = safe_segment(text, limit=40)
    assert safe_segment(segment, limit=40) == segment


@thorough
@given(st.lists(hostile, max_size=30))
@example(["A", "a", "A_2", "a_2", "Á", "A\u0301"])
@example(["con", "CON", "_con"])
@example(["x" * 60, "x" * 61, "x" * 39 + "_2"])
def test_folders_are_never_equal_without_regard_to_case(codigos: list[str]) -> None:
    folders = equipo_folders(codigos)
    for folder in folders:
        assert_safe(folder)
        assert len(folder.encode("utf-16-le")) // 2 <= 40
    for index, folder in enumerate(folders):
        for other in folders[:index]:
            assert not same_on_some_disk(folder) & same_on_some_disk(other)


@thorough
@given(st.lists(hostile, min_size=1, max_size=20))
def test_a_text_added_at_the_end_changes_no_name_before_it(texts: list[str]) -> None:
    assert unique_segments(texts, limit=20)[:-1] == unique_segments(texts[:-1], limit=20)


def test_ten_thousand_equal_codes_do_not_take_for_ever() -> None:
    folders = unique_segments(["x" * 80] * 10_000, limit=40)
    assert len(set(folders)) == 10_000
    assert folders[:2] == ["x" * 40, "x" * 38 + "_2"]


@pytest.mark.parametrize(
    ("nombre", "extension"),
    [
        ("Certificado.PDF", ".pdf"),
        ("foto.JPeG", ".jpeg"),
        ("archivo.tar.gz", ".gz"),
        ("manual.docx ", ".docx"),
        ("sin extension", ""),
        ("raro.p/df", ""),
        ("raro.pdf\u202e", ""),
        (".gitignore", ""),
        ("punto.", ""),
        ("", ""),
        ("largo.abcdefgh", ""),
        ("ancho.ｐｄｆ", ""),
    ],
)
def test_an_extension_is_kept_where_it_is_plain(nombre: str, extension: str) -> None:
    assert extension_of(nombre) == extension


@thorough
@given(st.lists(st.tuples(hostile, hostile, st.sampled_from(["a.pdf", "b.DOCX", "c", "d.x/y"])), max_size=15))
def test_procedimientos_have_safe_unique_names_within_the_path(procedimientos: list[tuple[str, str, str]]) -> None:
    names = procedimiento_names(procedimientos)
    assert len({name.casefold() for name in names}) == len(names)
    for name, (_, _, stored) in zip(names, procedimientos, strict=True):
        assert_safe(name)
        assert name.endswith(extension_of(stored))
        assert len(f"{'r' * 40}/Procedimientos/{name}") <= PATH_LIMIT


def test_names_read_as_people_expect() -> None:
    assert root_name("CERTIBOY S.A.S.") == "CERTIBOY S.A.S"
    assert equipo_folders(["EQ/01", "EQ:01", "ÑANDÚ 100%"]) == ["EQ_01", "EQ_01_2", "ÑANDÚ 100%"]
    assert procedimiento_names([("P-1", "Calibración", "x.pdf")]) == ["P-1_Calibración.pdf"]
    assert sidecar("INDICE", "html", 1, 2) == "INDICE_P1de2.html"
    assert sidecar("LEEME", "txt", 1, 1) == "LEEME.txt"


def test_the_download_says_what_it_is_in_ascii() -> None:
    instant = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    name = download_name(empresa="CERTIBOY S.A.S.", number=1, of=2, first=1, last=35, instant=instant, incomplete=False)
    assert name == "SAM_Equipos_CERTIBOY_S.A.S_P1de2_EQ001-035_20260101_2204.zip"
    hostile_name = download_name(
        empresa='Ñandú"\r\nSet-Cookie: x 漢', number=12, of=290, first=1, last=10_150, instant=instant, incomplete=True
    )
    assert hostile_name == "SAM_Equipos_Nandu_Set-Cookie_x_P12de290_EQ001-10150_20260101_2204_INCOMPLETO.zip"
    assert "_Empresa_" in download_name(
        empresa="漢字", number=1, of=1, first=1, last=1, instant=instant, incomplete=False
    )


def test_each_attempt_has_a_key_of_its_own() -> None:
    instant = datetime(2026, 1, 2, 14, 30, 7, tzinfo=UTC)
    key = archive_key(empresa_id=3, instant=instant, number=2, request_id=9, attempt=4)
    assert key == "zip_requests/3/20260102_093007_parte_2_req_9_a4.zip"
