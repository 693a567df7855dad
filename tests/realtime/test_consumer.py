"""The consumer with a database written by hand and the channel layer in memory."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from realtime.consumer import Consumer
from realtime.protocol import MAX_PENDING_ENTITIES, MAX_SOCKETS_PER_USUARIO
from realtime.registry import LiveSockets
from sam.events import session_group, user_group
from sam.selectors.panorama import Outlook
from tests.realtime.frames import a_change, a_digest, a_part, some_progress
from tests.realtime.sockets import Clock, OneMessageBuffer, Tab, WrittenAnswers, layer, publish, tell


class Process:
    """One web process: its sockets, its database, its clock."""

    def __init__(self) -> None:
        self.database = WrittenAnswers()
        self.clock = Clock()
        self.live = LiveSockets(questions=self.database, clock=self.clock, sweep_seconds=3600)
        self.consumer = Consumer(self.live)
        self.tabs: list[Tab] = []

    def tab(self, session_key: str = "7", **headers: str | None) -> Tab:
        tab = Tab(self.consumer, session_key=session_key, **headers)
        self.tabs.append(tab)
        return tab

    async def open_tab(self, session_key: str = "7") -> Tab:
        tab = self.tab(session_key)
        assert (await tab.open())["type"] == "snapshot"
        return tab


@pytest.fixture
async def process(settings: Settings) -> AsyncIterator[Process]:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    process = Process()
    yield process
    for tab in process.tabs:
        if not tab.asgi.future.done():
            await tab.leave()
    await process.live.close()
    assert len(process.live) == 0


# ── the handshake ──


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://testserver:81"])
async def test_a_foreign_or_missing_origin_is_refused_at_the_handshake(process: Process, origin: str | None) -> None:
    assert await process.tab(origin=origin).handshake() == {"type": "websocket.close"}
    assert process.database.asked == []


async def test_an_anonymous_socket_is_accepted_and_closed_with_4401(process: Process) -> None:
    tab = process.tab("")
    assert (await tab.handshake())["type"] == "websocket.accept"
    assert await tab.close_code() == 4401


async def test_a_handshake_without_any_cookie_is_anonymous(process: Process) -> None:
    tab = process.tab(cookie=None)
    await tab.handshake()
    assert await tab.close_code() == 4401


async def test_a_database_that_does_not_answer_closes_with_1011_and_the_client_may_come_back(
    process: Process,
) -> None:
    process.database.down = True
    tab = process.tab()
    await tab.handshake()
    assert await tab.close_code() == 1011


async def test_the_21st_socket_of_one_usuario_is_closed_with_4429_and_the_others_stay(
    process: Process,
) -> None:
    tabs = [await process.open_tab() for _ in range(MAX_SOCKETS_PER_USUARIO)]
    one_more = process.tab()
    await one_more.handshake()
    assert await one_more.close_code() == 4429
    await process.open_tab("8")
    await tabs[0].leave()
    await process.open_tab()
    assert (await tabs[1].next_but_a_beat())["type"] == "beat"


# ── delivery ──


async def test_the_snapshot_is_first_and_then_changes_and_progress_follow(process: Process) -> None:
    process.database.seq[7] = 5
    tab = process.tab()
    snapshot = await tab.open()
    assert (snapshot["type"], snapshot["v"], snapshot["user"], snapshot["seq"]) == ("snapshot", 1, 7, 5)
    await publish(7, a_change(6, a_part(7)), some_progress(7))
    assert await tab.frame() == a_change(6, a_part(7))
    assert await tab.frame() == some_progress(7)


async def test_a_change_that_commits_between_joining_and_the_snapshot_is_not_lost(process: Process) -> None:
    process.database.seq[7] = 5
    process.database.before_answer = lambda: publish(7, a_change(5), a_change(6))
    tab = process.tab()
    assert (await tab.open())["seq"] == 5
    assert (await tab.frame())["seq"] == 6


async def test_another_usuarios_change_is_not_delivered(process: Process) -> None:
    tab = await process.open_tab("7")
    await publish(8, a_change(1))
    assert await tab.next_but_a_beat() == {"type": "beat", "seq": 0}


async def test_all_tabs_of_a_usuario_get_the_change_whatever_their_session(process: Process) -> None:
    tabs = [await process.open_tab(key) for key in ("7.phone", "7.phone", "7.desk")]
    await publish(7, a_change(1))
    assert [await tab.frame() for tab in tabs] == [a_change(1)] * 3


async def test_a_gap_is_answered_with_a_snapshot(process: Process) -> None:
    tab = await process.open_tab()
    process.database.seq[7] = 3
    await publish(7, a_change(3))
    frame = await tab.frame()
    assert (frame["type"], frame["seq"]) == ("snapshot", 3)


async def test_a_big_transaction_is_told_as_one_snapshot(process: Process) -> None:
    tab = await process.open_tab()
    process.database.seq[7] = 300
    await tell(user_group(7), "sam.resync")
    frame = await tab.frame()
    assert (frame["type"], frame["seq"]) == ("snapshot", 300)


async def test_a_gap_while_the_database_is_away_is_repaired_by_the_sweep(process: Process) -> None:
    tab = await process.open_tab()
    process.database.down = True
    process.database.seq[7] = 3
    await publish(7, a_change(3))
    assert await tab.next_but_a_beat() == {"type": "beat", "seq": 0}
    process.database.down = False
    await process.live.sweep()
    assert (await tab.frame())["seq"] == 3


async def test_the_sweep_repairs_a_lost_message_and_leaves_the_others_alone(process: Process) -> None:
    behind, level = await process.open_tab("7"), await process.open_tab("8")
    process.database.seq[7] = 1
    await process.live.sweep()
    frame = await behind.frame()
    assert (frame["type"], frame["seq"]) == ("snapshot", 1)
    assert (await level.next_but_a_beat())["type"] == "beat"


async def test_a_sweep_of_nobody_asks_nothing(process: Process) -> None:
    await process.live.sweep()
    assert process.database.asked == []


async def test_each_socket_beats_once_in_twenty_seconds(process: Process) -> None:
    tab = await process.open_tab()
    for _ in range(4):
        process.clock.now += 20
        process.live.tick()
        assert await tab.frame() == {"type": "beat", "seq": 0}
        process.live.tick()
    assert await tab.next_but_a_beat() == {"type": "beat", "seq": 0}


# ── the end of a session ──


async def test_logging_out_closes_all_sockets_of_that_session_and_no_other(process: Process) -> None:
    first, second = await process.open_tab("7.desk"), await process.open_tab("7.desk")
    phone = await process.open_tab("7.phone")
    await tell(session_group("7.desk"), "sam.session_ended")
    assert [await first.close_code(), await second.close_code()] == [4401, 4401]
    assert (await phone.next_but_a_beat())["type"] == "beat"


async def test_the_sweep_finds_a_session_whose_end_nobody_told(process: Process) -> None:
    tab, other = await process.open_tab("7"), await process.open_tab("8")
    process.database.ended.add("7")
    await process.live.sweep()
    assert await tab.close_code() == 4401
    assert (await other.next_but_a_beat())["type"] == "beat"


# ── what a client may send ──


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("", "not_json"),
        ("[" * 5000, "not_json"),
        ('{"type":"read","notification":NaN}', "not_json"),
        ("[]", "not_object"),
        ('{"type":"launch"}', "unknown_type"),
        ('{"type":"subscribe","topic":"\ud800"}', "unknown_topic"),
        ('{"type":"read","notification":"1"}', "bad_field"),
        ('{"type":"read","notification":404}', "not_found"),
        ('{"type":"subscribe","topic":"queue"}', "forbidden"),
    ],
)
async def test_five_bad_frames_are_answered_and_the_sixth_closes_with_4400(
    process: Process, sent: str, code: str
) -> None:
    tab = await process.open_tab()
    for _ in range(5):
        await tab.say(sent)
        assert await tab.frame() == {"type": "error", "code": code}
    await tab.say(sent)
    assert await tab.close_code() == 4400


@pytest.mark.parametrize("sent", [b'{"type":"ping"}', "x" * (65 * 1024)], ids=["binary", "65 KiB"])
async def test_a_binary_or_too_large_frame_closes_with_4400_at_once(process: Process, sent: str | bytes) -> None:
    tab = await process.open_tab()
    await tab.say(sent)
    assert await tab.close_code() == 4400


async def test_resync_brings_a_snapshot(process: Process) -> None:
    tab = await process.open_tab()
    await tab.say({"type": "resync"})
    assert (await tab.frame())["type"] == "snapshot"


async def test_reading_ones_own_notification_is_no_error(process: Process) -> None:
    process.database.unread.add(9)
    tab = await process.open_tab()
    await tab.say({"type": "read", "notification": 9})
    assert (await tab.next_but_a_beat())["type"] == "beat"
    assert process.database.asked[-1] == "read_notification"


async def test_reading_while_the_database_is_away_says_so(process: Process) -> None:
    tab = await process.open_tab()
    process.database.down = True
    await tab.say({"type": "read", "notification": 9})
    assert await tab.frame() == {"type": "error", "code": "unavailable"}


async def test_staff_who_subscribed_get_the_queue_once_a_change_until_they_unsubscribe(process: Process) -> None:
    staff, usuario = await process.open_tab("1-staff"), await process.open_tab("7")
    await process.live.show_queue()
    assert "queue" not in process.database.asked, "nobody watches"
    for tab in (staff, await process.open_tab("1-staff.2")):
        await tab.say({"type": "subscribe", "topic": "queue"})
        await tab.say({"type": "ping"})
        assert (await tab.frame())["type"] == "beat"
    await process.live.show_queue()
    assert await staff.frame() == a_digest("1")
    assert process.database.asked.count("queue") == 1, "one look for all who watch"
    process.clock.now += 2
    await process.live.show_queue()  # it is the same
    process.database.digest = a_digest("2")
    await process.live.show_queue()
    assert (await staff.next_but_a_beat()) == a_digest("2")
    await staff.say({"type": "unsubscribe", "topic": "queue"})
    await staff.say({"type": "ping"})
    assert (await staff.frame())["type"] == "beat"
    process.database.digest = a_digest("3")
    await process.live.show_queue()
    for tab in (staff, usuario):
        await tab.say({"type": "ping"})
        assert (await tab.frame())["type"] == "beat"


async def test_who_is_no_longer_staff_gets_no_more_of_the_queue(process: Process) -> None:
    staff = await process.open_tab("1-staff")
    await staff.say({"type": "subscribe", "topic": "queue"})
    await staff.say({"type": "ping"})
    assert (await staff.frame())["type"] == "beat"
    process.database.staff = set()
    await process.live.show_queue()
    assert await staff.frame() == {"type": "error", "code": "forbidden"}


# ── slow readers, bugs, clean-up ──


async def a_stuck_tab(process: Process) -> Tab:
    """A tab whose client has stopped reading: one message fits, the next `send` does not return."""
    tab = process.tab()
    tab.asgi._output_queue = buffer = OneMessageBuffer()
    await tab.open()
    await publish(7, a_change(1), a_change(2, a_part(2)))
    await buffer.full_up.wait()
    return tab


async def test_a_reader_that_takes_nothing_for_ten_seconds_is_closed_with_4408(process: Process) -> None:
    tab = await a_stuck_tab(process)
    process.live.tick()
    process.clock.now += 11
    process.live.tick()
    assert await tab.close_code() == 4408


async def test_256_entities_behind_a_stuck_frame_close_with_4408(process: Process) -> None:
    tab = await a_stuck_tab(process)
    await publish(7, *(a_change(3 + number, a_part(number)) for number in range(MAX_PENDING_ENTITIES + 1)))
    assert await tab.close_code() == 4408


async def test_a_reader_that_comes_back_gets_the_latest_of_each_entity_without_a_gap(
    process: Process,
) -> None:
    tab = await a_stuck_tab(process)
    await publish(7, *(a_change(3 + number, a_part(7, done=number)) for number in range(30)))
    await tab.say({"type": "ping"})
    frames = [await tab.frame()]
    while frames[-1]["type"] != "beat":
        frames.append(await tab.frame())
    assert [frame["seq"] for frame in frames] == [*range(1, 33), 32]
    assert [frame["part"]["done"] for frame in frames if "part" in frame][-1] == 29
    assert sum("part" in frame for frame in frames) <= 4


async def test_a_bug_closes_that_socket_with_1011_and_its_traceback_is_logged(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    other = await process.open_tab("8")
    process.database.broken = True
    tab = process.tab()
    await tab.handshake()
    with caplog.at_level(logging.ERROR, "realtime.consumer"):
        assert await tab.close_code() == 1011
    assert "ZeroDivisionError: a bug" in caplog.text
    process.database.broken = False
    assert (await other.next_but_a_beat())["type"] == "beat"


async def test_nothing_stays_of_a_socket_that_is_cancelled_without_a_disconnect(process: Process) -> None:
    tab = await process.open_tab()
    assert len(process.live) == 1
    tab.asgi.future.cancel()
    await tab.asgi.wait()
    assert len(process.live) == 0
    assert layer().groups == {}


async def test_a_client_that_leaves_is_forgotten_at_once(process: Process) -> None:
    tab = await process.open_tab()
    await tab.leave()
    assert len(process.live) == 0
    assert layer().groups == {}


async def test_who_waits_is_told_when_the_outlook_changes_and_only_then(process: Process) -> None:
    tab = await process.open_tab()
    process.database.waiting = {7: {7: Outlook(position=2, reason="no_workers")}}
    await process.live.foresee()
    outlook = {"position": 2, "eta": None, "reason": "no_workers"}
    assert await tab.frame() == {"type": "outlook", "parts": {"7": outlook}}
    await process.live.foresee()
    assert (await tab.next_but_a_beat())["type"] == "beat"
