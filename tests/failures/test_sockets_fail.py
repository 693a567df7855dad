"""Whatever is lost, doubled, late or forged on the way, a socket shows its own usuario what the database holds."""

from __future__ import annotations

import asyncio
import random
from contextlib import ExitStack, closing
from typing import Any

import pytest
import redis
from websockets.exceptions import InvalidStatus

from sam.events import user_group
from tests.failures.open_tab import OpenTab, open_tab, reload
from tests.failures.watching import (
    Person,
    end_of,
    get,
    locked,
    next_frame,
    open_socket,
)
from tests.running import Sam, Visitor, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

REPAIR_SECONDS = 20.0  # 15 are promised; a loaded machine may take longer


# ── a commit between joining the groups and reading the snapshot ──


async def test_what_commits_while_a_new_socket_waits_for_its_snapshot_follows_it(sam: Sam) -> None:
    sam.start_web()
    visitor = Visitor(sam, "certiboy")
    person = Person.of(sam, visitor, "certiboy")
    # The snapshot's transaction has read `seq` when it comes to this table; making a request needs it not.
    with locked(sam, "LOCK TABLE sam_epoch IN ACCESS EXCLUSIVE MODE"):
        socket = await open_socket(sam, person)
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        await asyncio.to_thread(wait_for, lambda: sam.query(waiting), seconds=4, what="the snapshot waits")
        status, made = await asyncio.to_thread(visitor.post, "/zip/solicitudes/")
        assert status == 201
    async with socket:
        first = await next_frame(socket, "snapshot", "change")
        assert (first["type"], first["seq"], first["requests"]) == ("snapshot", 0, [])
        ((last,),) = sam.query("SELECT seq FROM sam_stream WHERE usuario_id = %s", person.id)
        changes = [await next_frame(socket, "snapshot", "change") for _ in range(int(str(last)))]
    assert [(change["type"], change["seq"]) for change in changes] == [
        ("change", seq) for seq in range(1, len(changes) + 1)
    ]
    assert {change["request"]["id"] for change in changes if "request" in change} == {made["id"]}
    parts: Any = made["parts"]
    assert {change["part"]["id"] for change in changes if "part" in change} == {part["id"] for part in parts}


# ── messages lost, doubled and out of order ──


class Tangler:
    """Hears what is published to a usuario, says it again late and out of order, and makes others miss it."""

    NAME = "tangler"

    def __init__(self, sam: Sam, person: Person, rng: random.Random) -> None:
        self._client = redis.Redis.from_url(sam.environment["REDIS_URL"], client_name=self.NAME)
        self._channel = f"sam__group__{user_group(person.id)}"
        self._rng = rng
        self._heard: list[bytes] = []
        self._pubsub: Any = self._client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._pubsub.subscribe(self._channel)

    def listen(self) -> None:
        while message := self._pubsub.get_message(timeout=0.05):
            self._heard.append(message["data"])

    def say_again(self) -> None:
        again = self._rng.choices(self._heard, k=self._rng.randint(1, 8)) if self._heard else []
        for data in again:
            self._client.publish(self._channel, data)

    def deafen(self) -> None:
        """End the connections that the web processes hear by: what is published until they are back is lost."""
        listeners: Any = self._client.client_list(_type="pubsub")
        for client in listeners:
            if client["name"] != self.NAME:
                self._client.client_kill_filter(_id=client["id"])

    def close(self) -> None:
        self._pubsub.close()
        self._client.close()


def all_equal(tabs: list[OpenTab], page: dict[str, Any]) -> bool:
    return all(tab.shows() == page for tab in tabs)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_tabs_end_equal_to_a_reload_whatever_is_lost_doubled_and_reordered_on_the_way(sam: Sam, seed: int) -> None:
    sam.start_web()
    visitor = Visitor(sam, "certiboy")
    rng = random.Random(seed)
    with ExitStack() as stack:
        tangler = stack.enter_context(closing(Tangler(sam, Person.of(sam, visitor, "certiboy"), rng)))
        tabs = [stack.enter_context(open_tab(sam, visitor))]
        _, made = visitor.post("/zip/solicitudes/")
        for turn in range(24):
            tangler.listen()
            if rng.random() < 0.7:
                tangler.say_again()
            if rng.random() < 0.3:
                tangler.deafen()
            if rng.random() < 0.2:
                tabs.append(stack.enter_context(open_tab(sam, visitor)))
            action = "reintentar" if turn % 2 else "cancelar"
            assert visitor.post(f"/zip/solicitudes/{made['id']}/{action}/")[0] == 200
        tangler.say_again()
        wait_for(lambda: all_equal(tabs, reload(sam, visitor)), seconds=REPAIR_SECONDS, what="all tabs equal a reload")
        assert [tab.gaps for tab in tabs] == [0] * len(tabs)
        assert [tab.closed for tab in tabs] == [None] * len(tabs)


# ── what a client may not do, on a socket that is somebody's ──


@pytest.mark.parametrize(
    "sent", [pytest.param("x" * 65 * 1024, id="65 KiB"), pytest.param(b'{"type": "ping"}', id="binary")]
)
async def test_a_frame_that_no_page_sends_ends_its_own_socket_with_4400_and_no_other(
    sam: Sam, sent: str | bytes
) -> None:
    sam.start_web()
    complaints = sam.logs().count("Traceback")
    person = Person.of(sam, Visitor(sam, "certiboy"), "certiboy")
    async with await open_socket(sam, person) as bad, await open_socket(sam, person) as good:
        for socket in (bad, good):
            await next_frame(socket, "snapshot")
        await bad.send(sent)
        assert (await end_of(bad))[1] == 4400
        await good.send('{"type": "ping"}')
        await next_frame(good, "beat")
    assert sam.logs().count("Traceback") == complaints


# ── what a client says of itself ──

FORGED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Port": "443",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    "Daphne-Root-Path": "/evil",
}


def test_forged_headers_change_neither_a_page_nor_where_it_leads(sam: Sam) -> None:
    sam.start_web()
    status, headers, text = get(sam, "/entrar/", FORGED)
    assert (status, "evil" in text, "Secure" in headers["Set-Cookie"]) == (200, False, False)
    status, headers, _ = get(sam, "/informes/", FORGED)
    assert (status, headers["Location"]) == (302, "/entrar/?next=%2Finformes%2F")
    assert get(sam, "/entrar/", {"Host": "evil.example"})[0] == 400


async def test_forged_headers_open_no_socket_to_another_site(sam: Sam) -> None:
    sam.start_web()
    person = Person.of(sam, Visitor(sam, "certiboy"), "certiboy")
    async with await open_socket(sam, person, additional_headers=FORGED) as socket:
        await next_frame(socket, "snapshot")
    for origin in ("http://evil.example", "https://evil.example", f"http://127.0.0.1:{sam.port + 1}", "null", None):
        with pytest.raises(InvalidStatus) as refused:
            await open_socket(sam, person, origin=origin, additional_headers=FORGED)
        assert refused.value.response.status_code == 403
