"""Redis may forget, go away, come back or stand still: no process ends, no call hangs, and nobody misses a thing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import redis

from sam.dispatch import RING_QUEUE, RING_WINDOW
from tests.failures.answers import Answer, ask, enter
from tests.failures.bare_data import OPERATOR, SMALL_EMPRESAS, USUARIO
from tests.failures.open_tab import OpenTab, open_tab
from tests.failures.own_servers import Installation
from tests.running import Visitor, wait_for
from tests.services.redis_server import RedisServer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

REPAIR_SECONDS = 15.0
# Redis is waited for half a second at most; the rest is for a machine that is busy with other tests.
LONGER_SECONDS = 2.0


def rings(server: RedisServer) -> int:
    with redis.Redis.from_url(server.url) as client:
        return int(client.zcard(RING_QUEUE))


def kill_subscriptions(server: RedisServer) -> int:
    """Cut every connection that listens; how many there were."""
    with redis.Redis.from_url(server.url) as client:
        return int(client.client_kill_filter(_type="pubsub"))


def becomes_right(*tabs: OpenTab) -> None:
    for tab in tabs:
        wait_for(tab.is_right, seconds=REPAIR_SECONDS, what="the tab shows what a reload shows")


def hears_pushes_again(own: Installation, visitor: Visitor, tab: OpenTab) -> None:
    """By itself: a change that arrives as one was pushed, while what the sweep finds arrives as a snapshot."""
    since, done = time.monotonic(), own.completed()
    assert own.request(visitor)[0] == 201
    wait_for(partial(own.has_completed, done + 2), seconds=60, what="a request is built")
    wait_for(lambda: any(frame["type"] == "change" for frame in tab.since(since)), seconds=5, what="a push")


# ── it forgets ──


@pytest.mark.slow
def test_redis_emptied_under_100_waiting_parts_and_each_is_built_once(own: Installation) -> None:
    own.sam.start_web()
    operator = Visitor(own.sam, OPERATOR)
    for number in range(SMALL_EMPRESAS):
        assert own.request(operator, small=number)[0] == 201
    assert rings(own.redis) == RING_WINDOW
    own.redis.empty()

    for _ in range(2):
        own.start_quick_worker()
    for share in (0.2, 0.6):
        done = int(share * SMALL_EMPRESAS)
        wait_for(partial(own.has_completed, done), seconds=60, what=f"{done} parts are completed")
        own.redis.empty()
    wait_for(partial(own.has_completed, SMALL_EMPRESAS), seconds=90, what="every part is completed")

    moved = Counter((part, move) for part, move, _, _ in own.moves())
    assert Counter(move for _, move in moved) == {"claim": SMALL_EMPRESAS, "finish": SMALL_EMPRESAS}
    assert set(moved.values()) == {1}
    assert own.sam.query("SELECT count(*), max(attempt), max(crashes) FROM sam_zippart") == [(SMALL_EMPRESAS, 1, 0)]


# ── it goes away ──


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_redis_away_and_every_process_and_socket_lives_on(own: Installation, seconds: float) -> None:
    processes = [own.sam.start_web(), *(own.sam.start_worker(builder="slow:0.05") for _ in range(2))]
    ana, operator = Visitor(own.sam, USUARIO), Visitor(own.sam, OPERATOR)
    with open_tab(own.sam, ana) as tab, open_tab(own.sam, operator) as other:
        assert own.request(ana)[0] == 201
        wait_for(own.building, seconds=20, what="a part is being built")
        own.redis.stop()
        away = time.monotonic()
        asked = own.ask_for_small(operator, 0)
        assert asked.status == 201
        assert asked.seconds < LONGER_SECONDS
        ready = ask(own.sam, "/readyz")
        assert (ready.status, ready.json["degraded"]) == (200, ["redis"])
        wait_for(partial(own.has_completed, 3), seconds=60, what="what was asked for before and meanwhile is built")
        becomes_right(tab, other)
        time.sleep(max(0.0, away + seconds - time.monotonic()))
        own.redis.start()

        hears_pushes_again(own, ana, tab)
        wait_for(lambda: rings(own.redis) == 0, seconds=10, what="the workers hear the rings")
        becomes_right(tab, other)
        assert [process.poll() for process in processes] == [None] * 3
        assert (tab.closed, other.closed, tab.gaps, other.gaps) == (None, None, 0, 0)
    assert own.sam.query("SELECT max(attempt), max(crashes) FROM sam_zippart") == [(1, 0)]


@pytest.mark.slow
def test_the_subscription_killed_while_it_is_published_and_the_tab_is_right_again(own: Installation) -> None:
    own.sam.start_web()
    worker = own.sam.start_worker(builder="slow:0.1")
    ana = Visitor(own.sam, USUARIO)
    with open_tab(own.sam, ana) as tab:
        assert own.request(ana)[0] == 201
        killed = 0
        while own.completed() < 2:
            killed += kill_subscriptions(own.redis)
            time.sleep(0.3)
        assert killed > 1
        becomes_right(tab)

        # And a change that is certainly lost, with nothing behind it that would show the gap.
        own.sam.stop(worker)
        answer = own.request(ana)[1]
        becomes_right(tab)
        lost = time.monotonic()
        assert kill_subscriptions(own.redis) == 1
        assert ana.post(f"/zip/solicitudes/{answer['id']}/cancelar/")[0] == 200
        becomes_right(tab)
        assert "snapshot" in [frame["type"] for frame in tab.since(lost)]
        assert (tab.closed, tab.gaps) == (None, 0)


# ── it stands still ──


@contextmanager
def frozen(server: RedisServer) -> Iterator[None]:
    server.pause()
    try:
        yield
    finally:
        server.resume()


@pytest.mark.slow
def test_redis_standing_still_for_10_seconds_and_no_call_waits_for_it(own: Installation) -> None:
    processes = [own.sam.start_web(), own.sam.start_worker(builder="slow:0.05")]
    ana, operator = Visitor(own.sam, USUARIO), Visitor(own.sam, OPERATOR)
    numbers = iter(range(SMALL_EMPRESAS))
    calls: dict[str, Callable[[], Answer]] = {
        "solicitar": lambda: own.ask_for_small(operator, next(numbers)),
        "informes": lambda: ask(own.sam, "/informes/", visitor=ana),
        "readyz": lambda: ask(own.sam, "/readyz"),
        "entrar": lambda: enter(own.sam, USUARIO),
    }
    with open_tab(own.sam, ana) as tab, open_tab(own.sam, operator) as other:
        usual = {name: max(call().seconds for _ in range(3)) for name, call in calls.items()}
        with frozen(own.redis):
            still = time.monotonic()
            while time.monotonic() < still + 10:
                for name, call in calls.items():
                    answer = call()
                    assert answer.status < 400, name
                    assert answer.seconds < usual[name] + LONGER_SECONDS, name
            assert ask(own.sam, "/readyz").json["degraded"] == ["redis"]
            with open_tab(own.sam, ana) as late:
                assert late.is_right()
        hears_pushes_again(own, ana, tab)
        becomes_right(tab, other)
        assert [process.poll() for process in processes] == [None, None]
        assert (tab.closed, other.closed, tab.gaps, other.gaps) == (None, None, 0, 0)
