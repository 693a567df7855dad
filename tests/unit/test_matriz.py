"""The Matriz 6.4.13, letter by letter: what makes a record present, what makes it lack, what asks for none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sam.planning.fichas import EquipoFicha
from tests.unit.planes import Store, calibracion, comprobacion, equipo_ficha, full_ficha, magnitud, mantenimiento
from zipworker.matriz import CLAUSES, Cell, State, evaluate

DOCUMENT = 1
BAJA = {"fecha": "2025-11-30", "razon": "Daño del sensor", "observaciones": "", "documento": None}
NO_PROGRAMME = {
    "frecuencia_calibracion_meses": None,
    "fecha_ultima_calibracion": None,
    "proxima_calibracion": None,
}
NOT_MEASURING = {
    **NO_PROGRAMME,
    "rango_medida": "",
    "resolucion": "N/A",
    "error_maximo_permisible": "",
    "unidad": "-",
    "puntos_calibracion": "",
}
REFERENCE_MATERIAL = {"tipo_equipo": "Material de Referencia Certificado", "nombre": "Plomo en agua"}


def ficha(**changes: Any) -> EquipoFicha:
    return equipo_ficha(1, changes.pop("codigo_interno", "EQ-001"), **changes)


def cell(letter: str, one: EquipoFicha) -> Cell:
    return next(cell for cell in evaluate(one) if cell.clause == letter)


def assert_cell(letter: str, one: EquipoFicha, state: State, evidence: str) -> None:
    found = cell(letter, one)
    assert (found.state, evidence in found.evidence) == (state, True), found


def test_there_is_one_cell_for_each_letter_from_a_to_h() -> None:
    assert [clause.letter for clause in CLAUSES] == list("abcdefgh")
    assert [one.clause for one in evaluate(ficha())] == list("abcdefgh")


def test_every_clause_says_what_it_asks_and_how_it_is_decided() -> None:
    for clause in CLAUSES:
        assert clause.nombre
        assert clause.asks.endswith(".")
        assert clause.decided.endswith(".")


def test_a_complete_equipo_has_every_record_and_nothing_to_tell_of_f_and_h() -> None:
    one = full_ficha(Store(), 1, "EQ-001", proximo_mantenimiento="2026-05-01")
    states = {found.clause: found.state for found in evaluate(one)}
    assert states == {
        **dict.fromkeys("abcdeg", State.PRESENTE),
        "f": State.NO_APLICA,
        "h": State.NO_APLICA,
    }


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        ({}, State.PRESENTE, "EQ-001; Termómetro EQ-001"),
        ({"codigo_interno": ".."}, State.PRESENTE, "..;"),
        ({"nombre": " "}, State.NO_CARGADO, "falta el nombre; hay EQ-001"),
        ({"observaciones": "Firmware 2.1"}, State.PRESENTE, "mencionada en las observaciones"),
        ({"observaciones": "Sin novedad"}, State.PRESENTE, "versión de software o firmware no registrada"),
    ],
)
def test_a_the_identity_is_codigo_and_nombre(changes: Any, state: State, evidence: str) -> None:
    assert_cell("a", ficha(**changes), state, evidence)


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        ({}, State.PRESENTE, "Fluke; 1523; serie SN-1"),
        ({"numero_serie": ""}, State.PRESENTE, "sin número de serie: lo distingue su código EQ-001"),
        ({"numero_serie": "S/N"}, State.PRESENTE, "sin número de serie"),
        ({"marca": "N/A"}, State.NO_CARGADO, "falta la marca; hay 1523; serie SN-1"),
        ({"marca": "", "modelo": "---"}, State.NO_CARGADO, "faltan la marca y el modelo; hay serie SN-1"),
    ],
)
def test_b_the_maker_the_model_and_a_number_that_is_its_own(changes: Any, state: State, evidence: str) -> None:
    assert_cell("b", ficha(**changes), state, evidence)


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        ({}, State.NO_CARGADO, "sin confirmación metrológica"),
        (
            {"calibraciones": [calibracion(1, confirmacion=DOCUMENT)]},
            State.PRESENTE,
            "confirmación metrológica de 2021",
        ),
        (
            {"calibraciones": [calibracion(2, confirmacion=DOCUMENT), calibracion(1, confirmacion=DOCUMENT)]},
            State.PRESENTE,
            "2 confirmaciones metrológicas, la última de 2022-01-15: Conforme",
        ),
        (
            {"comprobaciones": [comprobacion(1, interno=DOCUMENT)]},
            State.PRESENTE,
            "comprobación de 2021-06-01: Aprobado",
        ),
        ({"calibraciones": [calibracion(1)]}, State.PRESENTE, "puntos que dicen si son conformes"),
        (
            {"calibraciones": [{**calibracion(1, certificado=DOCUMENT), "magnitudes": []}]},
            State.NO_CARGADO,
            "sin confirmación metrológica",
        ),
    ],
)
def test_c_a_certificate_alone_does_not_verify_anything(changes: Any, state: State, evidence: str) -> None:
    assert_cell("c", ficha(**changes), state, evidence)


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        ({}, State.PRESENTE, "Laboratorio"),
        ({"estado": "En Préstamo"}, State.PRESENTE, "Laboratorio (estado: En Préstamo)"),
        ({"ubicacion": "no aplica."}, State.NO_CARGADO, "falta la ubicación"),
        ({"ubicacion": "", "estado": "De Baja"}, State.NO_APLICA, "de baja"),
        ({"ubicacion": "Bodega", "estado": "De Baja"}, State.PRESENTE, "Bodega (estado: De Baja)"),
    ],
)
def test_d_a_withdrawn_equipo_may_be_nowhere(changes: Any, state: State, evidence: str) -> None:
    assert_cell("d", ficha(**changes), state, evidence)


CALIBRATED: dict[str, Any] = {"calibraciones": [calibracion(1, certificado=DOCUMENT)]}


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        (CALIBRATED, State.PRESENTE, "1 calibración, la última de 2021-01-15: Conforme, certificado C-001"),
        (CALIBRATED, State.PRESENTE, "error máximo permisible ±0,5 °C; próxima fecha 2026-01-15, cada 12 meses"),
        (CALIBRATED, State.PRESENTE, "las observaciones hablan de ajustes"),
        ({}, State.NO_CARGADO, "falta una calibración con fecha y resultado"),
        ({"calibraciones": [{**calibracion(1), "fecha": None}]}, State.NO_CARGADO, "falta una calibración con fecha"),
        (
            {"calibraciones": [{**calibracion(1), "resultado": "", "magnitudes": []}]},
            State.NO_CARGADO,
            "falta una calibración con fecha y resultado",
        ),
        (
            {**CALIBRATED, "proxima_calibracion": None, "frecuencia_calibracion_meses": None},
            State.NO_CARGADO,
            "falta la próxima calibración o su intervalo; hay 1 calibración",
        ),
        ({**CALIBRATED, "proxima_calibracion": None}, State.PRESENTE, "cada 12 meses"),
        (
            {**CALIBRATED, "error_maximo_permisible": "N/A"},
            State.PRESENTE,
            "error máximo permisible en los puntos medidos",
        ),
        (
            {
                "calibraciones": [{**calibracion(1), "magnitudes": [magnitud(1, emp=None)]}],
                "error_maximo_permisible": "",
            },
            State.NO_CARGADO,
            "falta el criterio de aceptación",
        ),
        (
            {**CALIBRATED, **NO_PROGRAMME, "estado": "De Baja", "baja": BAJA},
            State.PRESENTE,
            "sin programación por estar de baja",
        ),
        (NOT_MEASURING, State.NO_APLICA, "nada en su registro dice que mide"),
        ({**NOT_MEASURING, "frecuencia_calibracion_meses": 12}, State.NO_CARGADO, "falta"),
        ({**REFERENCE_MATERIAL}, State.NO_APLICA, "vea el literal f"),
        ({**REFERENCE_MATERIAL, **CALIBRATED}, State.PRESENTE, "1 calibración"),
    ],
)
def test_e_a_calibration_its_criterion_and_the_next_one(changes: Any, state: State, evidence: str) -> None:
    assert_cell("e", ficha(**changes), state, evidence)


PAPERS = {"compra": None, "ficha_tecnica": DOCUMENT, "manual": None, "otros_documentos": DOCUMENT}


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        ({}, State.NO_APLICA, "no es un material de referencia"),
        ({"tipo_equipo": "Masas patrón"}, State.NO_APLICA, "no es un material de referencia"),
        (REFERENCE_MATERIAL, State.NO_CARGADO, "falta su certificado o su ficha técnica"),
        ({**REFERENCE_MATERIAL, **CALIBRATED}, State.PRESENTE, "1 certificado; próxima fecha 2026-01-15"),
        ({"nombre": "Solución patrón pH 7", "documentos": PAPERS}, State.PRESENTE, "ficha técnica y otros documentos"),
        ({"nombre": "MRC de cobre", **CALIBRATED, **NO_PROGRAMME}, State.NO_CARGADO, "falta hasta cuándo es válido"),
        ({"nombre": "MRC", **CALIBRATED, **NO_PROGRAMME, "estado": "De Baja"}, State.PRESENTE, "de baja"),
    ],
)
def test_f_is_asked_of_reference_materials_only(changes: Any, state: State, evidence: str) -> None:
    assert_cell("f", ficha(**changes), state, evidence)


PLANNED: dict[str, Any] = {"frecuencia_mantenimiento_meses": 1, "proximo_mantenimiento": "2026-02-01"}
MAINTAINED: dict[str, Any] = {"mantenimientos": [mantenimiento(1)], "fecha_ultimo_mantenimiento": "2021-03-01"}


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        ({}, State.NO_CARGADO, "faltan el plan de mantenimiento y el registro de lo hecho"),
        (PLANNED, State.PRESENTE, "próxima fecha 2026-02-01, cada 1 mes; ningún mantenimiento hecho todavía"),
        ({**PLANNED, **MAINTAINED}, State.PRESENTE, "1 mantenimiento, el último de 2021-03-01"),
        (MAINTAINED, State.NO_CARGADO, "falta el plan de mantenimiento; hay 1 mantenimiento"),
        (
            {**PLANNED, "fecha_ultimo_mantenimiento": "2025-01-01"},
            State.NO_CARGADO,
            "falta el registro de lo hecho",
        ),
        ({"estado": "De Baja", "baja": BAJA}, State.NO_APLICA, "no tuvo mantenimientos"),
        ({"estado": "De Baja", "baja": BAJA, **MAINTAINED}, State.PRESENTE, "1 mantenimiento"),
        ({"estado": "De Baja", "fecha_ultimo_mantenimiento": "2025-01-01"}, State.NO_CARGADO, "registro de lo hecho"),
        (REFERENCE_MATERIAL, State.NO_APLICA, "no se mantiene"),
    ],
)
def test_g_a_plan_and_what_was_done_if_anything_was(changes: Any, state: State, evidence: str) -> None:
    assert_cell("g", ficha(**changes), state, evidence)


BARE_REPAIR = {**mantenimiento(1), "tipo": "CORRECTIVO", "descripcion": "", "observaciones": "N/A"}
FAILURE = {**calibracion(1), "resultado": "No Aprobado", "observaciones": "", "magnitudes": []}


@pytest.mark.parametrize(
    ("changes", "state", "evidence"),
    [
        ({}, State.NO_APLICA, "sin daños"),
        ({"mantenimientos": [mantenimiento(1)]}, State.NO_APLICA, "sin daños"),
        (
            {"mantenimientos": [{**mantenimiento(1), "tipo": "Correctivo"}]},
            State.PRESENTE,
            "mantenimiento correctivo de 2021-03-01",
        ),
        ({"mantenimientos": [BARE_REPAIR]}, State.NO_CARGADO, "sin detalle: mantenimiento correctivo de 2021-03-01"),
        ({"mantenimientos": [{**BARE_REPAIR, "documento_externo": DOCUMENT}]}, State.PRESENTE, "correctivo"),
        (
            {"mantenimientos": [{**BARE_REPAIR, "tipo": "Reparación", "descripcion": "Fusible"}]},
            State.PRESENTE,
            "mantenimiento reparación de",
        ),
        ({"calibraciones": [FAILURE]}, State.NO_CARGADO, "sin detalle: calibración de 2021-01-15 (No Aprobado)"),
        ({"calibraciones": [{**FAILURE, "certificado": DOCUMENT}]}, State.PRESENTE, "calibración de 2021-01-15"),
        (
            {"comprobaciones": [{**comprobacion(1), "resultado": "NO CONFORME"}]},
            State.PRESENTE,
            "comprobación de 2021-06-01 (NO CONFORME)",
        ),
        ({"estado": "De Baja", "baja": BAJA}, State.PRESENTE, "baja de 2025-11-30: Daño del sensor"),
        ({"estado": "De Baja", "baja": {**BAJA, "razon": "", "documento": DOCUMENT}}, State.PRESENTE, "baja de 2025"),
        ({"estado": "De Baja", "baja": {**BAJA, "razon": ""}}, State.NO_CARGADO, "sin detalle: baja de 2025-11-30"),
        ({"estado": "De Baja"}, State.NO_CARGADO, "sin detalle: baja sin registro"),
        ({"estado": "Activo", "baja": BAJA}, State.NO_APLICA, "sin daños"),
        (
            {"mantenimientos": [{**mantenimiento(n), "tipo": "Correctivo"} for n in range(1, 6)]},
            State.PRESENTE,
            "mantenimiento correctivo de 2023-03-01 y 2 más",
        ),
    ],
)
def test_h_whatever_happened_is_told_and_mostly_nothing_did(changes: Any, state: State, evidence: str) -> None:
    assert_cell("h", ficha(**changes), state, evidence)


ANY_TEXT = st.text(max_size=200)


@settings(max_examples=50)
@given(
    text=ANY_TEXT,
    estado=st.sampled_from(["Activo", "De Baja", "En Préstamo"]),
    fecha=st.sampled_from([None, "2025-01-15"]),
)
def test_any_text_is_answered_on_one_line_that_is_not_too_long(text: str, estado: str, fecha: str | None) -> None:
    texts = ("nombre", "tipo_equipo", "marca", "modelo", "numero_serie", "ubicacion", "error_maximo_permisible")
    row = {**calibracion(1), "fecha": fecha, "resultado": text, "observaciones": text, "numero_certificado": text}
    work = {**mantenimiento(1), "fecha": fecha, "tipo": text, "descripcion": text}
    one = ficha(
        codigo_interno=text,
        estado=estado,
        calibraciones=[row],
        mantenimientos=[work],
        baja={"fecha": fecha, "razon": text, "observaciones": text, "documento": None},
        **dict.fromkeys(texts, text),
    )
    for found in evaluate(one):
        assert found.evidence
        assert len(found.evidence.splitlines()) == 1
        assert len(found.evidence) < 800
