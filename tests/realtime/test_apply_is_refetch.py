"""Whatever the network loses, doubles and reorders, a client ends with what the database holds."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.outbox import Outbox
from realtime.protocol import ServerFrame, encode
from realtime.session import Session, Step
from sam.events import ChangeFrame, SnapshotJSON
from tests.realtime.frames import a_change, a_part, a_request, a_snapshot


class Database:
    """The truth: the last state of each part, and `seq`."""

    def __init__(self) -> None:
        self.seq = 0
        self.done = dict.fromkeys((1, 2, 3), 0)

    def commit(self, part: int) -> ChangeFrame:
        self.seq += 1
        self.done[part] = self.seq
        return a_change(self.seq, a_part(part, done=self.seq))

    def snapshot(self) -> SnapshotJSON:
        return a_snapshot(self.seq, a_request(1, *(a_part(part, done=done) for part, done in self.done.items())))


class Client:
    """Applies what it is sent, and trusts the server to leave no gap."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.done: dict[int, int] = {}

    def apply(self, frame: ServerFrame) -> None:
        if frame["type"] == "snapshot":
            self.seq = frame["seq"]
            self.done = {part["id"]: part["done"] for part in frame["requests"][0]["parts"]}
        elif frame["type"] == "change":
            assert self.seq is not None, "a change before the snapshot"
            assert frame["seq"] == self.seq + 1, "a gap"
            self.seq = frame["seq"]
            if "part" in frame:
                self.done[frame["part"]["id"]] = frame["part"]["done"]
        elif frame["type"] == "beat":
            assert frame["seq"] == self.seq


class World:
    """A database, a network that loses, doubles and reorders, a session with its outbox, and a client."""

    def __init__(self) -> None:
        self.database, self.client = Database(), Client()
        self.session, self.outbox = Session(is_staff=False, now=0.0), Outbox()
        self.network: list[ChangeFrame] = []
        self.reading: SnapshotJSON | None = None
        self.wanted = False
        self.do(self.session.need_snapshot())

    def do(self, step: Step) -> None:
        for frame in step.send:
            self.outbox.put(json.loads(encode(frame)))
        if step.snapshot:
            assert not self.wanted, "two reads at once"
            self.wanted = True

    def commit(self, which: int) -> None:
        self.network.append(self.database.commit(which % 3 + 1))

    def lose(self, which: int) -> None:
        if self.network:
            self.network.pop(which % len(self.network))

    def double(self, which: int) -> None:
        if self.network:
            self.network.append(self.network[which % len(self.network)])

    def deliver(self, which: int) -> None:
        if self.network:
            self.do(self.session.on_frames([self.network.pop(which % len(self.network))]))

    def read(self, _: int) -> None:
        """The database answers the read that was asked for; the answer is still on its way."""
        if self.wanted and self.reading is None:
            self.reading = self.database.snapshot()

    def answer(self, _: int) -> None:
        if self.reading is not None:
            snapshot, self.reading, self.wanted = self.reading, None, False
            self.do(self.session.on_snapshot(snapshot))

    def fail(self, _: int) -> None:
        if self.wanted and self.session.seq is not None:
            self.reading, self.wanted = None, False
            self.do(self.session.on_snapshot_failed())

    def ping(self, _: int) -> None:
        self.do(self.session.beat())

    def write(self, _: int) -> None:
        if frame := self.outbox.take(0.0):
            self.client.apply(frame)

    def settle(self) -> None:
        """What is on its way arrives, and the sweep comes by."""
        for _ in range(3):
            while self.network:
                self.deliver(0)
            while self.wanted:
                self.read(0)
                self.answer(0)
            self.do(self.session.on_sweep(db_seq=self.database.seq, seq_before=self.session.seq))
        while frame := self.outbox.take(0.0):
            self.client.apply(frame)


ACTIONS: list[Callable[[World, int], None]] = [
    World.commit, World.commit, World.commit, World.deliver, World.deliver, World.lose, World.double,
    World.read, World.answer, World.fail, World.ping, World.write, World.write,
]  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 7)), max_size=120))
def test_a_client_ends_with_what_the_database_holds_whatever_is_lost_doubled_or_reordered(
    actions: list[tuple[Callable[[World, int], None], int]],
) -> None:
    world = World()
    for act, which in actions:
        act(world, which)
    world.settle()
    assert world.client.seq == world.database.seq
    assert world.client.done == world.database.done
