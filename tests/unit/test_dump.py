"""The dump `sam-dump/1`: what is read, and everything that is refused, each by its first wrong place."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sam.errors import DumpError
from sam.importing import source
from sam.importing.dump import Dump, read_dump
from sam.importing.numerals import canonical

Json = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dump's folder with two documents and no data.json yet; beside it, a secret."""
    folder = tmp_path / "volcado"
    (folder / "files" / "equipo").mkdir(parents=True)
    (folder / "files" / "a.pdf").write_bytes(b"%PDF-1.7 a")
    (folder / "files" / "equipo" / "ñ b.pdf").write_bytes(b"%PDF-1.7 b")
    (tmp_path / "secreto.pdf").write_bytes(b"%PDF-1.7 secreto")
    return folder


def dump_of(equipo: Json | None = None, **others: Any) -> Json:
    """The smallest dump there is, with more in its one equipo or beside it."""
    return {
        "formato": "sam-dump/1",
        "empresa": {"nombre": "CERTIBOY S.A.S."},
        "equipos": [{"codigo_interno": "EQ-001", **(equipo or {})}],
        **others,
    }


def read(folder: Path, data: Json | list[Any] | str | bytes) -> Dump:
    if isinstance(data, bytes):
        (folder / "data.json").write_bytes(data)
    else:
        text = data if isinstance(data, str) else json.dumps(data)
        (folder / "data.json").write_text(text, encoding="utf-8")
    return read_dump(folder)


def refused(folder: Path, data: Json | list[Any] | str | bytes) -> DumpError:
    with pytest.raises(DumpError) as caught:
        read(folder, data)
    return caught.value


# ── What is read ─────────────────────────────────────────────────────────────────────────────


def test_absent_and_null_values_become_empty_ones(folder: Path) -> None:
    dump = read(folder, dump_of({"nombre": None, "calibraciones": None, "documentos": None, "baja": None}))
    (equipo,) = dump.equipos
    assert (equipo.nombre, equipo.marca, equipo.estado) == ("", "", "Activo")
    assert (equipo.fecha_adquisicion, equipo.frecuencia_calibracion_meses) == (None, None)
    assert (equipo.calibraciones, equipo.documentos.manual, equipo.baja) == ((), None, None)
    assert (dump.proveedores, dump.prestamos, dump.files, dump.warnings) == ((), (), (), ())


def test_every_kind_of_value_is_read(folder: Path) -> None:
    punto = {"nominal": 10, "lectura": "10,5", "error": "0,5", "emp_absoluto": "±0,5 °C", "conformidad": "Sí"}
    calibracion = {
        "fecha": "2024-02-29",
        "costo": "1.234,50",
        "certificado": "files/a.pdf",
        "magnitudes": [{"nombre": "Temperatura", "unidad": "°C", "puntos": [punto]}],
    }
    equipo = {
        "nombre": "Termómetro ñ",
        "estado": "En Comprobación",
        "resolucion": 0.1,
        "frecuencia_calibracion_meses": "12",
        "calibraciones": [calibracion],
        "baja": {"fecha": "2026-01-31", "razon": "Daño", "documento": "files/equipo/ñ b.pdf"},
    }
    dump = read(folder, dump_of(equipo, prestamos=[{"equipo": "EQ-001", "cedula": 52550934}]))
    (read_equipo,) = dump.equipos
    (done,) = read_equipo.calibraciones
    assert done.fecha == date(2024, 2, 29)
    assert done.costo == Decimal("1234.50")
    assert done.magnitudes[0].puntos[0].lectura == 10.5
    assert done.magnitudes[0].puntos[0].emp_absoluto == "±0,5 °C"
    assert done.magnitudes[0].puntos[0].incertidumbre is None
    assert (read_equipo.resolucion, read_equipo.frecuencia_calibracion_meses) == ("0.1", 12)
    assert read_equipo.baja is not None
    assert read_equipo.baja.fecha == date(2026, 1, 31)
    assert dump.prestamos[0].cedula == "52550934"
    assert dump.files == ("files/a.pdf", "files/equipo/ñ b.pdf")


