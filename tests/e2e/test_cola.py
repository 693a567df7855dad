"""The live queue in Chromium: two windows of staff and a requester, while everything happens."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.tabs import SECONDS, Person, at_work
from tests.failures.bare_data import OPERATOR, SMALL, USUARIO
from tests.failures.own_servers import Installation
from tests.running import ROOT, Sam, Visitor, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
LAG_SECONDS = 2.0
LOST_SECONDS = 10.0
BURST = (5, 60)  # empresas, parts of each


@pytest.fixture
def staff(own: Installation, chromium: Browser) -> Iterator[Person]:
    """An operator's browser; web runs, no worker does."""
    own.sam.start_web()
    with at_work(chromium, Visitor(own.sam, OPERATOR), port=own.sam.port) as person:
        yield person


@pytest.fixture
def windows(own: Installation, staff: Person, chromium: Browser) -> Iterator[list[Page]]:
    """Two windows of staff on the queue; not two tabs of one, of which Chromium slows the one that is not in front."""
    with at_work(chromium, Visitor(own.sam, OPERATOR), port=own.sam.port) as other:
        yield [staff.tab("/cola/"), other.tab("/cola/")]


@pytest.fixture
def requester(own: Installation, staff: Person, chromium: Browser) -> Iterator[Person]:
    with at_work(chromium, Visitor(own.sam, USUARIO), port=own.sam.port) as person:
        yield person


def rows(window: Page) -> Locator:
    return window.get_by_test_id("queue-row")


def slot(window: Page, name: str) -> Locator:
    return window.locator(f"[data-slot={name}]")


def confirm(window: Page, *, why: str = "") -> None:
    """Say yes in the dialog that an action opens."""
    dialog = window.get_by_role("dialog")
    expect(dialog).to_be_visible()
    if why:
        dialog.get_by_role("textbox").fill(why)
    slot(window, "confirm-do").click()
    expect(dialog).to_be_hidden()
    let_go(window)


def let_go(window: Page) -> None:
    """Neither point at the table nor have the focus in it: its order moves again."""
    window.locator("h1").hover()
    window.evaluate("document.activeElement.blur()")


def pick(window: Page, part: object) -> None:
    window.locator(f"[data-part-id='{part}'] [data-slot=row-pick]").check()


def part_ids(own: Installation) -> list[object]:
    return [pk for (pk,) in own.sam.query("SELECT id FROM sam_zippart ORDER BY id")]


def test_what_an_operator_does_shows_in_every_window_and_to_the_requester(
    own: Installation, staff: Person, windows: list[Page], requester: Person
) -> None:
    here, there = windows
    page = requester.tab()
    page.get_by_test_id("zip-request").click()
    for window in windows:
        expect(rows(window)).to_have_count(2)
        expect(slot(window, "idle")).to_be_visible()
    details = page.locator("main").get_by_test_id("zip-part")
    expect(details.first).to_contain_text("espera a que haya un proceso disponible")
    first, second = part_ids(own)

    here.get_by_role("button", name="Pausar la cola").click()
    confirm(here, why="mantenimiento")
    expect(slot(there, "paused")).to_be_visible()
    expect(slot(there, "idle")).to_be_hidden()
    expect(details.first).to_contain_text("la cola está en pausa")
    worker = own.start_quick_worker()
    expect(there.get_by_test_id("queue-worker")).to_have_count(1)

    there.get_by_role("button", name="Poner en calma").click()
    confirm(there)
    expect(slot(here, "worker-quiet").first).to_be_visible()
    here.get_by_role("button", name="Reanudar la cola").click()
    confirm(here)
    expect(slot(there, "paused")).to_be_hidden()

    pick(here, second)
    here.get_by_role("button", name="Subir prioridad").click()
    confirm(here, why="auditoría mañana")
    expect(rows(there).first).to_have_attribute("data-part-id", str(second))
    expect(details.nth(1)).to_contain_text("1.º en la cola")
    pick(there, first)
    there.locator("#cola-lote").get_by_role("button", name="Cancelar").click()
    confirm(there)
    expect(details.first.get_by_test_id("part-status")).to_have_text("Cancelada")
    expect(rows(here)).to_have_count(1)

    here.get_by_role("button", name="Quitar la calma").click()
    confirm(here)
    expect(details.nth(1).get_by_test_id("part-status")).to_have_text("Descargar", timeout=20 * SECONDS)
    for window in windows:
        expect(rows(window)).to_have_count(0)

    here.goto(f"{staff.url}/cola/?estado=cancelled")
    expect(rows(here)).to_have_count(1)
    pick(here, first)
    here.get_by_role("button", name="Reintentar").click()
    confirm(here)
    expect(rows(here)).to_have_count(0)
    expect(details.first.get_by_test_id("part-status")).to_have_text("Descargar", timeout=20 * SECONDS)

    killed = time.monotonic()
    own.sam.kill(worker)
    expect(there.locator("[data-testid=queue-worker][data-lost=true]")).to_have_count(1, timeout=20 * SECONDS)
    assert time.monotonic() - killed < LOST_SECONDS + 2  # of which the test's own look and a busy machine take some
    recorded = own.sam.query("SELECT action, changed, why FROM sam_operatoraction ORDER BY id")
    assert recorded == [
        ("pause", 1, "mantenimiento"),
        ("quiet", 1, ""),
        ("resume", 1, ""),
        ("priority", 1, "auditoría mañana"),
        ("cancel", 1, ""),
        ("unquiet", 1, ""),
        ("retry", 1, ""),
    ]


