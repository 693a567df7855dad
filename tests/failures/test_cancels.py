"""A cancel is answered at once and holds: nothing is built any more, and what was being built leaves nothing behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.failures.bare_data import OPERATOR
from tests.failures.history import History, ask, held, waiting_for_rows
from tests.failures.own_servers import Installation
from tests.running import Visitor, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

# One second is promised; the rest is for a busy machine.
GONE_SECONDS = 4.0


def cancel(visitor: Visitor, history: History) -> int:
    status, _ = visitor.post(f"/zip/solicitudes/{history.request}/cancelar/")
    return status


def state_of(history: History) -> object:
    ((state,),) = history.sam.query("SELECT state FROM sam_ziprequest WHERE id = %s", history.request)
    return state


@pytest.mark.slow
def test_what_waits_is_cancelled_and_no_worker_begins_it(own: Installation) -> None:
    own.sam.start_web()
    visitor, history = ask(own)
    assert cancel(visitor, history) == 200
    assert (state_of(history), history.part(1)["state"], history.part(2)["state"]) == ("cancelled",) * 3
    assert cancel(visitor, history) == 200

    own.sam.start_worker()
    later = History(own.sam, own.request(Visitor(own.sam, OPERATOR), small=0)[1]["id"])
    later.wait_for(state="completed")
    assert history.names(1) == history.names(2) == [("cancel", 1)]
    assert history.stored() == set()


def test_what_is_being_built_is_cancelled_at_once_and_its_bytes_go_with_it(own: Installation) -> None:
    own.sam.start_web()
    worker = own.sam.start_worker(builder="slow:0.1", SAM_WORKER_SLOTS="1")
    visitor, history = ask(own)
    wait_for(lambda: history.unfinished() == {(1, 1)}, seconds=20, what="part 1 is in the middle")
    assert cancel(visitor, history) == 200
    assert (state_of(history), history.part(1)["state"], history.part(2)["state"]) == ("cancelled",) * 3
    wait_for(lambda: history.stored() == set(), seconds=GONE_SECONDS, what="the bytes are gone")
    assert (history.names(1), history.names(2)) == ([("claim", 1), ("cancel", 1)], [("cancel", 1)])

    later = History(own.sam, own.request(Visitor(own.sam, OPERATOR), small=0)[1]["id"])
    later.wait_for(state="completed")
    assert later.one("finish").worker == worker.pid
    assert history.stored() == set()


@pytest.mark.slow
@pytest.mark.parametrize("first", ["cancel", "finish"])
def test_what_is_being_finished_is_cancelled_or_completed_by_who_came_first(own: Installation, first: str) -> None:
    own.sam.start_web()
    own.sam.start_worker(builder="slow:0.3", part=2, SAM_WORKER_SLOTS="1")
    visitor, history = ask(own)
    history.wait_for(2, state="processing")
    with ThreadPoolExecutor(1) as pool:
        # Who wants the request's row waits for it in the order in which it came.
        with held(own.sam, "sam_ziprequest"):
            asked = pool.submit(cancel, visitor, history) if first == "cancel" else None
            wait_for(lambda: waiting_for_rows(own.sam) == 1, seconds=20, what="the first waits for the row")
            asked = asked or pool.submit(cancel, visitor, history)
            wait_for(lambda: waiting_for_rows(own.sam) == 2, seconds=20, what="the second does")
            assert history.archives() == {(1, 1), (2, 1)}
        assert asked.result() == 200
    ended = {"cancel": "cancelled", "finish": "completed"}[first]
    assert (history.part(1)["state"], history.part(2)["state"], state_of(history)) == ("completed", ended, ended)
    assert history.names(2) == [("claim", 1), (first, 1)]
    left = {(1, 1), (2, 1)} if first == "finish" else {(1, 1)}
    wait_for(lambda: history.archives() == left, seconds=GONE_SECONDS, what="only what was finished is stored")
    assert history.is_whole(visitor, 1)
