"""The consumer with the real database, the real services and the real Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, ParamSpec, TypeVar

import pytest
import redis
from channels.db import database_sync_to_async
from django.db import transaction
from pytest_django import Settings

from realtime.consumer import Consumer
from realtime.questions import DatabaseQuestions
from realtime.registry import LiveSockets
from sam.events import user_group
from sam.models import Notificacion, Usuario
from sam.services.entrega import announce
from sam.services.notificaciones import read_notification
from tests.realtime.people import Person, real_database
from tests.realtime.sockets import Tab
from tests.services.redis_server import RedisServer

pytestmark = real_database

LISTEN_SECONDS = 15.0

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


@pytest.fixture
async def live() -> AsyncIterator[LiveSockets]:
    live = LiveSockets(questions=DatabaseQuestions(), sweep_seconds=3600)
    yield live
    await live.close()


async def in_thread(work: Callable[Arguments, Answer], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
    answer: Answer = await database_sync_to_async(work)(*args, **kwargs)
    return answer


def notify(usuario_id: int, text: str = "Lista.") -> int:
    """What a service does: one transaction that changes what the usuario sees."""
    with transaction.atomic():
        notificacion = Notificacion.objects.create(usuario_id=usuario_id, kind="zip_ready", text=text)
        announce(usuario_id, notificacion=notificacion)
    return notificacion.pk


def tab_of(live: LiveSockets, person: Person) -> Tab:
    return Tab(Consumer(live), session_key=person.session_key)


async def test_what_a_service_commits_is_in_the_usuarios_tabs_and_in_nobody_elses(
    live: LiveSockets, people: tuple[Person, Person]
) -> None:
    ana, blas = people
    mine, also_mine, other = (tab_of(live, person) for person in (ana, ana, blas))
    first = [await tab.open() for tab in (mine, also_mine, other)]
    assert [(frame["type"], frame["user"], frame["seq"]) for frame in first] == [
        ("snapshot", ana.id, 0),
        ("snapshot", ana.id, 0),
        ("snapshot", blas.id, 0),
    ]
    notification = await in_thread(notify, ana.id, "La parte 1 está lista.")
    for tab in (mine, also_mine):
        frame = await tab.news()
        assert (frame["type"], frame["seq"]) == ("change", 1)
        assert frame["notification"]["id"] == notification
        assert frame["notification"]["text"] == "La parte 1 está lista."
    assert await other.next_but_a_beat() == {"type": "beat", "seq": 0}
    for tab in (mine, also_mine, other):
        await tab.leave()


async def test_a_notification_read_in_one_tab_is_read_in_the_other(
    live: LiveSockets, people: tuple[Person, Person]
) -> None:
    ana, blas = people
    notification = await in_thread(notify, ana.id)
    one, two, other = (tab_of(live, person) for person in (ana, ana, blas))
    assert (await one.open())["notifications"]["unread"] == 1
    await two.open()
    await other.open()
    await other.say({"type": "read", "notification": notification})
    assert await other.news() == {"type": "error", "code": "not_found"}
    await one.say({"type": "read", "notification": notification})
    for tab in (one, two):
        assert (await tab.news())["notification"]["read_at"] is not None
    for tab in (one, two, other):
        await tab.leave()


async def test_logging_out_closes_the_tabs_of_that_session(live: LiveSockets, people: tuple[Person, Person]) -> None:
    ana, blas = people
    tab, other = tab_of(live, ana), tab_of(live, blas)
    await tab.open()
    await other.open()
    await in_thread(ana.browser.post, "/salir/")
    assert await tab.close_code() == 4401
    assert (await other.next_but_a_beat())["type"] == "beat"
    await other.leave()


async def test_a_cookie_that_names_no_session_is_anonymous(live: LiveSockets, people: tuple[Person, Person]) -> None:
    for key in ("x" * 32, "", "á", "../../etc"):
        tab = Tab(Consumer(live), session_key=key)
        assert (await tab.handshake())["type"] == "websocket.accept"
        assert await tab.close_code() == 4401


async def test_deactivating_a_usuario_closes_their_tabs_at_the_sweep(
    live: LiveSockets, people: tuple[Person, Person]
) -> None:
    ana, blas = people
    tab, other = tab_of(live, ana), tab_of(live, blas)
    await tab.open()
    await other.open()
    await in_thread(Usuario.objects.filter(pk=ana.id).update, is_active=False)
    await live.sweep()
    assert await tab.close_code() == 4401
    assert (await other.next_but_a_beat())["type"] == "beat"
    await other.leave()


async def test_a_new_password_closes_the_tabs_of_the_old_one_at_the_sweep(
    live: LiveSockets, people: tuple[Person, Person]
) -> None:
    tab = tab_of(live, people[0])
    await tab.open()

    def change() -> None:
        ana = Usuario.objects.get(pk=people[0].id)
        ana.set_password("y" * 12)
        ana.save()

    await in_thread(change)
    await live.sweep()
    assert await tab.close_code() == 4401


def deactivate(usuario: Usuario) -> None:
    usuario.is_active = False
    usuario.save()


def give_a_new_password(usuario: Usuario) -> None:
    usuario.set_password("y" * 12)
    usuario.save(update_fields=["password"])


@pytest.mark.parametrize("change", [deactivate, give_a_new_password, Usuario.delete])
async def test_what_ends_a_session_closes_its_tabs_without_waiting_for_the_sweep(
    live: LiveSockets, people: tuple[Person, Person], change: Callable[[Usuario], object]
) -> None:
    ana, blas = people
    tab, other = tab_of(live, ana), tab_of(live, blas)
    await tab.open()
    await other.open()
    await in_thread(lambda: change(Usuario.objects.get(pk=ana.id)))
    assert await tab.close_code() == 4401
    assert (await other.next_but_a_beat())["type"] == "beat"
    await other.leave()


async def test_a_change_that_ends_no_session_closes_no_tab(live: LiveSockets, people: tuple[Person, Person]) -> None:
    tab = tab_of(live, people[0])
    await tab.open()
    await in_thread(lambda: Usuario.objects.get(pk=people[0].id).save())
    await in_thread(lambda: Usuario.objects.get(pk=people[0].id).save(update_fields=["last_login"]))
    assert (await tab.next_but_a_beat())["type"] == "beat"
    await tab.leave()


async def test_a_key_rotation_with_fallbacks_logs_nobody_out(
    live: LiveSockets, people: tuple[Person, Person], settings: Settings
) -> None:
    tab = tab_of(live, people[0])
    await tab.open()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "rotated-" + "r" * 50
    await live.sweep()
    assert (await tab.next_but_a_beat())["type"] == "beat"
    another = tab_of(live, people[0])
    assert (await another.open())["type"] == "snapshot"
    await another.leave()
    await tab.leave()


@pytest.fixture
def moody_redis(own_redis: RedisServer, settings: Settings) -> RedisServer:
    """The channel layer's Redis, to be stopped at will."""
    layer: dict[str, Any] = {**settings.CHANNEL_LAYERS["default"]}
    layer["CONFIG"] = {**layer["CONFIG"], "hosts": [own_redis.url]}
    settings.CHANNEL_LAYERS = {"default": layer}
    return own_redis