def test_a_file_mentioned_twice_is_listed_once_where_it_is_first_mentioned(folder: Path) -> None:
    equipo = {"imagen": "files/equipo/ñ b.pdf", "documentos": {"manual": "files/a.pdf", "compra": "files/a.pdf"}}
    assert read(folder, dump_of(equipo)).files == ("files/equipo/ñ b.pdf", "files/a.pdf")


def test_a_byte_order_mark_is_accepted(folder: Path) -> None:
    data = json.dumps(dump_of({"nombre": "Báscula"}), ensure_ascii=False)
    assert read(folder, b"\xef\xbb\xbf" + data.encode()).equipos[0].nombre == "Báscula"


def test_unknown_keys_are_ignored_with_a_warning_that_names_them(folder: Path) -> None:
    equipo = {"color": "rojo", "documentos": {"plano": "files/no-existe.pdf"}, "a b\n": 1}
    dump = read(folder, dump_of(equipo, moneda="COP"))
    assert dump.warnings == (
        "equipos[0].color: clave desconocida, se ignora",
        "equipos[0].documentos.plano: clave desconocida, se ignora",
        "equipos[0].«a b�»: clave desconocida, se ignora",
        "moneda: clave desconocida, se ignora",
    )


def test_codes_that_differ_by_case_alone_are_two_equipos(folder: Path) -> None:
    equipos = [{"codigo_interno": "ter-a1"}, {"codigo_interno": "TER-A1"}, {"codigo_interno": ".."}]
    assert len(read(folder, dump_of() | {"equipos": equipos}).equipos) == 3


def test_a_symlink_that_stays_in_the_folder_is_followed(folder: Path) -> None:
    (folder / "files" / "enlace.pdf").symlink_to("a.pdf")
    assert read(folder, dump_of({"imagen": "files/enlace.pdf"})).files == ("files/enlace.pdf",)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0,5", "0.5"),
        ("1.234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("-0,005", "-0.005"),
        ("\N{MINUS SIGN}3", "-3"),
        (" 12 ", "12"),
        ("0.005", "0.005"),
        ("1e-3", "1e-3"),
        ("+7,0", "+7.0"),
        ("1,234.5", None),
        ("12.34,5", None),
        ("0,5 °C", None),
        ("NaN", None),
        ("Infinity", None),
        ("٣", None),
        ("", None),
        ("1" * 101, None),
    ],
)
def test_numbers_are_read_as_people_write_them(written: str, number: str | None) -> None:
    assert canonical(written) == number


@pytest.mark.parametrize(
    ("written", "emp"),
    [
        (0.5, 0.5),
        (1, 1.0),
        ("0,5", 0.5),
        ("±0,5 °C", "±0,5 °C"),
        ("2 % FS", "2 % FS"),
        ("", None),
        (None, None),
    ],
)
def test_an_emp_is_a_number_where_it_is_one_and_else_as_written(folder: Path, written: Any, emp: Any) -> None:
    dump = read(folder, dump_of(_with_punto({"emp_absoluto": written})))
    assert dump.equipos[0].calibraciones[0].magnitudes[0].puntos[0].emp_absoluto == emp


# ── What is refused ──────────────────────────────────────────────────────────────────────────


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archivo").write_text("")
    for path in (tmp_path / "nada", tmp_path / "archivo"):
        with pytest.raises(DumpError, match="no es una carpeta"):
            read_dump(path)


def test_a_folder_without_data_json_is_refused(folder: Path) -> None:
    with pytest.raises(DumpError, match=r"data\.json: .*no existe"):
        read_dump(folder)


