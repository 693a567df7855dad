"""What `/metrics` of a web process says of its sockets and its event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from realtime.consumer import Consumer
from realtime.counting import LAG_SECONDS, watch_lag
from realtime.registry import LiveSockets
from sam.metrics import PROCESS
from tests.realtime.frames import a_change
from tests.realtime.sockets import Clock, Tab, WrittenAnswers, publish


class Process:
    """One web process with its sockets, and what it has counted since it began."""

    def __init__(self) -> None:
        self.database = WrittenAnswers()
        self.live = LiveSockets(questions=self.database, clock=Clock(), sweep_seconds=3600)
        self._start: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        for family in PROCESS.collect():
            for sample in family.samples:
                self._start[sample.name, tuple(sorted(sample.labels.items()))] = sample.value

    def tab(self, session_key: str = "7") -> Tab:
        return Tab(Consumer(self.live), session_key=session_key)

    def counted(self, name: str, **labels: str) -> float:
        return self._value(name, **labels) - self._start.get((name, tuple(sorted(labels.items()))), 0.0)

    @staticmethod
    def _value(name: str, **labels: str) -> float:
        return PROCESS.get_sample_value(name, labels) or 0.0


@pytest.fixture
async def process(settings: Settings) -> AsyncIterator[Process]:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    process = Process()
    yield process
    await process.live.close()


async def test_sockets_are_counted_while_they_are_open_and_by_how_they_end(process: Process) -> None:
    tabs = [process.tab() for _ in range(3)]
    for tab in tabs:
        await tab.open()
    assert process.counted("sam_sockets_open") == 3
    await tabs[0].leave()
    await tabs[1].say(b"binary")
    assert await tabs[1].close_code() == 4400
    assert process.counted("sam_sockets_open") == 1
    assert process.counted("sam_sockets_closed_total", code="gone") == 1
    assert process.counted("sam_sockets_closed_total", code="4400") == 1
    await tabs[2].leave()
    anonymous = process.tab("")
    await anonymous.handshake()
    assert await anonymous.close_code() == 4401
    assert process.counted("sam_sockets_closed_total", code="4401") == 1
    assert process.counted("sam_sockets_open") == 0


async def test_frames_are_counted_by_type(process: Process) -> None:
    tab = process.tab()
    await tab.open()
    await publish(7, a_change(1), a_change(2))
    assert [(await tab.frame())["type"] for _ in range(2)] == ["change", "change"]
    await tab.next_but_a_beat()
    await tab.leave()
    assert process.counted("sam_frames_sent_total", type="snapshot") == 1
    assert process.counted("sam_frames_sent_total", type="change") == 2
    assert process.counted("sam_frames_sent_total", type="beat") == 1


async def test_a_gap_is_a_repair_and_so_many_missed_changes(process: Process) -> None:
    tab = process.tab()
    await tab.open()
    process.database.seq[7] = 5
    await publish(7, a_change(5))
    assert (await tab.frame())["seq"] == 5
    await tab.leave()
    assert process.counted("sam_seq_repairs_total", cause="gap") == 1
    assert process.counted("sam_seq_repairs_total", cause="sweep") == 0
    assert process.counted("sam_changes_missed_total") == 4


async def test_what_the_sweep_finds_is_told_apart(process: Process) -> None:
    tab = process.tab()
    await tab.open()
    await process.live.sweep()
    assert process.counted("sam_seq_repairs_total", cause="sweep") == 0
    process.database.seq[7] = 3
    await process.live.sweep()
    assert (await tab.frame())["seq"] == 3
    await tab.leave()
    assert process.counted("sam_seq_repairs_total", cause="sweep") == 1
    assert process.counted("sam_changes_missed_total") == 3


async def test_a_socket_that_is_in_order_repairs_nothing(process: Process) -> None:
    tab = process.tab()
    await tab.open()
    await tab.say({"type": "resync"})
    assert (await tab.frame())["type"] == "snapshot"
    await tab.leave()
    for cause in ("gap", "sweep"):
        assert process.counted("sam_seq_repairs_total", cause=cause) == 0


async def test_a_loop_that_is_held_up_is_seen_as_late(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    turn = asyncio.sleep

    async def sleep(seconds: float) -> None:
        asked.append(seconds)
        if len(asked) > 1:
            await asyncio.Event().wait()
        clock.now += seconds + 1.5  # something blocked the loop for so long

    clock = Clock()
    monkeypatch.setattr("realtime.counting.asyncio.sleep", sleep)
    task = asyncio.get_running_loop().create_task(watch_lag(clock))
    while process.counted("sam_event_loop_lag_seconds_count") == 0:
        await turn(0)
    task.cancel()
    assert asked[0] == LAG_SECONDS
    assert process.counted("sam_event_loop_lag_seconds_sum") == pytest.approx(1.5)
    assert process.counted("sam_event_loop_lag_seconds_bucket", le="1.0") == 0
    assert process.counted("sam_event_loop_lag_seconds_bucket", le="2.5") == 1