def test_what_comes_meanwhile_neither_closes_a_dialog_nor_moves_the_focus_nor_the_order(
    own: Installation, staff: Person, requester: Person
) -> None:
    window = staff.tab("/cola/")
    operator = Visitor(own.sam, OPERATOR)
    for number in range(3):
        assert own.request(operator, small=number)[0] == 201
    expect(rows(window)).to_have_count(3)
    shown = [row.get_attribute("data-part-id") for row in rows(window).all()]
    pick(window, shown[2])
    window.locator("#cola-lote").get_by_role("button", name="Cancelar").click()
    text = window.get_by_role("dialog").get_by_role("textbox")
    text.fill("repetida")
    text.focus()

    own.sam.query("UPDATE sam_zippart SET priority = 5 WHERE id = %s", int(str(shown[2])))
    assert own.request(operator, small=7)[0] == 201
    expect(slot(window, "count-waiting")).to_have_text("4")
    expect(window.get_by_role("dialog")).to_be_visible()
    expect(text).to_have_value("repetida")
    expect(text).to_be_focused()
    assert [row.get_attribute("data-part-id") for row in rows(window).all()][:3] == shown

    window.keyboard.press("Escape")
    expect(window.get_by_role("dialog")).to_be_hidden()
    let_go(window)
    expect(rows(window).first).to_have_attribute("data-part-id", str(shown[2]))


def test_the_focus_comes_back_to_the_page_though_what_asked_is_gone(own: Installation, staff: Person) -> None:
    window = staff.tab("/cola/")
    operator = Visitor(own.sam, OPERATOR)
    status, request = own.request(operator, small=1)
    assert status == 201
    lane = window.locator("[data-lane]")
    lane.get_by_role("button", name="Pausar").click()
    expect(window.get_by_role("dialog")).to_be_visible()
    assert operator.post(f"/zip/solicitudes/{request['id']}/cancelar/")[0] == 200
    expect(lane).to_have_count(0)
    window.keyboard.press("Escape")
    expect(window.locator("#partes-titulo")).to_be_focused()


def test_a_filter_shows_what_became_of_its_rows_and_the_failed_ones_can_be_retried(
    own: Installation, staff: Person
) -> None:
    operator = Visitor(own.sam, OPERATOR)
    status, request = own.request(operator, small=1)
    assert status == 201
    window, queue = staff.tab(f"/cola/?id={request['id']}"), staff.tab("/cola/")
    expect(rows(window)).to_have_attribute("data-state", "pending")
    expect(slot(queue, "failed")).to_be_hidden()
    own.sam.query("UPDATE sam_zippart SET state = 'failed', error = 'build_error', finished_at = now()")
    own.sam.query("UPDATE sam_ziprequest SET state = 'failed', ended_at = now()")
    expect(rows(window)).to_have_attribute("data-state", "failed", timeout=20 * SECONDS)
    expect(slot(queue, "failed")).to_be_visible()
    queue.get_by_role("button", name="Reintentar todas").click()
    confirm(queue)
    expect(rows(queue)).to_have_count(1)
    expect(slot(queue, "failed")).to_be_hidden()
    expect(rows(window)).to_have_attribute("data-state", "pending", timeout=20 * SECONDS)


def test_staff_without_the_permission_see_all_and_are_offered_nothing(
    own: Installation, staff: Person, chromium: Browser
) -> None:
    empresa = own.empresas(SMALL)[0]
    own.sam.query("UPDATE sam_usuario SET is_superuser = false WHERE username = %s", OPERATOR)
    try:
        assert own.request(Visitor(own.sam, OPERATOR), small=1)[0] == 201
        window = staff.tab("/cola/")
        expect(rows(window)).to_have_count(1)
        expect(window.locator("[data-order], [data-slot=row-pick], [data-slot=confirm]")).to_have_count(0)
        own.sam.query("UPDATE sam_usuario SET is_staff = false, empresa_id = %s WHERE username = %s", empresa, OPERATOR)
        expect(slot(window, "forbidden")).to_be_visible()
        assert window.reload().status == 403  # type: ignore[union-attr]
    finally:
        own.sam.query(
            "UPDATE sam_usuario SET is_superuser = true, is_staff = true, empresa_id = NULL WHERE username = %s",
            OPERATOR,
        )