def test_truncated_json_is_refused_at_every_length_with_line_and_column(folder: Path) -> None:
    text = json.dumps(dump_of({"nombre": "á"}), indent=1, ensure_ascii=False)
    for length in range(len(text) - 1):
        error = refused(folder, text[:length])
        assert error.place == "data.json"
        assert "línea" in error.message
        assert "columna" in error.message
    error = refused(folder, text[:20])
    assert error.message == "data.json: está cortado: línea 2, columna 13"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ('{"formato": "sam-dump/1",}', "no es JSON: línea 1, columna"),
        ("{'formato': 1}", "no es JSON: línea 1, columna 2"),
        (b"\xff\xfe{\x00}\x00", "no está en UTF-8 (byte 0)"),
        (b'{"formato": "\xf1"}', "no está en UTF-8 (byte 13)"),
        ("[" * 200_000, "demasiados niveles"),
        ('{"a":' * 200_000, "demasiados niveles"),
        (f'{{"formato": {"9" * 5000}}}', "demasiadas cifras"),
        ("[]", "se espera un objeto, no una lista"),
        ("null", "se espera un objeto, no null"),
        ('"sam-dump/1"', "se espera un objeto, no el texto «sam-dump/1»"),
    ],
)
def test_what_is_no_json_object_is_refused(folder: Path, data: str | bytes, problem: str) -> None:
    error = refused(folder, data)
    assert error.place == "data.json"
    assert problem in error.message


def test_data_json_has_a_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_DATA_BYTES", 1024 * 1024)
    assert "pasa de 1 MiB" in refused(folder, " " * (1024 * 1024 + 1)).message


@pytest.mark.parametrize(
    ("formato", "problem"),
    [
        ("sam-dump/2", "formato: formato desconocido «sam-dump/2»; se espera sam-dump/1"),
        (1, "formato: formato desconocido «1»; se espera sam-dump/1"),
        (None, "formato: falta; se espera sam-dump/1"),
    ],
)
def test_another_format_is_refused_before_anything_else(folder: Path, formato: Any, problem: str) -> None:
    assert refused(folder, {"equipos": "no", "formato": formato}).message == problem


def test_a_key_written_twice_is_refused_where_it_is(folder: Path) -> None:
    text = (
        '{"formato":"sam-dump/1","empresa":{"nombre":"X"},"equipos":[{"codigo_interno":"1","marca":"a","marca":"b"}]}'
    )
    assert refused(folder, text).message == "equipos[0].marca: la clave está repetida"


def test_the_first_wrong_place_is_the_first_as_written(folder: Path) -> None:
    good = {"codigo_interno": "EQ-001"}
    bad = {"codigo_interno": "EQ-002", "fecha_registro": "ayer", "calibraciones": [{"fecha": "2024-02-31"}]}
    error = refused(folder, dump_of() | {"equipos": [good, bad, {"codigo_interno": 5}]})
    assert error.place == "equipos[1].fecha_registro"


def test_a_date_that_is_none_is_refused_by_its_place(folder: Path) -> None:
    error = refused(folder, dump_of({"calibraciones": [{"fecha": "2024-02-31"}]}))
    assert error.place == "equipos[0].calibraciones[0].fecha"
    assert error.message == "equipos[0].calibraciones[0].fecha: «2024-02-31» no es una fecha AAAA-MM-DD"
    assert error.code == "bad_dump"


@pytest.mark.parametrize(
    "written",
    ["", "2024-2-1", "20240201", "2024-W05-4", "2024-02-01T00:00:00", "01/02/2024", "２０２４-02-01", " 2024-02-01"],
)
def test_only_one_spelling_of_a_date_is_accepted(folder: Path, written: str) -> None:
    assert refused(folder, dump_of({"fecha_registro": written})).place == "equipos[0].fecha_registro"


def _with_punto(punto: Json) -> Json:
    return {"calibraciones": [{"fecha": "2024-01-01", "magnitudes": [{"puntos": [punto]}]}]}


PUNTO = "equipos[0].calibraciones[0].magnitudes[0].puntos[0]"


