"""A worker may die, stand still or be asked to stop at any moment: another goes on, and what was promised is kept."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from arq.connections import RedisSettings, create_pool

from sam import VERSION
from sam.dispatch import RING_JOB, RING_QUEUE, serialize_ring
from tests.failures.history import ask, clock, held
from tests.failures.other_version import OTHER_JOB, OTHER_QUEUE, OTHER_VERSION
from tests.failures.own_servers import Installation
from tests.failures.starting import start_program
from tests.running import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

RECOVERY = timedelta(seconds=15)
GOES_ON = timedelta(seconds=2)
BEFORE_THE_END = timedelta(seconds=2)
# The interpreter's own end takes that long on a busy machine, when all that had to be done is done.
BUSY = timedelta(seconds=5)
# A part of 35 equipos that is certainly still being built when the test gets at it.
LONG = "slow:0.5"


def test_a_worker_killed_and_another_builds_its_parts_whole_and_nothing_of_the_dead_one_stays(
    own: Installation,
) -> None:
    own.sam.start_web()
    victim = own.sam.start_worker(builder=LONG, SAM_WORKER_SLOTS="2")
    visitor, history = ask(own)
    history.wait_for(2, state="processing")
    # Part 1 dies in the middle of its bytes, and part 2 between its last byte and its row.
    with held(own.sam, "sam_stream"):
        other = own.sam.start_worker()
        wait_for(lambda: history.archives() == {(2, 1)}, seconds=20, what="part 2 is stored")
        assert history.unfinished() == {(1, 1)}
        assert history.part(1)["state"] == history.part(2)["state"] == "processing"
        killed = clock(own.sam)
        own.sam.kill(victim)

    for number in (1, 2):
        history.wait_for(number, state="completed", attempt=2, crashes=1)
        assert history.names(number) == [("claim", 1), ("reap", 1), ("claim", 2), ("finish", 2)]
        again = history.one("claim", number, attempt=2)
        assert again.worker == other.pid
        assert again.at - killed <= RECOVERY
        assert history.is_whole(visitor, number)
    wait_for(lambda: history.archives() == {(1, 2), (2, 2)}, seconds=5, what="the dead attempt's archive is removed")
    # What had no name yet is clean-up's: within a day, or when it is told to.
    assert history.unfinished() == {(1, 1)}
    own.sam.stop(other)
    own.sam.manage("limpiar_almacen", "--horas", "0")
    assert history.unfinished() == set()
    assert history.archives() == {(1, 2), (2, 2)}


@pytest.mark.slow
def test_a_worker_that_stood_still_for_20_seconds_cannot_complete_and_lives_on(own: Installation) -> None:
    own.sam.start_web()
    sleeper = own.sam.start_worker(builder="slow:0.2", SAM_WORKER_SLOTS="1")
    visitor, history = ask(own)
    wait_for(lambda: history.unfinished() == {(1, 1)}, seconds=20, what="part 1 is in the middle")
    sleeper.send_signal(signal.SIGSTOP)
    still = clock(own.sam)
    other = own.sam.start_worker()
    for number in (1, 2):
        history.wait_for(number, state="completed")
    wait_for(lambda: clock(own.sam) - still > timedelta(seconds=20), seconds=40, what="it stood still for 20 s")
    sleeper.send_signal(signal.SIGCONT)

    wait_for(lambda: history.unfinished() == set(), seconds=10, what="it lets go of what it had written")
    assert history.names(1) == [("claim", 1), ("reap", 1), ("claim", 2), ("finish", 2)]
    assert history.one("claim", 1, attempt=2).worker == other.pid
    assert history.archives() == {(1, 2), (2, 1)}
    assert history.is_whole(visitor, 1)

    own.sam.stop(other)
    assert sleeper.poll() is None
    _, later = ask(own)
    later.wait_for(2, state="completed", attempt=1)
    assert later.one("finish", 2).worker == sleeper.pid


def test_a_worker_asked_to_stop_finishes_what_fits_and_begins_nothing(own: Installation) -> None:
    own.sam.start_web()
    worker = own.sam.start_worker(builder="slow:0.1", SAM_WORKER_SLOTS="1", SAM_GRACE_SECONDS="60")
    _, history = ask(own)
    history.wait_for(1, state="processing")
    worker.terminate()
    assert worker.wait(60) == 0
    assert history.names(1) == [("claim", 1), ("finish", 1)]
    assert history.names(2) == []
    assert own.sam.query("SELECT count(*) FROM sam_workerbeat") == [(0,)]


@pytest.mark.parametrize("builder", [pytest.param(LONG, marks=pytest.mark.slow), "hang"])
def test_a_worker_asked_to_stop_hands_back_what_does_not_fit_and_another_goes_on(
    own: Installation, builder: str
) -> None:
    grace = 6
    own.sam.start_web()
    worker = own.sam.start_worker(builder=builder, SAM_WORKER_SLOTS="1", SAM_GRACE_SECONDS=str(grace))
    visitor, history = ask(own)
    history.wait_for(1, state="processing")
    other = own.sam.start_worker(SAM_WORKER_SLOTS="1")
    history.wait_for(2, state="completed")

    asked = clock(own.sam)
    worker.terminate()
    assert worker.wait(60) == 0
    ended = clock(own.sam)
    history.wait_for(1, state="completed", attempt=2, crashes=0)
    assert history.names(1) == [("claim", 1), ("hand_back", 1), ("claim", 2), ("finish", 2)]
    handed_back, again = history.one("hand_back"), history.one("claim", attempt=2)
    assert handed_back.reason == "stopping"
    assert handed_back.at - asked <= timedelta(seconds=grace) - BEFORE_THE_END
    assert ended - asked <= timedelta(seconds=grace) + BUSY
    assert again.worker == other.pid
    assert again.at - handed_back.at <= GOES_ON
    assert history.is_whole(visitor, 1)


@pytest.mark.slow
def test_a_worker_that_was_still_until_its_time_was_over_leaves_nothing_to_be_reaped(own: Installation) -> None:
    own.sam.start_web()
    worker = own.sam.start_worker(builder=LONG, SAM_WORKER_SLOTS="1", SAM_GRACE_SECONDS="3")
    _, history = ask(own)
    history.wait_for(1, state="processing")
    worker.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGSTOP)
    still = clock(own.sam)
    wait_for(lambda: clock(own.sam) - still > timedelta(seconds=3), seconds=20, what="its time is over")
    worker.send_signal(signal.SIGCONT)
    assert worker.wait(30) == 0
    assert history.names(1) == [("claim", 1), ("hand_back", 1)]


SIGNALS = {
    "asked to stop": [signal.SIGTERM] * 5,
    "asked to stop and killed": [signal.SIGTERM, signal.SIGKILL] * 2 + [signal.SIGTERM],
}


@pytest.mark.parametrize(
    "signals",
    [pytest.param(signals, id=name, marks=pytest.mark.slow) for name, signals in SIGNALS.items()],
)
def test_five_workers_ended_during_one_part_and_the_sixth_completes_it(
    own: Installation, signals: list[signal.Signals]
) -> None:
    own.sam.start_web()
    visitor, history = ask(own)
    for attempt, ending in enumerate(signals, start=1):
        worker = own.sam.start_worker(builder=LONG, part=1, SAM_WORKER_SLOTS="1", SAM_GRACE_SECONDS="3")
        history.wait_for(1, state="processing", attempt=attempt)
        own.sam.stop(worker, by=ending)
    own.sam.start_worker()
    kills = signals.count(signal.SIGKILL)
    history.wait_for(1, state="completed", attempt=6, crashes=kills)
    history.wait_for(2, state="completed", crashes=0)
    moves = [one.move for one in history.moves(1)]
    assert (moves.count("hand_back"), moves.count("reap"), moves.count("finish")) == (5 - kills, kills, 1)
    assert history.is_whole(visitor, 1)


@pytest.mark.slow
def test_restarting_web_does_not_touch_the_part_that_a_worker_builds(own: Installation) -> None:
    web = own.sam.start_web()
    own.sam.start_worker(builder="slow:0.1")
    _, history = ask(own)
    history.wait_for(1, state="processing")
    own.sam.kill(web)
    own.sam.start_web()
    for number in (1, 2):
        history.wait_for(number, state="completed")
        assert history.names(number) == [("claim", 1), ("finish", 1)]


@pytest.mark.slow
def test_workers_of_two_versions_share_the_work_and_neither_takes_a_ring_of_the_other(own: Installation) -> None:
    own.sam.start_web()
    present = own.sam.start_worker(builder="slow:0.1", SAM_WORKER_SLOTS="1")
    other = start_program(own.sam, "other_version", SAM_WORKER_SLOTS="1")
    _, history = ask(own)
    for number in (1, 2):
        history.wait_for(number, state="completed", attempt=1)
    assert {history.one("finish", number).worker for number in (1, 2)} == {present.pid, other.pid}
    assert set(own.sam.query("SELECT version FROM sam_workerbeat")) == {(VERSION,), (OTHER_VERSION,)}

    queues = {present: (RING_QUEUE, RING_JOB), other: (OTHER_QUEUE, OTHER_JOB)}
    for still, awake in ((present, other), (other, present)):
        still.send_signal(signal.SIGSTOP)
        for worker in (still, awake):
            asyncio.run(ring(own.redis.url, *queues[worker]))
        wait_until_taken(own.redis.url, *queues[awake])
        assert rings(own.redis.url, *queues[still]) == 1, "and leaves that of the other"
        still.send_signal(signal.SIGCONT)
        wait_until_taken(own.redis.url, *queues[still])
    for worker in (present, other):
        assert worker.poll() is None
        said = Path(f"/proc/{worker.pid}/fd/1").read_text()
        assert "[ERROR]" not in said
        assert "not found" not in said  # arq, of a ring whose job it does not know


def test_a_worker_with_nothing_to_do_stops_at_once(own: Installation) -> None:
    worker = own.sam.start_worker(SAM_GRACE_SECONDS="60")
    asked = clock(own.sam)
    assert ended(worker) == 0
    assert clock(own.sam) - asked < timedelta(seconds=15)  # and not when the grace period is over


def ended(worker: subprocess.Popen[bytes]) -> int:
    worker.terminate()
    return worker.wait(30)


async def ring(url: str, queue: str, job: str) -> None:
    """As the web process of that version does."""
    settings = RedisSettings.from_dsn(url)
    pool = await create_pool(settings, job_serializer=serialize_ring, default_queue_name=queue)
    assert await pool.enqueue_job(job, 1)
    await pool.aclose()


def wait_until_taken(url: str, queue: str, job: str) -> None:
    wait_for(lambda: rings(url, queue, job) == 0, seconds=10, what="the ring is taken by its worker")


def rings(url: str, queue: str, _job: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.zcard(queue))
