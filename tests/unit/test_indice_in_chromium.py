"""INDICE in Chromium, from files: hostile names, two parts extracted together, with and without script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from sam.planning.names import sidecar
from tests.unit.indices import extract, hostile_parts, page_of
from tests.unit.planes import Store
from zipworker.package.missing import Missing, Motivo

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.e2e


@pytest.fixture
def extracted(tmp_path: Path) -> Path:
    """Two hostile parts, extracted together in a folder whose name is hostile as well."""
    root = tmp_path / "Ñandú #1 100%"
    path = "Equipos/a&b;c=d/compra.pdf"
    for plan in hostile_parts(Store()):
        extract(plan, root)
        missing = [Missing(1, "a&b;c=d", "Documento de compra", path, Motivo.NO_ESTA)] if plan.number == 1 else []
        page = page_of(plan, missing=missing, without=[path])
        (root / sidecar("INDICE", "html", plan.number, 2)).write_text(page.html, encoding="utf-8", newline="")
    return root


def test_from_the_extracted_folder_it_opens_filters_and_leads_to_the_other_part(
    chromium: Browser, extracted: Path
) -> None:
    page = chromium.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.goto("file://" + quote(f"{extracted}/INDICE_P1de2.html"))
    shown = page.locator("#shown")
    assert shown.inner_text() == "10 equipos"
    page.get_by_label("Buscar").fill("PASSWD")
    assert shown.inner_text() == "1 de 10 equipos"
    page.get_by_label("Buscar").fill("nada de esto")
    assert page.locator("#none").is_visible()
    page.get_by_label("Buscar").fill("")
    page.get_by_label("Solo con faltantes").check()
    assert shown.inner_text() == "1 de 10 equipos"
    page.get_by_role("button", name="Cerrar todos").click()
    assert not page.get_by_text("no está en el almacenamiento").is_visible()
    page.get_by_label("Solo con faltantes").uncheck()
    page.get_by_label("Semáforo").select_option("Vigente")
    assert shown.inner_text() == "0 de 10 equipos"
    page.get_by_role("link", name="parte 2").first.click()
    page.wait_for_url("**/INDICE_P2de2.html")
    assert page.locator("#shown").inner_text() == "2 equipos"
    assert trouble == []
    page.context.close()


@pytest.mark.parametrize("width", [320, 800, 1400])
def test_without_script_everything_is_there_and_no_width_scrolls_sideways(
    chromium: Browser, extracted: Path, width: int
) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto("file://" + quote(f"{extracted}/INDICE_P1de2.html"))
    assert page.get_by_text("no está en el almacenamiento").is_visible()
    assert not page.get_by_label("Buscar").is_visible()
    page.locator("summary", has_text="documentos").first.click()
    assert page.locator("#equipo-1").get_by_role("link", name="Confirmación metrológica 2").is_visible()
    box = page.locator("html").bounding_box()
    assert box is not None
    assert page.locator("main").bounding_box()["width"] <= width  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