def wait_for_a_listener(server: RedisServer, group: str) -> None:
    """Return when somebody has subscribed to the group again."""
    with redis.Redis.from_url(server.url) as client:
        deadline = time.monotonic() + LISTEN_SECONDS
        while not any(group.encode() in name for name in client.pubsub_channels()):
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.02)


async def test_a_socket_opened_without_redis_gets_its_snapshot_and_is_kept_right_by_the_sweep(
    live: LiveSockets, people: tuple[Person, Person], moody_redis: RedisServer
) -> None:
    moody_redis.stop()
    tab = tab_of(live, people[0])
    assert (await tab.open())["seq"] == 0
    await in_thread(notify, people[0].id)
    await live.sweep()
    frame = await tab.news()
    assert (frame["type"], frame["seq"]) == ("snapshot", 1)
    moody_redis.start()
    # When it hears again it first catches up, and from then on it is told at once.
    assert (await tab.news())["type"] == "snapshot"
    await in_thread(read_notification, user_id=people[0].id, notificacion_id=frame["notifications"]["latest"][0]["id"])
    assert (await tab.news())["type"] == "change"
    await tab.leave()


async def test_a_socket_opened_while_redis_hangs_gets_its_snapshot_within_the_limit(
    live: LiveSockets, people: tuple[Person, Person], moody_redis: RedisServer
) -> None:
    moody_redis.pause()
    first, second = tab_of(live, people[0]), tab_of(live, people[1])
    assert (await first.open())["type"] == "snapshot"
    assert (await second.open())["type"] == "snapshot"
    await first.leave()
    await second.leave()
    moody_redis.resume()


async def test_an_open_socket_lives_through_a_restart_of_redis(
    live: LiveSockets, people: tuple[Person, Person], moody_redis: RedisServer
) -> None:
    tab = tab_of(live, people[0])
    await tab.open()
    moody_redis.stop()
    await in_thread(notify, people[0].id)
    await live.sweep()
    assert (await tab.news())["seq"] == 1
    moody_redis.start()
    await asyncio.to_thread(wait_for_a_listener, moody_redis, user_group(people[0].id))
    await in_thread(notify, people[0].id)
    frame = await tab.news()
    assert (frame["type"], frame["seq"]) == ("change", 2), "it hears again by itself"
    await tab.leave()