@pytest.mark.parametrize(
    ("data", "place", "problem"),
    [
        (dump_of(empresa=None), "empresa", "falta"),
        (dump_of(empresa=[]), "empresa", "se espera un objeto, no una lista"),
        (dump_of(empresa={}), "empresa.nombre", "falta"),
        (dump_of(empresa={"nombre": "  "}), "empresa.nombre", "está en blanco"),
        (dump_of(equipos=None), "equipos", "falta"),
        (dump_of(equipos={}), "equipos", "se espera una lista, no un objeto"),
        (dump_of(equipos=[1]), "equipos[0]", "se espera un objeto, no el número 1"),
        (dump_of(equipos=[None]), "equipos[0]", "se espera un objeto, no null"),
        (dump_of(equipos=[{}]), "equipos[0].codigo_interno", "falta"),
        (dump_of({"codigo_interno": " "}), "equipos[0].codigo_interno", "está en blanco"),
        (dump_of({"codigo_interno": 7}), "equipos[0].codigo_interno", "se espera un texto, no el número 7"),
        (dump_of({"codigo_interno": "x" * 201}), "equipos[0].codigo_interno", "tiene 201 caracteres"),
        (dump_of({"nombre": 5}), "equipos[0].nombre", "se espera un texto, no el número 5"),
        (dump_of({"nombre": True}), "equipos[0].nombre", "se espera un texto, no true"),
        (dump_of({"nombre": "x" * 301}), "equipos[0].nombre", "tiene 301 caracteres; el límite es 300"),
        (dump_of({"nombre": "a\x00b"}), "equipos[0].nombre", "carácter que no se puede guardar"),
        (dump_of({"nombre": "\ud800"}), "equipos[0].nombre", "carácter que no se puede guardar"),
        (dump_of({"observaciones": "x" * 20_001}), "equipos[0].observaciones", "el límite es 20000"),
        (dump_of({"resolucion": True}), "equipos[0].resolucion", "se espera un texto, no true"),
        (dump_of({"estado": "activo"}), "equipos[0].estado", "«activo» no es uno de: Activo, En"),
        (dump_of({"estado": []}), "equipos[0].estado", "no es uno de"),
        (dump_of({"fecha_registro": 20240101}), "equipos[0].fecha_registro", "se espera una fecha"),
        (dump_of({"frecuencia_calibracion_meses": 1.5}), "equipos[0].frecuencia_calibracion_meses", "entero"),
        (dump_of({"frecuencia_calibracion_meses": -1}), "equipos[0].frecuencia_calibracion_meses", "entero"),
        (dump_of({"frecuencia_calibracion_meses": True}), "equipos[0].frecuencia_calibracion_meses", "true"),
        (dump_of({"frecuencia_calibracion_meses": "doce"}), "equipos[0].frecuencia_calibracion_meses", "doce"),
        (dump_of({"documentos": []}), "equipos[0].documentos", "se espera un objeto"),
        (dump_of({"baja": {}}), "equipos[0].baja.fecha", "falta"),
        (dump_of({"baja": True}), "equipos[0].baja", "se espera un objeto, no true"),
        (dump_of({"calibraciones": [{}]}), "equipos[0].calibraciones[0].fecha", "falta"),
        (dump_of({"mantenimientos": "no"}), "equipos[0].mantenimientos", "se espera una lista"),
        (dump_of(_with_punto({"error": {}})), f"{PUNTO}.error", "se espera un número, no un objeto"),
        (dump_of(_with_punto({"error": "poco"})), f"{PUNTO}.error", "«poco» no es un número"),
        (dump_of(_with_punto({"error": False})), f"{PUNTO}.error", "se espera un número, no false"),
        (dump_of(_with_punto({"error": float("nan")})), f"{PUNTO}.error", "se espera un número"),
        (dump_of(_with_punto({"emp_absoluto": float("inf")})), f"{PUNTO}.emp_absoluto", "se espera un número"),
        (dump_of(_with_punto({"emp_absoluto": []})), f"{PUNTO}.emp_absoluto", "no una lista"),
        (dump_of(_with_punto({"lectura": "1e999"})), f"{PUNTO}.lectura", "demasiado grande"),
        (dump_of(_with_punto({"lectura": 10**400})), f"{PUNTO}.lectura", "demasiado grande"),
        (dump_of(prestamos=[{"equipo": "EQ-9"}]), "prestamos[0].equipo", "«EQ-9» no es el código de un equipo"),
        (dump_of(prestamos=[{}]), "prestamos[0].equipo", "falta"),
    ],
)
def test_a_wrong_value_is_refused_by_its_place(folder: Path, data: Json, place: str, problem: str) -> None:
    error = refused(folder, data)
    assert error.place == place
    assert problem in error.message


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("185.000", "es ambiguo"),
        (-1, "no es un valor entre 0"),
        (10**12, "no es un valor entre 0"),
        (1.005, "más de 2 decimales"),
        ("1e-9", "más de 2 decimales"),
        ("gratis", "no es un número"),
    ],
)
def test_an_amount_that_must_be_guessed_is_refused(folder: Path, written: Any, problem: str) -> None:
    data = dump_of({"mantenimientos": [{"fecha": "2024-01-01", "costo": written}]})
    assert problem in refused(folder, data).message


