"""INDICE: every link leads to a file, every gap says why, nothing of the data becomes markup, nothing runs but ours."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sam import words
from sam.planning.names import sidecar
from sam.planning.plan import PartPlan
from sam.planning.semaforo import WORDS as SEMAFORO_WORDS
from tests.unit.indices import HOSTILE, Page, extract, hostile_parts, listed, page_of, procedimiento
from tests.unit.planes import Store, calibracion, empresa_ficha, equipo_ficha, full_ficha, mantenimiento, part_plan
from zipworker.indice import Thresholds
from zipworker.indice.page import csp_hash
from zipworker.package.missing import WORDS, Missing, Motivo
from zipworker.workbook import WORKBOOK_NAME

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "zipworker" / "indice"


@pytest.fixture
def store() -> Store:
    return Store()


def one_part(store: Store, **changes: Any) -> PartPlan:
    return part_plan([full_ficha(store, 1, "EQ-001", **changes)], documents=store.documents)


def test_every_link_of_every_part_leads_to_a_file_when_the_parts_are_extracted_together(
    store: Store, tmp_path: Path
) -> None:
    plans = hostile_parts(store)
    for plan in plans:
        extract(plan, tmp_path)
    for plan in plans:
        page = page_of(plan)
        ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
        files = [link for link in page.links if not link.startswith("#")]
        assert len(files) > 50
        for link in files:
            parts = urlsplit(link)
            assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
            assert (tmp_path / unquote(parts.path)).is_file(), link
        assert {link[1:] for link in page.links if link.startswith("#")} <= ids


def test_every_file_of_the_part_is_linked(store: Store) -> None:
    for plan in hostile_parts(store):
        linked = {unquote(link) for link in page_of(plan).links}
        assert {file.path for file in listed(plan)} <= linked
        assert {
            sidecar("FALTANTES", "csv", plan.number, 2),
            sidecar("LEEME", "txt", plan.number, 2),
            sidecar("manifiesto", "json", plan.number, 2),
            sidecar("MANIFIESTO", "sha256", plan.number, 2),
            sidecar("INDICE", "html", 3 - plan.number, 2),
        } <= linked


@settings(max_examples=40, deadline=None)
@given(text=st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=60)))
def test_no_text_becomes_markup(text: str) -> None:
    plain, hostile = page_that_says("x"), page_that_says(text)
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert [attrs.keys() for _, attrs in hostile.tags] == [attrs.keys() for _, attrs in plain.tags]
    assert hostile.raw == plain.raw
    assert hostile.csp == plain.csp


@cache
def page_that_says(text: str) -> Page:
    """A page with one text wherever a text can be."""
    store = Store()
    texts = dict.fromkeys(("nombre", "ubicacion", "marca", "tipo_equipo", "estado", "numero_serie"), text)
    rows = [{**calibracion(1, store.add("c.pdf", b"c")), "numero_certificado": text, "resultado": text}]
    ficha = full_ficha(store, 1, "EQ", **texts, calibraciones=rows)
    return page_of(part_plan([ficha], documents=store.documents, empresa=empresa_ficha(nombre=text, nit=text)))


def test_what_was_written_can_be_read(store: Store) -> None:
    page = page_of(
        one_part(
            store, nombre='Balanza <b>"fina"</b> & nueva', ubicacion="Piso 1 > sala 'B'", modelo="\x00\u202egpj.exe"
        )
    )
    assert 'Balanza <b>"fina"</b> & nueva' in page.text
    assert "Piso 1 > sala 'B'" in page.text
    assert "gpj.exe" in page.text
    assert "\u202e" not in page.html
    assert not [byte for byte in page.html.encode() if byte < 0x20 and byte not in b"\n"]


def test_nothing_comes_from_outside_and_nothing_is_inline_but_one_style_and_one_script(store: Store) -> None:
    page = page_of(one_part(store))
    assert page.csp == (
        f"default-src 'none'; style-src '{csp_hash(page.raw['style'][0])}'; "
        f"script-src '{csp_hash(page.raw['script'][0])}'; base-uri 'none'; form-action 'none'"
    )
    assert (len(page.raw["style"]), len(page.raw["script"])) == (1, 1)
    assert "data:" not in page.html
    assert not re.search(r"https?://", page.html)
    assert not {tag for tag, _ in page.tags} & {"img", "link", "iframe", "object", "base"}
    assert not [attrs for _, attrs in page.tags if {"src", "style", "srcset"} & attrs.keys()]
    assert [str(attrs["href"])[0] for attrs in page.all("use")] == ["#"] * len(page.all("use"))


def test_the_script_and_the_style_hold_nothing_that_would_end_them() -> None:
    for name in ("indice.js", "indice.css"):
        assert "</" not in (ASSETS / name).read_text(encoding="utf-8")


def test_the_same_part_gives_the_same_bytes(store: Store) -> None:
    plan = one_part(store)
    assert page_of(plan).html == page_of(replace(plan, part_id=99)).html


def test_an_equipo_says_its_semaforo_by_word_at_the_instant_of_the_request(store: Store) -> None:
    page = page_of(one_part(store))  # valued on 2026-01-02
    assert "Por vencer 2026-01-15 faltan 13 días" in page.text
    assert "Vencido 2025-12-01 hace 32 días" in page.text
    assert "Sin programación" in page.text
    assert next(a["data-semaforos"] for a in page.all("tbody") if "data-semaforos" in a) == (
        "por_vencer sin_programacion vencido"
    )


def test_the_day_of_the_semaforo_is_the_day_in_colombia(store: Store) -> None:
    plan = one_part(store, proxima_calibracion="2026-01-02")
    late = plan.instant.replace(hour=4)  # still the first of January in Bogota
    assert "faltan" in page_of(replace(plan, instant=late)).text
    assert "falta 1 día" in page_of(replace(plan, instant=late)).text
    assert "2026-01-02 hoy" in page_of(plan).text


def test_the_thresholds_are_settings(store: Store) -> None:
    page = page_of(one_part(store), thresholds=Thresholds(por_vencer_days=12))
    assert "Vigente 2026-01-15" in page.text
    assert "faltan 12 días o menos" in page.text


def test_what_was_never_loaded_says_no_cargado(store: Store) -> None:
    rows = [calibracion(n, store.add("c.pdf", b"c") if n == 2 else None) for n in (1, 2, 3)]
    documents = {"compra": None, "ficha_tecnica": None, "manual": store.add("m.pdf", b"m"), "otros_documentos": None}
    changes = {"calibraciones": rows, "documentos": documents, "mantenimientos": [], "estado": "De Baja"}
    page = page_of(part_plan([equipo_ficha(1, "E", **changes)], documents=store.documents))
    for said in (
        "Documento de compra: no cargado",
        "Ficha técnica: no cargado",
        "Imagen: no cargado",
        "Calibraciones/Certificados_Calibracion Certificado de calibración 1 2022-01-15 · C-002 · 23 KB",
        "no cargado en 2 de 3 calibraciones: 2021-01-15, 2023-01-15",
        "Calibraciones/Confirmacion_Metrologica no cargado",
        "Mantenimientos sin mantenimientos",
        "Comprobaciones sin comprobaciones",
        "Documento de baja: no cargado",
    ):
        assert said in page.text
    assert not [link for link in page.links if "compra" in link]


def test_of_many_records_without_documento_some_are_named_and_the_others_counted(store: Store) -> None:
    rows = [mantenimiento(n, store.add("m.pdf", b"m") if n == 1 else None) for n in range(1, 12)]
    page = page_of(part_plan([equipo_ficha(1, "E", mantenimientos=rows)], documents=store.documents))
    assert "no cargado en 10 de 11 mantenimientos: 2022-03-01" in page.text
    assert "2027-03-01 y 4 más" in page.text


@pytest.mark.parametrize("motivo", [Motivo.NO_ESTA, Motivo.ILEGIBLE, Motivo.ALTERADO])
def test_what_is_registered_and_missing_has_its_motivo_and_no_link(store: Store, motivo: Motivo) -> None:
    path = "Equipos/EQ-001/Calibraciones/Certificados_Calibracion/cal_1.pdf"
    row = Missing(1, "EQ-001", "Certificado de calibración 1", path, motivo)
    page = page_of(one_part(store), missing=[row], without=[path])
    assert f"Certificado de calibración 1 2021-01-15 · C-001 falta: {WORDS[motivo]}" in page.text
    assert path not in page.links
    assert f"Falta 1 de {len(store.documents)} documentos" in page.text
    assert "EQ-001 Termómetro EQ-001: 1 faltante" in page.text
    assert "#equipo-1" in page.links
    assert "data-faltantes" in next(a for a in page.all("tbody") if a.get("id") == "equipo-1")
    assert "open" in page.all("details")[-1]


def test_an_image_that_cannot_be_shown_keeps_its_link_and_says_so(store: Store) -> None:
    path = "Equipos/EQ-001/imagen.jpg"
    page = page_of(one_part(store), missing=[Missing(1, "EQ-001", "Imagen", path, Motivo.IMAGEN_ROTA)])
    assert path in page.links
    assert f"Imagen 23 KB {WORDS[Motivo.IMAGEN_ROTA]}" in page.text


def test_a_hoja_de_vida_that_failed_is_missed_where_it_would_be(store: Store) -> None:
    path = "Equipos/EQ-001/Hoja_de_vida.pdf"
    row = Missing(None, "EQ-001", "Hoja de vida", path, Motivo.PDF_FALLO)
    page = page_of(one_part(store), missing=[row], without=[path])
    assert path not in page.links
    assert "sin hoja de vida" in page.text
    assert f"Hoja de vida falta: {WORDS[Motivo.PDF_FALLO]}" in page.text


def test_what_is_missing_outside_the_equipos_is_named_at_the_top(store: Store) -> None:
    plan = one_part(store)
    empresa = empresa_ficha(procedimientos=[procedimiento(store, 1, "P-01")])
    rows = [
        Missing(9, "", "Logo de la empresa", "", Motivo.IMAGEN_ROTA),
        Missing(10, "", "Procedimiento P-01", "Procedimientos/P-01_P-01.pdf", Motivo.NO_ESTA),
    ]
    plan = replace(plan, empresa=empresa)
    page = page_of(plan, missing=rows, without=["Procedimientos/P-01_P-01.pdf"])
    assert f"Logo de la empresa: {WORDS[Motivo.IMAGEN_ROTA]}" in page.text
    assert f"Procedimiento P-01: {WORDS[Motivo.NO_ESTA]}" in page.text
    assert f"P-01_P-01.pdf falta: {WORDS[Motivo.NO_ESTA]}" in page.text


def test_a_whole_part_says_that_nothing_is_missing(store: Store) -> None:
    page = page_of(one_part(store))
    assert "No falta ninguno de los documentos registrados" in page.text
    assert not [attrs for attrs in page.all("tbody") if "data-faltantes" in attrs]


def test_a_registered_file_that_nobody_accounts_for_is_not_linked(store: Store) -> None:
    path = "Equipos/EQ-001/compra.pdf"
    page = page_of(one_part(store), without=[path])
    assert path not in page.links
    assert "Documento de compra falta: no está en esta parte" in page.text


def test_the_parts_say_where_the_other_equipos_are(store: Store) -> None:
    fichas = [equipo_ficha(n, f"EQ-{n:03}") for n in range(1, 6)]
    page = page_of(part_plan(fichas, documents=store.documents, number=2, size=2))
    assert "Equipos 1–2 están en la parte 1 (EQ-001 a EQ-002)" in page.text
    assert "Equipos 3–4 están en esta parte (EQ-003 a EQ-004)" in page.text
    assert "Equipo 5 está en la parte 3 (EQ-005)" in page.text
    assert {"INDICE_P1de3.html", "INDICE_P3de3.html"} <= set(page.links)
    assert "INDICE_P2de3.html" not in page.links


def test_one_part_alone_speaks_of_no_others(store: Store) -> None:
    page = page_of(one_part(store))
    assert "Partes" not in page.text
    assert {"FALTANTES.csv", "LEEME.txt", "manifiesto.json", "MANIFIESTO.sha256", WORKBOOK_NAME} <= set(page.links)


def test_the_procedimientos_are_in_the_last_part_and_the_others_say_so(store: Store) -> None:
    rows = [procedimiento(store, 1, "P-01", loaded=False), procedimiento(store, 2, "P-02")]
    fichas = [equipo_ficha(1, "A"), equipo_ficha(2, "B")]
    plans = [
        part_plan(fichas, documents=store.documents, empresa=empresa_ficha(procedimientos=rows), number=number, size=1)
        for number in (1, 2)
    ]
    first, last = map(page_of, plans)
    assert "Los procedimientos de la empresa están en la parte 2" in first.text
    assert "P-01 P-01 1 no cargado P-02 P-02 1 P-02_P-02.pdf 23 KB" in last.text
    assert "Procedimientos/P-02_P-02.pdf" in last.links


def test_the_matriz_is_a_row_of_eight_letters_with_its_legend(store: Store) -> None:
    page = page_of(one_part(store))
    assert "a presente b presente c presente d presente e presente f no aplica" in page.text
    assert "Quién lo fabricó" in page.text
    assert "Fluke; 1523; serie SN-1" in page.text


def test_the_page_can_be_read_by_everyone(store: Store) -> None:
    page = page_of(one_part(store))
    assert page.all("html") == [{"lang": "es-CO"}]
    assert all("scope" in attrs for attrs in page.all("th"))
    assert "hidden" in page.all("form")[0]  # without script there is nothing that does nothing
    assert not [attrs for attrs in page.all("tbody") if "hidden" in attrs]
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_it_needs_no_settings_of_django() -> None:
    program = (
        "from tests.unit.planes import equipo_ficha, part_plan\n"
        "from zipworker.indice import indice_html\n"
        "from zipworker.package.manifest import Counts\n"
        "plan = part_plan([equipo_ficha(1, 'EQ-001')], documents={})\n"
        "assert b'EQ-001' in indice_html(plan, files=[], missing=[], counts=Counts(1, 0, 0))\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={"PATH": "/usr/bin:/bin"}, check=True, timeout=60)


def test_an_equipo_of_two_thousand_documentos_is_listed_whole(store: Store) -> None:
    def id() -> int:
        return store.add("x.pdf", b"x")

    rows = [calibracion(n % 9, id(), id(), id()) for n in range(700)]
    plan = part_plan([equipo_ficha(1, "E", calibraciones=rows)], documents=store.documents)
    page = page_of(plan)
    assert {file.path for file in listed(plan)} <= set(page.links)
    assert len(page.html) < 500_000


# ── What is written twice ───────────────────────────────────────────────────────────────────


def variables(css: str, selector: str) -> dict[str, str]:
    block = css.split(selector, 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([a-z-]+): ([^;]+);", block))


@pytest.mark.parametrize("selector", [":root {", "@media (prefers-color-scheme: dark) {"])
def test_its_colours_are_those_of_the_pages_of_sam(selector: str) -> None:
    ours = variables((ASSETS / "indice.css").read_text(encoding="utf-8"), selector)
    theirs = variables((ROOT / "frontend/static/sam/css/sam.css").read_text(encoding="utf-8"), selector)
    assert ours
    assert ours.items() <= theirs.items()


def test_its_icons_are_those_of_the_pages_of_sam() -> None:
    def symbols(text: str) -> set[str]:
        return set(re.findall(r'<symbol id="i-[a-z]+".*?</symbol>', text))

    ours = symbols((ASSETS / "indice.html").read_text(encoding="utf-8"))
    theirs = symbols((ROOT / "frontend/templates/_iconos.html").read_text(encoding="utf-8"))
    assert len(ours) == 4
    assert ours <= theirs


def test_its_words_of_the_semaforo_are_those_of_the_pages_of_sam() -> None:
    assert {light.value: word for light, word in SEMAFORO_WORDS.items()} == words.SEMAFORO