def test_without_javascript_the_queue_can_be_read_and_steered(
    own: Installation, staff: Person, chromium: Browser
) -> None:
    operator = Visitor(own.sam, OPERATOR)
    assert own.request(operator, small=1)[0] == 201
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies([
        {"name": cookie.name, "value": str(cookie.value), "domain": "127.0.0.1", "path": "/"}
        for cookie in operator.cookies
    ])  # fmt: skip
    try:
        page = context.new_page()
        page.goto(f"{staff.url}/cola/")
        expect(rows(page)).to_have_count(1)
        page.locator("[data-slot=row-pick]").check()
        page.locator("#cola-lote").get_by_role("button", name="Cancelar").click()
        expect(page.get_by_role("heading", name="¿Cancelar?")).to_be_visible()
        expect(rows(page)).to_have_count(0)
        page.get_by_role("button", name="Cancelar").click()
        expect(page.locator("main")).to_contain_text("Hecho: 1 cambio.")
        expect(rows(page)).to_have_count(0)
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing_wrong_with_the_queues_pages(own: Installation, staff: Person, scheme: str) -> None:
    operator = Visitor(own.sam, OPERATOR)
    for number in range(3):
        assert own.request(operator, small=number)[0] == 201
    part = part_ids(own)[0]
    for path in ("/cola/", f"/cola/partes/{part}/", "/cola/rendimiento/"):
        page = staff.tab(path)
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate(AXE)
        found = page.evaluate("async () => (await axe.run()).violations.map((v) => [v.id, v.nodes.map((n) => n.html)])")
        assert found == [], path
        page.close()


# ── a burst ──


class Watch(threading.Thread):
    """What the database says of the queue, noted twenty times a second."""

    def __init__(self, sam: Sam) -> None:
        super().__init__(daemon=True)
        self._sam = sam
        self._ended = threading.Event()
        self._noted: deque[tuple[float, int]] = deque(maxlen=20_000)

    def run(self) -> None:
        while not self._ended.wait(0.05):
            began = time.monotonic()
            [(waiting,)] = self._sam.query("SELECT count(*) FROM sam_zippart WHERE state = 'pending'")
            self._noted.append((began, int(str(waiting))))

    def end(self) -> None:
        self._ended.set()
        self.join()

    def lag(self, shown: int, now: float) -> float:
        """How long ago, in seconds, so many waited at the latest: between two looks all numbers passed."""
        noted = list(self._noted)
        for (_, earlier), (at, later) in zip(reversed(noted[:-1]), reversed(noted), strict=False):
            if min(earlier, later) <= shown <= max(earlier, later):
                return max(0.0, now - at)
        return now


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_burst_of_300_parts_is_followed_within_two_seconds_and_both_windows_end_right(
    own: Installation, windows: list[Page]
) -> None:
    empresas, parts = BURST
    own.sam.manage("shell", "-v", "0", "-c", LOAD.format(empresas=empresas, equipos=35 * parts))
    operator = Visitor(own.sam, OPERATOR)
    for pk in own.empresas("Ráfaga"):
        assert operator.post("/zip/solicitudes/", {"empresa": pk})[0] == 201
    watch = Watch(own.sam)
    watch.start()
    for window in windows:
        expect(slot(window, "count-waiting")).to_have_text(str(empresas * parts), timeout=10 * SECONDS)
    workers = [own.start_quick_worker(seconds=0.2) for _ in range(3)]
    lags = []
    while not own.has_completed(empresas * parts):
        for window in windows:
            shown = int(slot(window, "count-waiting").inner_text().replace(".", ""))
            lags.append(watch.lag(shown, time.monotonic()))
        windows[0].wait_for_timeout(100)
    for window in windows:
        expect(rows(window)).to_have_count(0, timeout=5 * SECONDS)
        expect(slot(window, "count-completed")).to_have_text(str(empresas * parts))
        expect(slot(window, "count-waiting")).to_have_text("0")
    watch.end()
    assert max(lags) < LAG_SECONDS, f"{len(lags)} looks, p95 {sorted(lags)[int(0.95 * len(lags))]:.2f} s"
    wait_for(lambda: not own.building(), seconds=10, what="nothing is built any more")
    assert len(workers) == 3


LOAD = """
from sam.models import Empresa, Equipo
for number in range(1, {empresas} + 1):
    empresa, new = Empresa.objects.get_or_create(nombre=f"Ráfaga {{number}}")
    if new:
        Equipo.objects.bulk_create(
            Equipo(empresa=empresa, codigo_interno=f"EQ-{{n:04}}", nombre="Balanza") for n in range(1, {equipos} + 1)
        )
"""
