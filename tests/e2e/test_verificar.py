"""Checking a downloaded part in Chromium: what is said of it, and that no byte of it leaves the browser."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, expect

from tests.running import PASSWORD, Sam

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SECONDS = 1000
WHOLE_AND_ISSUED = "Íntegro y emitido por SAM"
WHOLE_ONLY = "Íntegro según su manifiesto, emisión no comprobada"

DROP = """(place) => {
  const [file] = document.querySelector("#from-disk").files;
  document.querySelector("#from-disk").remove();
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(file);
  const options = {dataTransfer, bubbles: true, cancelable: true};
  const refused = place.dispatchEvent(new DragEvent("dragover", options));
  if (refused) throw new Error("the page does not take what is dragged over it");
  place.dispatchEvent(new DragEvent("drop", options));
}"""
FROM_DISK = """() => {
  const input = document.createElement("input");
  Object.assign(input, {type: "file", id: "from-disk"});
  document.body.append(input);
}"""


@pytest.fixture(scope="module")
def sam(demo_database: Sam) -> Iterator[Sam]:
    """One web process for this module; whatever parts earlier modules made are gone."""
    demo_database.query("TRUNCATE sam_ziprequest, sam_archive CASCADE")
    demo_database.start_web()
    yield demo_database
    demo_database.close()


@pytest.fixture(scope="module")
def part(chromium: Browser, sam: Sam, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first part of the demo, downloaded by its usuario."""
    worker = sam.start_worker()
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{sam.url}/entrar/")
    page.fill("[name=username]", "certiboy")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.get_by_test_id("zip-request").click()
    expect(page.get_by_test_id("part-download")).to_have_count(2, timeout=60 * SECONDS)
    with page.expect_download() as started:
        page.get_by_test_id("part-download").first.click()
    kept = tmp_path_factory.mktemp("descargas") / started.value.suggested_filename
    started.value.save_as(kept)
    context.close()
    sam.stop(worker)
    return kept


class Anybody:
    """A browser of somebody without an account, on `/verificar/`, and all that it asks for and complains about."""

    def __init__(self, context: BrowserContext, sam: Sam) -> None:
        self.page = context.new_page()
        self.page.goto(f"{sam.url}/verificar/")
        expect(self.page.get_by_text("Elegir un ZIP")).to_be_visible()
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def drop(self, path: Path) -> None:
        self.page.evaluate(FROM_DISK)
        self.page.set_input_files("#from-disk", path)
        self.page.locator("main").evaluate(DROP)

    def expect_verdict(self, words: str) -> None:
        expect(self.page.get_by_test_id("zip-verdict")).to_have_text(words, timeout=60 * SECONDS)
        expect(self.page.get_by_test_id("zip-report")).to_be_visible()

    @property
    def different(self) -> list[str]:
        return [line.strip() for line in self.page.get_by_test_id("zip-different").all_inner_texts()[0].splitlines()]


@pytest.fixture
def anybody(chromium: Browser, part: Path, sam: Sam) -> Iterator[Anybody]:
    context = chromium.new_context()
    yield Anybody(context, sam)
    context.close()