def test_a_codigo_that_two_equipos_bear_is_refused_at_the_second(folder: Path) -> None:
    equipos = [{"codigo_interno": "A"}, {"codigo_interno": "B"}, {"codigo_interno": "A"}]
    error = refused(folder, dump_of() | {"equipos": equipos})
    assert error.message == "equipos[2].codigo_interno: «A» está repetido"


@pytest.mark.parametrize(
    "path",
    [
        "../secreto.pdf",
        "files/../../secreto.pdf",
        "files/../files/a.pdf",
        "files/..",
        "/etc/passwd",
        "//servidor/a.pdf",
        "C:/a.pdf",
        "C:a.pdf",
        "..\\secreto.pdf",
        "files\\a.pdf",
        "files/a.pdf\x00.txt",
        "files/a\n.pdf",
        "files/\ud800.pdf",
        "",
        " ",
        ".",
        "files",
        "files/",
        "files/a.pdf/",
        "files/a.pdf/b.pdf",
        "files/no-existe.pdf",
        "a.pdf",
        "x" * 300,
        "x/" * 600,
    ],
)
def test_a_path_that_is_no_file_of_the_folder_is_refused(folder: Path, path: str) -> None:
    assert refused(folder, dump_of({"documentos": {"manual": path}})).place == "equipos[0].documentos.manual"


def _to_the_secret(folder: Path) -> str:
    (folder / "files" / "enlace.pdf").symlink_to("../../secreto.pdf")
    return "files/enlace.pdf"


def _through_a_directory(folder: Path) -> str:
    (folder / "files" / "fuera").symlink_to(folder.parent)
    return "files/fuera/secreto.pdf"


def _through_a_directory_and_a_symlink(folder: Path) -> str:
    (folder.parent / "otro.pdf").symlink_to(folder / "files" / "a.pdf")
    (folder / "files" / "fuera").symlink_to(folder.parent)
    (folder.parent / "otra").mkdir()
    (folder.parent / "otra" / "x.pdf").write_bytes(b"x")
    return "files/fuera/otra/x.pdf"


def _to_itself(folder: Path) -> str:
    (folder / "files" / "bucle.pdf").symlink_to("bucle.pdf")
    return "files/bucle.pdf"


def _to_nothing(folder: Path) -> str:
    (folder / "files" / "roto.pdf").symlink_to("nada.pdf")
    return "files/roto.pdf"


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "files" / "tubo.pdf")
    return "files/tubo.pdf"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (_to_the_secret, "sale de la carpeta"),
        (_through_a_directory, "sale de la carpeta"),
        (_through_a_directory_and_a_symlink, "sale de la carpeta"),
        (_to_itself, "no se puede leer"),
        (_to_nothing, "no existe"),
        (_pipe, "no es un archivo"),
    ],
)
def test_a_file_that_leads_elsewhere_is_refused(folder: Path, make: Callable[[Path], str], problem: str) -> None:
    error = refused(folder, dump_of({"imagen": make(folder)}))
    assert error.place == "equipos[0].imagen"
    assert problem in error.message


def test_data_json_itself_may_not_lead_outside(folder: Path) -> None:
    (folder.parent / "data.json").write_text(json.dumps(dump_of()))
    (folder / "data.json").symlink_to("../data.json")
    with pytest.raises(DumpError, match="sale de la carpeta"):
        read_dump(folder)


def test_a_document_that_is_no_text_is_refused(folder: Path) -> None:
    error = refused(folder, dump_of({"imagen": {"path": "files/a.pdf"}}))
    assert error.message == "equipos[0].imagen: se espera la ruta de un archivo, no un objeto"
