"""The hoja de vida: a PDF/A-2b for whatever the data say, with the semáforo, the histories and the charts."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from pypdf import PdfReader

from sam.planning.fichas import EquipoFicha
from sam.planning.semaforo import standing
from tests.unit.planes import (
    Store,
    calibracion,
    empresa_ficha,
    equipo_ficha,
    full_ficha,
    jpeg,
    magnitud,
    mantenimiento,
    part_plan,
)
from zipworker.hoja_de_vida import BrokenImage, HojaDeVida, Picture, hoja_de_vida, normalise_logo, normalise_photo
from zipworker.hoja_de_vida.charts import decimal_comma, emp_number, measurement_charts
from zipworker.hoja_de_vida.data import money
from zipworker.hoja_de_vida.images import PHOTO_PIXELS
from zipworker.hoja_de_vida.text import coverage, printable


def rendered(ficha: EquipoFicha, *, imagen: Picture | None = None, logo: Picture | None = None) -> PdfReader:
    plan = part_plan([ficha], documents={}, empresa=empresa_ficha(nombre="CERTIBOY S.A.S."))
    return PdfReader(io.BytesIO(hoja_de_vida().render(plan, plan.equipos[0], logo=logo, imagen=imagen)))


def text_of(pdf: PdfReader) -> str:
    return " ".join("\n".join(page.extract_text() for page in pdf.pages).replace("\u200b", "").split())


def test_it_is_a_pdf_a_2b_with_its_fonts_and_nothing_active() -> None:
    pdf = rendered(full_ficha(Store(), 1, "EQ-001"), imagen=Picture(jpeg(), "jpg"), logo=normalise_logo(image("PNG")))
    catalog: Any = pdf.trailer["/Root"]
    xmp = catalog["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in xmp
    assert catalog["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert not pdf.is_encrypted
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(catalog)
    resources: list[Any] = [page["/Resources"] for page in pdf.pages]
    fonts = {name: font for one in resources for name, font in one["/Font"].items()}
    assert fonts
    for font in fonts.values():
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Hoja de vida EQ-001 Termómetro EQ-001"


def test_it_says_what_the_contract_lists() -> None:
    ficha = full_ficha(Store(), 1, "EQ-001", observaciones="Patrón de trabajo.")
    text = text_of(rendered(ficha))
    for words in (
        *("HOJA DE VIDA DE EQUIPOS", "F-MET-01", "2024-02-01", "Información General", "±0,5 °C", "Ana Ñáñez"),
        *("Próximas Actividades Programadas", "Por vencer", "Vencido", "Sin programación", "faltan 13 días"),
        *("Observaciones", "Patrón de trabajo.", "Documentos del Equipo", "No cargado", "(2 de 2)"),
        *("Historial de Calibraciones", "Metrolab S.A.S.", "C-002", "Historial de Mantenimientos", "$ 120.000,50"),
        *("Historial de Comprobaciones", "CO-1", "Imagen", "Análisis Histórico de Mediciones", "Página 1 de"),
    ):
        assert words in text


def test_a_long_history_repeats_its_header_on_every_page() -> None:
    rows = [mantenimiento(n % 70) for n in range(200)]
    pdf = rendered(equipo_ficha(1, "E", mantenimientos=rows))
    pages = [page.extract_text() for page in pdf.pages]
    with_rows = [page for page in pages if "Servicios Técnicos" in page]
    assert len(with_rows) > 3
    assert all("Actividades" in page for page in with_rows)
    assert f"Página {len(pages)} de {len(pages)}" in " ".join(pages[-1].split())


def test_an_equipo_de_baja_is_marked_on_every_page() -> None:
    baja = {"fecha": "2025-11-30", "razon": "Daño", "observaciones": "", "documento": None}
    rows = [mantenimiento(n % 70) for n in range(80)]
    ficha = equipo_ficha(1, "E", estado="De Baja", baja=baja, mantenimientos=rows)
    pages = [" ".join(page.extract_text().split()) for page in rendered(ficha).pages]
    assert len(pages) > 1
    assert all("EQUIPO DE BAJA DESDE 2025-11-30" in page for page in pages)
    assert "Información de Baja" in " ".join(pages)
    assert "De Baja" in text_of(rendered(equipo_ficha(1, "E", estado="De Baja")))


HOSTILE = [
    "#panic() *x* _y_ $z$ `raw` <label> @ref = t \\ // [ ] { }",
    "\0\x01\x07\x1b\x7f\x85\ud800\uffff\U0010ffff",
    "漢字 😀 \u0600 \u202eabc\u202c \ufeff\u2028x\u2029y\rz",
    "a" * 10_000,
    "palabra " * 1_250,
    "\n" * 500 + "fin",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_compiles(text: str) -> None:
    texts = {key: text for key, value in equipo_ficha(1, "E").items() if isinstance(value, str)}
    texts = {key: value for key, value in texts.items() if not key.startswith(("fecha", "prox", "estado"))}
    row = {**calibracion(1), **dict.fromkeys(("proveedor", "resultado", "numero_certificado", "observaciones"), text)}
    row["magnitudes"] = [{**magnitud(1, emp=text), "nombre": text, "unidad": text}, magnitud(1)]
    ficha = equipo_ficha(1, text, **{**texts, "calibraciones": [row, calibracion(2)]})
    empresa = empresa_ficha(nombre=text, formato_codigo=text, formato_version=text)
    plan = part_plan([ficha], documents={}, empresa=empresa)
    assert hoja_de_vida().render(plan, plan.equipos[0], logo=None, imagen=None).startswith(b"%PDF")


@settings(deadline=None, database=None, max_examples=40)
@given(st.text(max_size=300))
def test_any_other_text_compiles_too(text: str) -> None:
    assert rendered(equipo_ficha(1, "E", nombre=text, observaciones=text)).pages


def test_every_character_that_is_said_to_be_covered_compiles_in_every_face() -> None:
    everything = " ".join(sorted(coverage()))
    row = {**calibracion(1), "observaciones": everything}
    ficha = equipo_ficha(1, "E", nombre=everything, observaciones=everything, calibraciones=[row])
    row["magnitudes"] = [{**magnitud(1), "nombre": everything}]
    assert rendered(ficha).pages


def test_what_no_font_has_becomes_the_replacement_character() -> None:
    assert printable("µΩ ±0,5 °C ≤ ½ s⁻¹") == "µΩ ±0,5 °C ≤ ½ s⁻¹"
    assert printable("漢\x07😀") == "\ufffd\ufffd\ufffd"
    assert printable("n\u0303 a\u00a0b\tc\r\nd\u202e\u200d") == "ñ a\u00a0b c\nd"
    assert printable("x" * 25).replace("\u200b", "|") == "xxxxxxxxxx|xxxxxxxxxx|xxxxx"


def test_two_compilers_give_the_same_bytes() -> None:
    plan = part_plan([full_ficha(Store(), 1, "EQ-001")], documents={})
    photo = normalise_photo(io.BytesIO(jpeg()))
    first, second = (HojaDeVida().render(plan, plan.equipos[0], logo=photo, imagen=photo) for _ in range(2))
    assert first == second


def test_the_instant_and_nothing_else_is_the_time_of_the_pdf() -> None:
    pdf = rendered(equipo_ficha(1, "E"))
    assert pdf.metadata is not None
    assert str(pdf.metadata.creation_date) == "2026-01-02 14:30:07+00:00"


# ── Semáforo ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("proxima", "estado", "detalle"),
    [
        (None, "sin_programacion", ""),
        ("2026-01-01", "vencido", "hace 1 día"),
        ("2025-01-02", "vencido", "hace 365 días"),
        ("2026-01-02", "por_vencer", "hoy"),
        ("2026-01-03", "por_vencer", "falta 1 día"),
        ("2026-02-01", "por_vencer", "faltan 30 días"),
        ("2026-02-02", "vigente", "faltan 31 días"),
    ],
)
def test_the_semaforo_counts_days_from_the_instant(proxima: str | None, estado: str, detalle: str) -> None:
    found = standing(proxima, today=date(2026, 1, 2))
    assert (found.estado.value, found.detalle) == (estado, detalle)


def test_the_semaforo_is_valued_on_the_day_in_bogota() -> None:
    ficha = equipo_ficha(1, "E", proxima_calibracion="2026-01-02", proxima_comprobacion=None)
    plan = part_plan([ficha], documents={})
    late = replace(plan, instant=plan.instant.replace(day=3, hour=4))  # still the 2nd in Bogota
    pdf = PdfReader(io.BytesIO(hoja_de_vida().render(late, late.equipos[0], logo=None, imagen=None)))
    assert "Por vencer hoy" in text_of(pdf)


# ── Measurements ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("emp", "number"),
    [
        (0.5, 0.5),
        (-0.5, 0.5),
        (0, None),
        (None, None),
        ("", None),
        ("±0,5 °C", 0.5),
        ("0,5", 0.5),
        ("+/- 0.25°C", 0.25),
        ("2 % FS", None),
        ("±0,5 K", None),
        ("según fabricante", None),
        ("1e-3", 0.001),
    ],
)
def test_an_emp_is_a_number_only_where_it_was_written_as_one_of_that_unit(
    emp: float | str | None, number: float | None
) -> None:
    assert emp_number(emp, unidad="°C") == number


def charts(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    found = measurement_charts(equipo_ficha(1, "E", calibraciones=list(rows)))
    return [chart for group in found for chart in group["graficas"]]


def test_a_chart_shows_the_last_five_calibraciones_of_a_magnitud() -> None:
    (chart,) = charts(*(calibracion(n) for n in range(1, 8)))
    assert [one["nombre"] for one in chart["series"]] == [f"{2020 + n}-01-15 · C-{n:03}" for n in range(3, 8)]
    assert chart["nota"] == ""


def test_each_magnitud_has_its_chart_and_an_emp_is_shown_as_written() -> None:
    row = calibracion(1)
    row["magnitudes"] = [magnitud(1, emp="±0,5 °C"), {**magnitud(1, emp="2 % FS"), "nombre": "Humedad", "unidad": "%"}]
    temperatura, humedad = charts(row)
    assert (temperatura["titulo"], temperatura["emp"]) == ("Temperatura (°C): error / EMP", "±0,5 °C")
    assert (humedad["series"], humedad["emp"]) == ([], "2 % FS")
    assert humedad["nota"].startswith("No se puede graficar")


@pytest.mark.parametrize(
    "puntos",
    [
        [],
        [{"nominal": 1.0, "error": 0.1}],
        [{"nominal": None, "error": 0.1}, {"nominal": 5.0, "lectura": 5.1}],
        [{"nominal": 1e308, "error": -1e308}, {"nominal": -1e308, "error": 1e308}],
        [{"nominal": 7.0, "error": 0.0}] * 3,
        [{"nominal": n / 3, "error": 1e-9 * n, "incertidumbre": -0.2} for n in range(1000)],
        [{"nominal": 0.0, "error": 1e6}],
    ],
)
def test_any_points_can_be_drawn(puntos: list[dict[str, float | None]]) -> None:
    empty = {"nominal": None, "lectura": None, "error": None, "emp_absoluto": 0.5, "incertidumbre": None}
    full = [{**empty, "conformidad": "", **punto} for punto in puntos]
    rows = [{**calibracion(1), "magnitudes": [{"nombre": "P", "unidad": "kPa", "puntos": full}]}]
    assert rendered(equipo_ficha(1, "E", calibraciones=rows)).pages


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(-0.5, 1, "−0,5"), (-0.0, 1, "0,0"), (1500, 0, "1500"), (1.5e9, 0, "1,5e+09"), (0.00002, 6, "2e−05")],
)
def test_numbers_are_written_as_in_colombia(value: float, decimals: int, text: str) -> None:
    assert decimal_comma(value, decimals) == text


def test_money_is_written_as_in_colombia() -> None:
    assert [money(None), money("1234567.50"), money("350000.00")] == ["", "$ 1.234.567,50", "$ 350.000"]


# ── Images ────────────────────────────────────────────────────────────────────────────────


def image(format: str, mode: str = "RGB", size: tuple[int, int] = (1600, 900), **options: Any) -> io.BytesIO:
    out = io.BytesIO()
    color: Any = {"1": 1, "L": 90, "P": 3, "I;16": 40_000, "LA": (90, 128)}.get(
        mode, tuple(range(40, 40 + len(mode) * 30, 30))
    )
    Image.new(mode, size, color).save(out, format, **options)
    return out


def cmyk_with_profile() -> io.BytesIO:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return image("JPEG", "CMYK", icc_profile=profile)  # a profile of another colour space: left aside


def turned() -> io.BytesIO:
    exif = Image.Exif()
    exif[0x0112] = 6
    return image("JPEG", size=(640, 320), exif=exif)


@pytest.mark.parametrize(
    "make",
    [
        lambda: image("JPEG"),
        lambda: image("JPEG", progressive=True),
        lambda: image("JPEG", "CMYK"),
        cmyk_with_profile,
        lambda: image("PNG", "RGBA"),
        lambda: image("PNG", "P", transparency=3),
        lambda: image("PNG", "I;16"),
        lambda: image("PNG", "1"),
        lambda: image("PNG", "LA"),
        lambda: image("TIFF", "CMYK"),
        lambda: image("BMP"),
        lambda: image("GIF", "P"),
        lambda: image("WEBP", "RGBA"),
        lambda: image("JPEG2000"),
    ],
)
def test_an_image_of_any_common_kind_is_made_fit_for_the_pdf(make: Callable[[], io.BytesIO]) -> None:
    photo, logo = normalise_photo(make()), normalise_logo(make())
    for picture in (photo, logo):
        with Image.open(io.BytesIO(picture.data)) as read:
            assert (read.mode, read.info.get("icc_profile")) == ("RGB", None)
            assert max(read.size) <= PHOTO_PIXELS
    assert rendered(equipo_ficha(1, "E", imagen=1), imagen=photo, logo=logo).pages


def test_a_photo_stands_upright() -> None:
    with Image.open(io.BytesIO(normalise_photo(turned()).data)) as read:
        assert read.size == (320, 640)


def test_a_photo_that_is_ready_is_not_coded_twice() -> None:
    data = jpeg()
    assert normalise_photo(io.BytesIO(data)).data == data


def test_a_profile_is_applied_where_it_works() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with Image.open(io.BytesIO(normalise_photo(image("PNG", icc_profile=profile)).data)) as read:
        assert read.mode == "RGB"


def declared_size(width: int, height: int) -> bytes:
    """A PNG whose header promises more than anybody should decode."""
    data = bytearray(image("PNG", size=(1, 1)).getvalue())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an image",
        jpeg()[:400],
        image("PNG").getvalue()[:90],
        image("TIFF").getvalue()[:200],
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        declared_size(60_000, 60_000),
        declared_size(2**31 - 1, 2**31 - 1),
    ],
)
def test_what_is_no_image_is_broken(data: bytes) -> None:
    for normalise in (normalise_photo, normalise_logo):
        with pytest.raises(BrokenImage):
            normalise(io.BytesIO(data))


@settings(deadline=None, database=None, max_examples=60)
@given(st.sampled_from(["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"]), st.data())
@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow warns of what it mends
def test_a_damaged_image_is_shown_or_broken_and_nothing_else(format: str, data: st.DataObject) -> None:
    damaged = bytearray(image(format, "P" if format == "GIF" else "RGB", size=(40, 30)).getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    for normalise in (normalise_photo, normalise_logo):
        try:
            picture = normalise(io.BytesIO(bytes(damaged)))
        except BrokenImage:
            continue
        assert picture.data
