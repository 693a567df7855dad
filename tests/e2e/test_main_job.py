"""The main job, as four people see it in Chromium, and what they then have on disk."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.running import PASSWORD, ROOT, Sam

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SECONDS = 1000
PARTS = "[data-testid=zip-part]"


@pytest.fixture
def running(sam: Sam) -> Sam:
    sam.start_web()
    sam.start_worker()
    return sam


class People:
    """Browsers of different people, each signed in with a context of its own."""

    def __init__(self, browser: Browser, sam: Sam) -> None:
        self._browser = browser
        self._sam = sam
        self._contexts: dict[str, BrowserContext] = {}

    def tab(self, username: str) -> Page:
        """A new tab of that person on /informes/, live."""
        if username not in self._contexts:
            context = self._browser.new_context(locale="en-US")
            self._contexts[username] = context
            page = context.new_page()
            page.goto(f"{self._sam.url}/entrar/")
            page.fill("[name=username]", username)
            page.fill("[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url("**/informes/")
            page.close()
        page = self._contexts[username].new_page()
        page.goto(f"{self._sam.url}/informes/")
        expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
        return page

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()


@pytest.fixture
def people(chromium: Browser, running: Sam) -> Iterator[People]:
    there = People(chromium, running)
    yield there
    there.close()


WATCH = """() => {
  window.seen = {states: new Set(), words: new Set(), values: new Set()};
  const note = () => {
    for (const part of document.querySelectorAll("[data-testid=zip-part]")) {
      if (part.closest("template")) continue;
      window.seen.states.add(part.dataset.state);
      window.seen.words.add(part.querySelector("[data-testid=part-status]").textContent);
      const progress = part.querySelector("[data-testid=part-progress]");
      if (progress && !progress.hidden) window.seen.values.add(progress.value);
    }
  };
  const everything = {subtree: true, childList: true, attributes: true, characterData: true};
  new MutationObserver(note).observe(document.body, everything);
}"""


def requests_of(page: Page) -> list[str]:
    made: list[str] = []

    def note(request: Request) -> None:
        made.append(f"{request.method} {request.url}")

    page.on("request", note)
    return made


def test_a_click_in_one_tab_ends_as_descargar_in_every_tab_of_the_usuario_and_in_no_other(
    people: People, running: Sam
) -> None:
    first, second = people.tab("certiboy"), people.tab("certiboy")
    colleague, stranger = people.tab("certiboy2"), people.tab("otra")
    for page in (first, second, colleague, stranger):
        page.evaluate(WATCH)
    made = {page: requests_of(page) for page in (first, second, colleague, stranger)}

    first.get_by_test_id("zip-request").click()
    for page in (first, second):
        expect(page.locator(PARTS)).to_have_count(2)
        for number in (0, 1):
            status = page.locator(PARTS).nth(number).get_by_test_id("part-status")
            expect(status).to_have_text("Descargar", timeout=60 * SECONDS)
        expect(page.get_by_test_id("part-download")).to_have_count(2)
        expect(page.get_by_test_id("zip-request")).to_have_text("Solicitar ZIP")
        expect(page.get_by_test_id("notification-count")).to_have_text("1")
        seen = page.evaluate("() => ({words: [...seen.words], values: [...seen.values]})")
        assert set(seen["words"]) == {"Calculando...", "Descargar"}
        between = [value for value in seen["values"] if 0 < value < 35]
        assert between, f"no progress was seen: {seen}"

    assert made[first] == [f"POST {running.url}/zip/solicitudes/"]
    for page in (second, colleague, stranger):
        assert made[page] == []
    for page in (colleague, stranger):
        assert page.locator(PARTS).count() == 0
        assert page.evaluate("() => seen.states.size") == 0
        expect(page.get_by_test_id("zip-request")).to_have_text("Solicitar ZIP")


def test_a_double_click_makes_one_request(people: People, running: Sam) -> None:
    page = people.tab("certiboy")
    page.get_by_test_id("zip-request").dblclick()
    expect(page.locator(PARTS)).to_have_count(2)
    expect(page.get_by_test_id("part-download")).to_have_count(2, timeout=60 * SECONDS)
    assert running.query("SELECT count(*) FROM sam_ziprequest") == [(1,)]


def test_the_downloads_are_the_audit_package(people: People, running: Sam, tmp_path: Path) -> None:
    page = people.tab("certiboy")
    page.get_by_test_id("zip-request").click()
    expect(page.get_by_test_id("part-download")).to_have_count(2, timeout=60 * SECONDS)
    files = [download(page, number) for number in (0, 1)]
    for file, piece in zip(files, ("_P1de2_EQ001-035_", "_P2de2_EQ036-069_"), strict=True):
        assert file.name.startswith(f"SAM_Equipos_CERTIBOY_S.A.S{piece}")
    hashes: list[str] = []
    for file in files:
        tested = subprocess.run(["unzip", "-tq", file], capture_output=True, check=False)
        assert tested.returncode == 0, tested.stdout.decode()
        with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
            assert archive.testzip() is None
            hashes += [hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()]
        subprocess.run(["unzip", "-qo", file, "-d", tmp_path / "todo"], check=True)
    (root,) = (tmp_path / "todo").iterdir()
    assert root.name == "CERTIBOY S.A.S"
    for number in (1, 2):
        manifest = f"MANIFIESTO_P{number}de2.sha256"
        checked = subprocess.run(
            ["sha256sum", "--check", "--quiet", "--strict", manifest], cwd=root, capture_output=True, check=False
        )
        assert checked.returncode == 0, checked.stderr.decode()
    registered = running.query(
        "SELECT sha256 FROM sam_documento d JOIN sam_empresa e ON e.id = d.empresa_id "
        "WHERE e.nombre = 'CERTIBOY S.A.S.' AND d.id IS DISTINCT FROM e.logo_id"
    )
    assert registered
    for (sha256,) in registered:
        assert hashes.count(str(sha256)) == 1
    assert len(list((root / "Equipos").iterdir())) == 69
    found = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    patterns = patterns_of_the_page()
    assert [path for path in found if not any(pattern.fullmatch(path) for pattern in patterns)] == []
    assert [pattern.pattern for pattern in patterns if not any(map(pattern.fullmatch, found))] == []


def patterns_of_the_page() -> list[re.Pattern[str]]:
    """The paths that docs/paquete.md tells an auditor of."""
    block = (ROOT / "docs" / "paquete.md").read_text().split("```")[1]
    patterns = []
    for line in block.split():
        text = re.escape(line).replace(r"\*", "[^/]*").replace(r"\{", "(?:").replace(r"\}", ")").replace(",", "|")
        patterns.append(re.compile(text))
    return patterns


def download(page: Page, number: int) -> Path:
    with page.expect_download() as started:
        page.get_by_test_id("part-download").nth(number).click()
    kept = Path(started.value.path()).with_name(started.value.suggested_filename)
    Path(started.value.path()).rename(kept)
    return kept


@pytest.mark.slow
def test_without_javascript_the_same_job_is_done_with_forms(chromium: Browser, running: Sam) -> None:
    context = chromium.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{running.url}/entrar/")
        page.fill("[name=username]", "certiboy")
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.get_by_test_id("zip-request").click()
        expect(page.locator(PARTS)).to_have_count(2)
        for _ in range(60):
            page.goto(f"{running.url}/informes/")
            if page.get_by_test_id("part-download").count() == 2:
                break
            page.wait_for_timeout(500)  # a person who presses reload
        expect(page.get_by_test_id("part-download")).to_have_count(2)
        expect(page.get_by_test_id("part-status").first).to_have_text("Descargar")
    finally:
        context.close()


@pytest.mark.slow
def test_a_worker_started_after_the_request_takes_it_up(chromium: Browser, sam: Sam) -> None:
    sam.start_web()
    there = People(chromium, sam)
    try:
        page = there.tab("certiboy")
        page.get_by_test_id("zip-request").click()
        expect(page.get_by_test_id("part-status").first).to_have_text("Calculando...")
        sam.start_worker()
        expect(page.get_by_test_id("part-download")).to_have_count(2, timeout=60 * SECONDS)
    finally:
        there.close()


@pytest.mark.slow
def test_staff_choose_the_empresa(people: People, running: Sam) -> None:
    page = people.tab("admin")
    page.get_by_role("combobox").select_option(label="CERTIBOY S.A.S.")
    page.get_by_role("button", name="Ver").click()
    page.get_by_test_id("zip-request").click()
    expect(page.get_by_test_id("part-download")).to_have_count(2, timeout=60 * SECONDS)


def test_a_documento_lost_in_storage_makes_the_part_amber_and_is_named_to_its_requester(
    people: People, running: Sam
) -> None:
    ((key,),) = running.query(
        "SELECT d.key FROM sam_documento d JOIN sam_equipo q ON q.manual_id = d.id "
        "JOIN sam_empresa e ON e.id = q.empresa_id WHERE e.nombre = 'CERTIBOY S.A.S.' AND q.codigo_interno = 'EQ-001'"
    )
    file = running.folder / "datos" / "almacen" / str(key)
    kept = file.read_bytes()
    file.unlink()
    try:
        page = people.tab("certiboy")
        page.get_by_test_id("zip-request").click()
        first = page.locator(PARTS).first
        expect(first.get_by_test_id("part-status")).to_have_text("Lista con faltantes", timeout=60 * SECONDS)
        expect(page.locator(PARTS).nth(1).get_by_test_id("part-status")).to_have_text("Descargar", timeout=60 * SECONDS)
        assert "_INCOMPLETO.zip" in download(page, 0).name
        page.get_by_role("link", name="Ver faltantes").click()
        row = page.get_by_role("row").filter(has_text="EQ-001")
        expect(row).to_contain_text("no está en el almacenamiento")
        expect(page.get_by_role("row").filter(has_text="EQ-0")).to_have_count(1)
    finally:
        file.write_bytes(kept)
