"""The figures before a click are those of the package: nothing is due, and nothing packed, that is not so there."""

from __future__ import annotations

from datetime import date

import pytest

from sam.models import Baja, Equipo
from sam.selectors.empresas import equipos_at_a_glance, glance_rows, resumen
from tests.integration.making import make_empresa, real_database, store_document

pytestmark = [real_database, pytest.mark.sqlite]


def test_nothing_is_due_of_an_equipo_de_baja() -> None:
    empresa = make_empresa(equipos=2)
    Equipo.objects.update(proxima_calibracion=date(2020, 1, 1))
    Equipo.objects.filter(codigo_interno="EQ-002").update(estado="De Baja")
    assert resumen(empresa)["vencidos"] == 1
    rows = glance_rows(list(equipos_at_a_glance(empresa)))
    assert [row["semaforo"] for row in rows] == ["vencido", "sin_programacion"]


def test_the_document_of_a_baja_counts_only_while_its_equipo_is_de_baja() -> None:
    empresa = make_empresa(equipos=1)
    equipo = Equipo.objects.get()
    Baja.objects.create(equipo=equipo, documento=store_document(empresa, "baja.pdf", b"%PDF"))
    assert (resumen(empresa)["documentos"], resumen(empresa)["bytes"]) == (0, 0)
    Equipo.objects.update(estado="De Baja")
    assert (resumen(empresa)["documentos"], resumen(empresa)["bytes"]) == (1, 4)
    assert [row["documentos"] for row in glance_rows(list(equipos_at_a_glance(empresa)))] == [1]
