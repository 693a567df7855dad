"""A builder may fail, hang, take all memory, hold the interpreter or take its worker along: the other parts go on."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from pathlib import Path

import pytest

from tests.failures.bare_data import OPERATOR, USUARIO
from tests.failures.history import History, ask
from tests.failures.metered_worker import SPIN_SECONDS, measure_lags
from tests.failures.own_servers import Installation
from tests.failures.starting import start_program
from tests.failures.watching import Person, next_frame, open_socket, p95
from tests.running import Visitor, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SPOILED = 75  # "start me again"
LAG_SECONDS = 0.1
# Of the lease of 10 s so much is left before a beat, which comes every 2.5 s; the rest is for a busy machine.
LEAST_OF_A_LEASE_SECONDS = 4.0
PING_SECONDS = 0.15  # more than ten frames a second are not answered


def told(own: Installation, words: str) -> list[str]:
    """The lines of all the logs that have these words."""
    return [line for line in own.sam.logs().splitlines() if words in line]


@pytest.mark.parametrize("builder", ["raise", pytest.param("allocate:2", marks=pytest.mark.slow)])
def test_a_builder_that_fails_fails_its_part_and_nothing_else(own: Installation, builder: str) -> None:
    own.sam.start_web()
    worker = own.sam.start_worker(builder=builder, part=2, SAM_WORKER_SLOTS="2")
    visitor, history = ask(own)
    part = history.wait_for(2, state="failed", error="build_error")
    history.wait_for(1, state="completed", attempt=1)
    assert history.names(2) == [("claim", 1), ("fail", 1)]
    assert (history.archives(), history.unfinished()) == ({(1, 1)}, set())
    assert history.is_whole(visitor, 1)
    (line,) = told(own, f"action=build_failed part={part['id']} attempt=1")
    assert line.startswith("[ERROR]")

    # The worker lives on, with all its places; and another one builds the part when it is asked to.
    operator = Visitor(own.sam, OPERATOR)
    later = [History(own.sam, own.request(operator, small=number)[1]["id"]) for number in range(3)]
    for one in later:
        one.wait_for(state="completed", attempt=1)
        assert one.one("finish").worker == worker.pid
    own.sam.stop(worker)
    own.sam.start_worker()
    assert visitor.post(f"/zip/partes/{part['id']}/reintentar/")[0] == 200
    history.wait_for(2, state="completed", attempt=2)
    assert history.is_whole(visitor, 2)


def test_the_text_of_an_exception_forges_no_line_of_the_log(own: Installation) -> None:
    own.sam.start_web()
    own.sam.start_worker(builder="raise", part=1)
    _, history = ask(own)
    part = history.wait_for(1, state="failed", error="build_error")
    # The text of the exception goes on, after the end of a line, as the line of a finished part.
    _, found, below = own.sam.logs().partition(f"action=build_failed part={part['id']} ")
    assert found
    traceback = list(itertools.takewhile(lambda line: line.startswith("    "), below.splitlines()[1:]))
    assert traceback[-2].strip() == "RuntimeError: a builder that was told to fail"
    assert traceback[-1].strip() == "[EXITOSO] action=finish_part part=1"


@pytest.mark.slow
def test_a_builder_that_hangs_is_given_up_and_too_many_of_them_end_the_worker(own: Installation) -> None:
    own.sam.start_web()
    worker = own.sam.start_worker(builder="hang", part=2, stall=2, SAM_WORKER_SLOTS="2")
    _, history = ask(own)
    hung = history.wait_for(2, state="processing")
    wait_for(lambda: told(own, f"action=builder_stalled part={hung['id']} attempt=1"), seconds=20, what="it is seen")
    operator = Visitor(own.sam, OPERATOR)
    for number in (0, 1):
        assert own.request(operator, small=number)[0] == 201
    wait_for(lambda: own.completed() == 3, seconds=20, what="the parts that do not hang are built")
    assert worker.wait(60) == SPOILED
    assert told(own, f"action=builder_stalled part={hung['id']} attempt=2")
    # The last one is left to its lease, as if the process had died.
    assert history.names(2) == [("claim", 1), ("reap", 1), ("claim", 2)]


@pytest.mark.slow
def test_a_part_that_kills_each_of_its_workers_fails_and_takes_the_others_with_it_at_most_twice(
    own: Installation,
) -> None:
    own.sam.start_web()
    worker = own.sam.start_worker(builder="exit", part=2, SAM_WORKER_SLOTS="2")
    visitor, history = ask(own)
    operator = Visitor(own.sam, OPERATOR)
    late: list[int] = []
    deaths = 0
    while history.part(2)["state"] != "failed":
        if worker.poll() is not None:
            deaths += 1
            worker = own.sam.start_worker(builder="exit", part=2, SAM_WORKER_SLOTS="2")
        if deaths == 2 and not late:  # by now it is a suspect: whoever comes now does not suffer from it
            late = [int(own.request(operator, small=number)[1]["id"]) for number in range(4)]
        time.sleep(0.1)
    poisoned, other = history.part(2), history.wait_for(1, state="completed")
    assert (poisoned["error"], poisoned["crashes"]) == ("worker_lost", 5)
    assert deaths == 5
    assert [one.move for one in history.moves(2)] == ["claim", "reap"] * 5
    assert other["attempt"] <= 3
    assert history.is_whole(visitor, 1)
    wait_for(lambda: own.completed() == 1 + len(late), seconds=20, what="what was asked for later is built")
    assert own.sam.query("SELECT max(attempt), max(crashes) FROM sam_zippart WHERE request_id = ANY(%s)", late) == [
        (1, 0)
    ]


@pytest.mark.slow
def test_a_builder_that_holds_the_interpreter_misses_no_beat_and_delays_no_loop(
    own: Installation, tmp_path: Path
) -> None:
    own.sam.start_web()
    file = tmp_path / "lags.json"
    worker = start_program(own.sam, "metered_worker", str(file), SAM_WORKER_SLOTS="2")
    visitor, history = ask(own)
    history.wait_for(1, state="processing")
    person = Person.of(own.sam, visitor, USUARIO)
    seen = asyncio.run(watch(own, person, seconds=SPIN_SECONDS - 2))
    history.wait_for(2, state="completed", attempt=1)
    assert history.part(1)["state"] == "processing", "part 2 went on beside part 1"
    history.wait_for(1, state="completed", attempt=1, crashes=0)
    for number in (1, 2):
        assert history.names(number) == [("claim", 1), ("finish", 1)]
        assert not told(own, f"action=beat_failed part={history.part(number)['id']} ")
    assert min(seen["leases"]) > LEAST_OF_A_LEASE_SECONDS
    worker.terminate()
    assert worker.wait(60) == 0
    # What an idle loop of this process is late at the same time is the machine's doing.
    late = p95(seen["machine"])
    for lags in (json.loads(file.read_text()), seen["pings"]):
        assert p95(lags) < LAG_SECONDS + late


async def watch(own: Installation, person: Person, *, seconds: float) -> dict[str, list[float]]:
    """Meanwhile: what is left of the leases, how long web takes to answer a ping, how late a loop is that idles."""
    seen: dict[str, list[float]] = {"leases": [], "pings": [], "machine": []}
    metering = asyncio.create_task(measure_lags(seen["machine"]))
    socket = await open_socket(own.sam, person)
    await next_frame(socket, "snapshot")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        asked = time.monotonic()
        await socket.send(json.dumps({"type": "ping"}))
        await next_frame(socket, "beat")
        seen["pings"].append(time.monotonic() - asked)
        seen["leases"] += await asyncio.to_thread(leases, own)
        await asyncio.sleep(PING_SECONDS)
    metering.cancel()
    await socket.close()
    return seen


def leases(own: Installation) -> list[float]:
    """The seconds that are left of each lease."""
    rows = own.sam.query(
        "SELECT extract(epoch FROM lease_until - clock_timestamp()) FROM sam_zippart WHERE state = 'processing'"
    )
    return [float(str(left)) for (left,) in rows]