def altered(part: Path, path: str, *, folder: Path) -> Path:
    """The part with one byte changed in the middle of a file."""
    with zipfile.ZipFile(part) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(f"/{path}"))
        entry = opened.getinfo(name)
    data = bytearray(part.read_bytes())
    data[entry.header_offset + 30 + len(name.encode()) + entry.compress_size // 2] ^= 1
    changed = folder / "alterada.zip"
    changed.write_bytes(bytes(data))
    return changed


def test_a_downloaded_part_is_intact_and_issued_and_only_the_hash_of_its_manifest_leaves(
    anybody: Anybody, part: Path, sam: Sam
) -> None:
    anybody.drop(part)
    anybody.expect_verdict(WHOLE_AND_ISSUED)
    ((sha256,),) = sam.query(
        "SELECT a.manifest_sha256 FROM sam_archive a JOIN sam_zippart p ON p.archive_id = a.id WHERE p.number = 1"
    )
    (asked,) = anybody.requests
    assert (asked.method, asked.url) == ("GET", f"{sam.url}/verificar/manifiesto/{sha256}/")
    assert asked.post_data_buffer is None
    assert anybody.complaints == []
    with zipfile.ZipFile(part) as opened:
        files = len(opened.namelist())
    anybody.page.get_by_text(f"Ver los {files} archivos").click()
    expect(anybody.page.get_by_role("list", name="Todos los archivos").get_by_role("listitem")).to_have_count(files)


def test_one_altered_byte_names_its_file(anybody: Anybody, part: Path, tmp_path: Path) -> None:
    path = "Equipos/EQ-001/Hoja_de_vida.pdf"
    anybody.drop(altered(part, path, folder=tmp_path))
    anybody.expect_verdict("No está íntegro")
    assert anybody.different == ["Alterado", path, "su contenido no es el del manifiesto"]
    # And what was right is right again.
    anybody.drop(part)
    anybody.expect_verdict(WHOLE_AND_ISSUED)
    expect(anybody.page.get_by_test_id("zip-different")).to_be_hidden()


def test_a_browser_without_webcrypto_comes_to_the_same(chromium: Browser, part: Path, sam: Sam) -> None:
    """As on plain HTTP, where a page has no `crypto.subtle`."""
    context = chromium.new_context()
    context.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    try:
        somebody = Anybody(context, sam)
        somebody.drop(part)
        somebody.expect_verdict(WHOLE_AND_ISSUED)
    finally:
        context.close()


def test_while_sam_does_not_answer_the_issue_is_not_claimed_and_can_be_asked_again(
    anybody: Anybody, part: Path
) -> None:
    question = "**/verificar/manifiesto/**"
    anybody.page.route(question, lambda route: route.abort())
    anybody.drop(part)
    anybody.expect_verdict(WHOLE_ONLY)
    anybody.page.unroute(question)
    anybody.page.get_by_role("button", name="Preguntar de nuevo").click()
    anybody.expect_verdict(WHOLE_AND_ISSUED)
    expect(anybody.page.get_by_role("button", name="Preguntar de nuevo")).to_be_hidden()


def test_by_keyboard_and_screen_reader(anybody: Anybody, part: Path) -> None:
    page = anybody.page
    chosen_by = page.get_by_label("Elegir un ZIP")
    page.locator("main").focus()
    page.keyboard.press("Tab")
    expect(chosen_by).to_be_focused()
    with page.expect_file_chooser() as chooser:
        chosen_by.press("Enter")
    chooser.value.set_files(part)
    anybody.expect_verdict(WHOLE_AND_ISSUED)
    expect(page.get_by_role("heading", name=WHOLE_AND_ISSUED)).to_be_focused()
    expect(page.locator("[data-announcer]")).to_contain_text(f"Comprobación terminada. {WHOLE_AND_ISSUED}.")


def test_what_is_no_zip_is_said_plainly_and_nothing_is_asked(anybody: Anybody, tmp_path: Path) -> None:
    path = tmp_path / "nota.zip"
    path.write_text("esto no es un ZIP")
    anybody.drop(path)
    anybody.expect_verdict("No se puede comprobar")
    expect(anybody.page.get_by_test_id("zip-report")).to_contain_text("No es un ZIP, o está truncado.")
    assert anybody.requests == []


def test_without_javascript_the_page_says_what_to_do_instead(chromium: Browser, sam: Sam) -> None:
    context = chromium.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{sam.url}/verificar/")
        expect(page.get_by_text("Para comprobarlo aquí hace falta JavaScript.")).to_be_visible()
        expect(page.get_by_text("python manage.py verificar_zip")).to_be_visible()
        expect(page.get_by_text("sha256sum -c")).to_be_visible()
        expect(page.get_by_text("Elegir un ZIP")).to_be_hidden()
    finally:
        context.close()
