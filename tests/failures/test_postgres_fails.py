"""PostgreSQL may restart, crash, stay away or stand still: no process ends, and nothing that was committed is lost."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest

from tests.failures.answers import ask
from tests.failures.bare_data import OPERATOR, USUARIO
from tests.failures.lost_answer import LostAnswer
from tests.failures.open_tab import OpenTab, open_tab
from tests.failures.own_servers import Installation, OwnPostgres
from tests.running import Visitor, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

REPAIR_SECONDS = 15.0
# The first call of an outage waits for the pool (3 s), the others are told at once; the rest is for a busy machine.
FIRST_SECONDS = 8.0
LATER_SECONDS = 3.0
FROZEN_SECONDS = 15.0  # a lease lasts 10


def becomes_right(*tabs: OpenTab) -> None:
    for tab in tabs:
        wait_for(tab.is_right, seconds=REPAIR_SECONDS, what="the tab shows what a reload shows")


def lives(*processes: subprocess.Popen[bytes]) -> bool:
    return all(process.poll() is None for process in processes)


def stored(own: Installation) -> set[str]:
    """The archives that lie in storage."""
    return {path.name for path in own.storage.rglob("*.zip")}


def page_again(own: Installation, visitor: Visitor) -> None:
    page = partial(ask, own.sam, "/informes/", visitor=visitor)
    wait_for(lambda: page().status == 200, seconds=REPAIR_SECONDS, what="pages are there again")


def says_so(own: Installation, visitor: Visitor) -> None:
    """What HTTP answers while the database is away: 503 in words, soon."""
    page = ask(own.sam, "/informes/", visitor=visitor)
    assert (page.status, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "La base de datos no responde" in page.text
    assert "Traceback" not in page.text
    assert page.seconds < FIRST_SECONDS
    call = ask(own.sam, "/zip/solicitudes/", visitor=visitor, post=b"{}", accept="application/json")
    assert (call.status, call.json["error"]) == (503, "database_unavailable")
    assert int(call.headers["Retry-After"]) > 0
    assert call.seconds < LATER_SECONDS
    assert ask(own.sam, "/healthz").status == 200
    ready = ask(own.sam, "/readyz")
    assert (ready.status, ready.json["unavailable"]) == (503, ["database"])
    assert ready.seconds < LATER_SECONDS


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(OwnPostgres.stop, id="restarts", marks=pytest.mark.slow),
        pytest.param(OwnPostgres.crash, id="crashes"),
    ],
)
def test_postgresql_ends_in_the_middle_of_a_part_and_comes_back(
    own: Installation, end: Callable[[OwnPostgres], None]
) -> None:
    web, worker = own.sam.start_web(), own.sam.start_worker(builder="slow:0.15")
    ana, operator = Visitor(own.sam, USUARIO), Visitor(own.sam, OPERATOR)
    with open_tab(own.sam, ana) as tab, open_tab(own.sam, operator) as other:
        assert own.request(ana)[0] == 201
        wait_for(own.building, seconds=20, what="a part is being built")
        assert own.request(operator, small=0)[0] == 201  # the last that is committed
        end(own.postgres)
        says_so(own, ana)
        own.postgres.start()

        page_again(own, ana)
        becomes_right(tab, other)
        wait_for(partial(own.has_completed, 3), seconds=60, what="every part is completed")
        becomes_right(tab, other)
        assert lives(web, worker)
        assert (tab.closed, other.closed, tab.gaps, other.gaps) == (None, None, 0, 0)
    finished = Counter(part for part, move, _, _ in own.moves() if move == "finish")
    assert set(finished.values()) == {1}
    assert len(stored(own)) == 3


def several_connections(own: Installation, visitor: Visitor) -> bool:
    """Ask for six pages at once; whether the pool holds several connections now, which a restart kills all."""
    with ThreadPoolExecutor(6) as readers:
        list(readers.map(lambda _: ask(own.sam, "/informes/", visitor=visitor), range(6)))
    return own.connections() >= 4


def test_a_restart_that_takes_a_moment_is_noticed_by_no_page(own: Installation) -> None:
    own.sam.start_web()
    ana = Visitor(own.sam, USUARIO)
    with open_tab(own.sam, ana) as tab:
        wait_for(partial(several_connections, own, ana), seconds=30, what="several connections lie in the pool")
        own.postgres.stop()
        own.postgres.start()
        page = ask(own.sam, "/informes/", visitor=ana)
        assert (page.status, tab.closed) == (200, None)
        assert page.seconds < LATER_SECONDS


def stands_still(own: Installation) -> datetime:
    """Freeze the database until leases have passed, and let it go on; when that began."""
    with own.postgres.frozen():
        began, still = datetime.now(UTC), time.monotonic()
        ready = ask(own.sam, "/readyz")
        assert (ready.status, ready.json["unavailable"]) == (503, ["database"])
        assert ready.seconds < LATER_SECONDS
        assert ask(own.sam, "/healthz").status == 200
        time.sleep(still + FROZEN_SECONDS - time.monotonic())
    return began


def were_completed_by_a_later_attempt(own: Installation, *, parts: int, began: datetime) -> None:
    """What was built under a lease that has passed counts for nothing, and its bytes go."""
    wait_for(partial(own.has_completed, parts), seconds=60, what="every part is completed")
    wait_for(lambda: len(stored(own)) == parts, seconds=10, what="what the old leases built is gone")
    finished = {(part, attempt): at > began for part, move, attempt, at in own.moves() if move == "finish"}
    assert len(finished) == parts
    assert {attempt for (_, attempt), late in finished.items() if late} == {2}
    assert {attempt for (_, attempt), late in finished.items() if not late} <= {1}


@pytest.mark.slow
def test_postgresql_standing_still_while_parts_are_completed_and_no_old_lease_completes_one(own: Installation) -> None:
    web, worker = own.sam.start_web(), own.start_quick_worker(seconds=3)
    operator = Visitor(own.sam, OPERATOR)
    with open_tab(own.sam, operator) as tab:
        for number in (0, 1):
            assert own.request(operator, small=number)[0] == 201
        wait_for(lambda: len(own.building()) == 2, seconds=20, what="both parts are being built")
        # Their completion is on its way within 3 s; the database reads it when the lease has passed.
        began = stands_still(own)
        page_again(own, operator)
        were_completed_by_a_later_attempt(own, parts=2, began=began)
        becomes_right(tab)
        assert lives(web, worker)
        assert (tab.closed, tab.gaps) == (None, 0)


@pytest.mark.slow
def test_postgresql_standing_still_while_a_part_is_built_and_its_builder_gives_up(own: Installation) -> None:
    web, worker = own.sam.start_web(), own.sam.start_worker(builder="slow:0.4")
    ana = Visitor(own.sam, USUARIO)
    with open_tab(own.sam, ana) as tab:
        assert own.request(ana)[0] == 201
        wait_for(lambda: len(own.moves()) >= 2, seconds=20, what="both parts are claimed")
        began = stands_still(own)
        page_again(own, ana)
        were_completed_by_a_later_attempt(own, parts=2, began=began)
        becomes_right(tab)
        assert lives(web, worker)
        assert (tab.closed, tab.gaps) == (None, 0)


@pytest.mark.slow
def test_postgresql_away_for_35_seconds_and_it_is_used_again_soon_after(own: Installation) -> None:
    web, worker = own.sam.start_web(), own.sam.start_worker()
    ana = Visitor(own.sam, USUARIO)
    with open_tab(own.sam, ana) as tab:
        own.postgres.stop()
        away = time.monotonic()
        while time.monotonic() < away + 35:
            says_so(own, ana)
            time.sleep(0.5)
        own.postgres.start()
        page_again(own, ana)
        assert own.request(ana)[0] == 201
        wait_for(partial(own.has_completed, 2), seconds=REPAIR_SECONDS, what="every part is completed")
        becomes_right(tab)
        assert lives(web, worker)
        assert (tab.closed, tab.gaps) == (None, 0)


def test_a_part_whose_completion_was_committed_and_not_confirmed_keeps_its_archive(own: Installation) -> None:
    own.sam.start_web()
    with LostAnswer(own.postgres.port, marker=b'INSERT INTO "sam_archive"') as line:
        through_the_line = own.postgres.url().replace(f":{own.postgres.port}/", f":{line.port}/")
        worker = own.sam.start_worker(DATABASE_URL=through_the_line)
        operator = Visitor(own.sam, OPERATOR)
        request = own.request(operator, small=0)[1]
        wait_for(partial(own.has_completed, 1), seconds=30, what="the part is completed")
        own.sam.stop(worker)  # when its builder has made of it what it would
        assert line.lost.is_set()
        ((part, sha256),) = own.sam.query(
            "SELECT p.id, sha256 FROM sam_zippart p JOIN sam_archive a ON a.id = p.archive_id WHERE request_id = %s",
            request["id"],
        )
        assert hashlib.sha256(operator.get(f"/zip/partes/{part}/descargar/")).hexdigest() == sha256
