"""One socket's delivery: snapshot, contiguous changes, gaps, live frames, errors; without a socket."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.protocol import (
    ERRORS_PER_MINUTE,
    FRAMES_AT_ONCE,
    MAX_SERVER_BYTES,
    CloseCode,
    ServerFrame,
    encode,
)
from realtime.session import NOTHING, Session, Step
from sam.events import ChangeFrame
from tests.realtime.frames import (
    a_change,
    a_digest,
    a_part,
    a_request,
    a_snapshot,
    some_progress,
)

PING = '{"type":"ping"}'


def a_session(*, is_staff: bool = False) -> Session:
    return Session(is_staff=is_staff, now=0.0)


def an_open_session(seq: int = 5, *, is_staff: bool = False) -> Session:
    session = a_session(is_staff=is_staff)
    assert session.need_snapshot() == Step(snapshot=True)
    session.on_snapshot(a_snapshot(seq, a_request(1, a_part(1))))
    return session


def seqs_of(step: Step) -> list[tuple[str, int]]:
    sent: list[dict[str, Any]] = [dict(frame) for frame in step.send]
    return [(frame["type"], frame["seq"]) for frame in sent if "seq" in frame]


# ── snapshot and changes ──


def test_the_first_frame_is_the_snapshot_with_the_protocols_version() -> None:
    session = a_session()
    session.need_snapshot()
    step = session.on_snapshot(a_snapshot(5, user=7))
    assert step.send == ({"type": "snapshot", "v": 1, "build": "", **a_snapshot(5, user=7)},)
    assert not step.snapshot


def test_every_snapshot_names_the_static_files_of_this_server() -> None:
    session = Session(is_staff=False, now=0.0, build="b2")
    for seq in (5, 6):
        session.need_snapshot()
        (frame,) = session.on_snapshot(a_snapshot(seq)).send
        assert frame["type"] == "snapshot"
        assert frame["build"] == "b2"


def test_a_change_that_commits_between_joining_and_the_snapshot_is_told_once_after_it() -> None:
    session = a_session()
    session.need_snapshot()
    assert session.on_frames([a_change(5), a_change(6), a_change(7)]) == NOTHING
    step = session.on_snapshot(a_snapshot(5))
    assert seqs_of(step) == [("snapshot", 5), ("change", 6), ("change", 7)]


def test_changes_that_overtook_each_other_while_the_snapshot_was_read_go_out_in_order() -> None:
    session = a_session()
    session.need_snapshot()
    session.on_frames([a_change(7), a_change(6), a_change(7), a_change(6)])
    step = session.on_snapshot(a_snapshot(5))
    assert seqs_of(step) == [("snapshot", 5), ("change", 6), ("change", 7)]
    assert not step.snapshot


def test_the_next_change_is_sent_at_once_and_older_ones_are_dropped() -> None:
    session = an_open_session(5)
    step = session.on_frames([a_change(4), a_change(5), a_change(6), a_change(6), a_change(7)])
    assert seqs_of(step) == [("change", 6), ("change", 7)]
    assert session.seq == 7


def test_a_gap_asks_for_one_snapshot_and_sends_nothing_until_it_is_there() -> None:
    session = an_open_session(5)
    assert session.on_frames([a_change(7), a_change(8)]) == Step(snapshot=True, missed=1)
    assert session.on_frames([a_change(9)]) == NOTHING
    assert seqs_of(session.on_snapshot(a_snapshot(9))) == [("snapshot", 9)]


def test_a_gap_behind_a_snapshot_asks_for_another() -> None:
    session = a_session()
    session.need_snapshot()
    session.on_frames([a_change(8)])
    step = session.on_snapshot(a_snapshot(5))
    assert seqs_of(step) == [("snapshot", 5)]
    assert step.snapshot
    assert seqs_of(session.on_snapshot(a_snapshot(8))) == [("snapshot", 8)]


def test_a_seq_that_the_database_does_not_have_costs_one_snapshot_and_no_more() -> None:
    session = an_open_session(5)
    assert session.on_frames([a_change(900), a_change(901)]).snapshot
    assert not session.on_snapshot(a_snapshot(5)).snapshot
    assert session.seq == 5


def test_a_seq_that_the_database_does_not_have_and_that_came_during_a_read_costs_one_read_more() -> None:
    session = a_session()
    session.need_snapshot()
    session.on_frames([a_change(900)])
    assert session.on_snapshot(a_snapshot(5)).snapshot
    assert not session.on_snapshot(a_snapshot(5)).snapshot


def test_a_snapshot_may_go_back_because_the_database_was_restored() -> None:
    session = an_open_session(5)
    session.need_snapshot()
    assert seqs_of(session.on_snapshot(a_snapshot(2, epoch="e2"))) == [("snapshot", 2)]
    assert seqs_of(session.on_frames([a_change(3)])) == [("change", 3)]


def test_a_resync_while_a_snapshot_is_read_reads_another_one_after_it() -> None:
    session = a_session()
    session.need_snapshot()
    assert session.need_snapshot() == NOTHING
    assert session.on_snapshot(a_snapshot(5)).snapshot
    assert not session.on_snapshot(a_snapshot(5)).snapshot


def test_a_new_socket_whose_snapshot_cannot_be_read_gives_up() -> None:
    session = a_session()
    session.need_snapshot()
    assert session.on_snapshot_failed() == Step(close=CloseCode.INTERNAL_ERROR)


def test_an_open_socket_whose_snapshot_cannot_be_read_waits_for_the_sweep() -> None:
    session = an_open_session(5)
    session.on_frames([a_change(7)])
    assert session.on_snapshot_failed() == NOTHING
    assert session.on_sweep(db_seq=7, seq_before=5) == Step(snapshot=True, missed=2)


def test_a_change_carries_more_than_a_part_unaltered() -> None:
    session = an_open_session(5)
    change: ChangeFrame = {"type": "change", "seq": 6}
    assert session.on_frames([change]).send == (change,)


# ── the sweep ──


@pytest.mark.parametrize(
    ("db_seq", "seq_before", "repairs"),
    [
        pytest.param(5, 5, False, id="equal"),
        pytest.param(6, 5, True, id="behind"),
        pytest.param(4, 5, True, id="ahead: the database was restored"),
        pytest.param(4, 4, False, id="a frame came while the database answered"),
        pytest.param(4, None, False, id="the first snapshot came while the database answered"),
    ],
)
def test_the_sweep_repairs_what_differs(db_seq: int, seq_before: int | None, repairs: bool) -> None:
    session = an_open_session(5)
    assert session.on_sweep(db_seq=db_seq, seq_before=seq_before).snapshot is repairs


def test_the_sweep_leaves_a_socket_alone_that_is_reading_its_snapshot() -> None:
    session = an_open_session(5)
    session.need_snapshot()
    assert session.on_sweep(db_seq=9, seq_before=5) == NOTHING


# ── live frames ──


def test_progress_of_a_known_part_passes() -> None:
    session = an_open_session()
    assert session.on_frames([some_progress(1, done=3)]).send == (some_progress(1, done=3),)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(some_progress(99), id="a part that the usuario does not see"),
        pytest.param(some_progress(1, attempt=0), id="an older attempt"),
        pytest.param(some_progress(1, attempt=2), id="an attempt whose start is still to come"),
    ],
)
def test_other_progress_is_dropped(frame: ServerFrame) -> None:
    session = an_open_session()
    assert session.on_frames([frame]) == NOTHING  # type: ignore[list-item]


def test_progress_never_goes_back_within_an_attempt() -> None:
    session = an_open_session()
    frames = [some_progress(done=done) for done in (3, 2, 3, 5, 4)]
    sent = session.on_frames(frames).send
    assert [frame["done"] for frame in sent if frame["type"] == "progress"] == [3, 3, 5]


def test_a_new_attempt_starts_at_nothing_again() -> None:
    session = an_open_session(5)
    session.on_frames([some_progress(done=30), a_change(6, a_part(1, attempt=2))])
    assert session.on_frames([some_progress(attempt=1, done=31)]) == NOTHING
    assert session.on_frames([some_progress(attempt=2, done=1)]).send


def test_progress_of_a_part_that_is_over_is_dropped() -> None:
    session = an_open_session(5)
    session.on_frames([a_change(6, a_part(1, state="completed", done=35))])
    assert session.on_frames([some_progress(done=35)]) == NOTHING


def test_live_frames_do_not_come_before_the_first_snapshot() -> None:
    session = a_session()
    session.need_snapshot()
    assert session.on_frames([some_progress()]) == NOTHING


def test_an_outlook_is_cut_to_the_usuarios_live_parts() -> None:
    session = an_open_session()
    mine = {"position": 1, "eta": None, "reason": "queue_ahead"}
    step = session.on_frames([{"type": "outlook", "parts": {"1": mine, "99": mine}}])  # type: ignore[dict-item]
    assert step.send == ({"type": "outlook", "parts": {"1": mine}},)


def test_a_change_of_a_part_that_lives_wants_an_outlook_to_follow() -> None:
    session = an_open_session(5)
    wanted = [session.wants_outlook]
    for frame in (
        a_change(6, a_part(1, state="completed", done=35)),
        a_change(7, a_part(1, state="pending")),
        {"type": "outlook", "parts": {}},
    ):
        session.on_frames([frame])  # type: ignore[list-item]
        wanted.append(session.wants_outlook)
    assert wanted == [False, False, True, False]


def test_a_frame_of_an_unknown_type_is_skipped_since_a_newer_worker_may_send_it() -> None:
    session = an_open_session(5)
    confetti: Any = {"type": "confetti"}
    step = session.on_frames([confetti, a_change(6)])
    assert seqs_of(step) == [("change", 6)]


# ── the client ──


def test_a_ping_is_answered_with_a_beat() -> None:
    assert an_open_session(5).on_client(PING, None, now=1).send == ({"type": "beat", "seq": 5},)


def test_a_ping_before_the_snapshot_is_answered_after_it_with_its_seq() -> None:
    session = a_session()
    session.need_snapshot()
    assert session.on_client(PING, None, now=1) == NOTHING
    session.on_frames([a_change(6)])
    assert seqs_of(session.on_snapshot(a_snapshot(5))) == [("snapshot", 5), ("change", 6), ("beat", 6)]


def test_an_error_before_the_snapshot_is_told_after_it() -> None:
    session = a_session()
    session.need_snapshot()
    assert session.on_client("no", None, now=1) == NOTHING
    assert [frame["type"] for frame in session.on_snapshot(a_snapshot(5)).send] == ["snapshot", "error"]


def test_resync_asks_for_a_snapshot() -> None:
    assert an_open_session().on_client('{"type":"resync"}', None, now=1) == Step(snapshot=True)


def test_read_names_the_notification() -> None:
    assert an_open_session().on_client('{"type":"read","notification":9}', None, now=1) == Step(read=9)


SUBSCRIBE = '{"type":"subscribe","topic":"queue"}'


def test_only_staff_may_subscribe_to_the_queue() -> None:
    session = an_open_session()
    assert session.on_client(SUBSCRIBE, None, now=1).send == ({"type": "error", "code": "forbidden"},)
    assert not session.watches_queue
    staff = an_open_session(is_staff=True)
    assert staff.on_client(SUBSCRIBE, None, now=1) == NOTHING
    assert staff.watches_queue


def test_the_queues_digest_goes_to_those_who_subscribed_when_it_is_new_and_no_longer() -> None:
    session = an_open_session(is_staff=True)
    assert session.on_queue(a_digest("a"), now=1) == NOTHING
    session.on_client(SUBSCRIBE, None, now=1)
    assert session.on_queue(a_digest("a"), now=1).send == (a_digest("a"),)
    assert session.on_queue(a_digest("a"), now=2) == NOTHING
    assert session.on_queue(a_digest("b"), now=3).send == (a_digest("b"),)
    session.on_client(SUBSCRIBE, None, now=3)  # a page that was loaded anew in the same tab
    assert session.on_queue(a_digest("b"), now=4).send == (a_digest("b"),)
    session.on_client('{"type":"unsubscribe","topic":"queue"}', None, now=5)
    assert session.on_queue(a_digest("c"), now=5) == NOTHING


def test_an_unchanged_digest_is_told_again_for_its_ages_every_five_seconds() -> None:
    session = an_open_session(is_staff=True)
    session.on_client(SUBSCRIBE, None, now=1)
    told = [bool(session.on_queue(a_digest("a"), now=float(now)).send) for now in range(1, 13)]
    assert told == [now in {1, 6, 11} for now in range(1, 13)]


def test_who_is_no_longer_staff_sees_no_queue_though_the_socket_stays() -> None:
    session = an_open_session(is_staff=True)
    session.on_client(SUBSCRIBE, None, now=1)
    step = session.on_rights(is_staff=False, now=2)
    assert step.send == ({"type": "error", "code": "forbidden"},)
    assert step.close is None
    assert session.on_queue(a_digest("a"), now=3) == NOTHING
    assert session.on_client(SUBSCRIBE, None, now=3).send == ({"type": "error", "code": "forbidden"},)
    session.on_rights(is_staff=True, now=4)
    assert session.on_client(SUBSCRIBE, None, now=5) == NOTHING


@pytest.mark.parametrize(
    ("text", "data"),
    [pytest.param(None, b"{}", id="binary"), pytest.param("x" * 65 * 1024, None, id="too large")],
)
def test_a_frame_that_no_client_of_ours_sends_closes_at_once(text: str | None, data: bytes | None) -> None:
    assert an_open_session().on_client(text, data, now=1) == Step(close=CloseCode.BAD_FRAMES)


def test_five_errors_a_minute_are_answered_and_the_sixth_closes() -> None:
    session = an_open_session()
    for second in range(ERRORS_PER_MINUTE):
        step = session.on_client("no", None, now=second)
        assert step.send == ({"type": "error", "code": "not_json"},)
        assert step.close is None
    assert session.on_client("no", None, now=59) == Step(close=CloseCode.BAD_FRAMES)


def test_errors_of_more_than_a_minute_ago_are_forgiven() -> None:
    session = an_open_session()
    for second in range(20):
        assert session.on_client("no", None, now=second * 13).close is None


def test_a_flood_is_an_error_and_then_the_end() -> None:
    session = an_open_session()
    steps = [session.on_client(PING, None, now=1) for _ in range(FRAMES_AT_ONCE + ERRORS_PER_MINUTE + 1)]
    assert all(step.send[0]["type"] == "beat" for step in steps[:FRAMES_AT_ONCE])
    assert steps[FRAMES_AT_ONCE].send == ({"type": "error", "code": "too_fast"},)
    assert steps[-1].close is CloseCode.BAD_FRAMES


def test_a_ping_a_second_is_never_too_fast() -> None:
    session = an_open_session()
    for second in range(200):
        assert session.on_client(PING, None, now=second).send[0]["type"] == "beat"


def test_a_beat_says_the_seq_and_waits_for_the_snapshot() -> None:
    assert an_open_session(5).beat().send == ({"type": "beat", "seq": 5},)
    assert a_session().beat() == NOTHING


# ── size ──


def test_a_snapshot_past_the_limit_leaves_out_what_is_over_before_what_lives() -> None:
    parts = [a_part(number) for number in range(300)]
    requests = [a_request(number, *parts, state="completed") for number in range(20, 1, -1)]
    requests.append(a_request(1, *parts, state="processing"))
    session = a_session()
    session.need_snapshot()
    frame = session.on_snapshot(a_snapshot(5, *requests)).send[0]
    assert len(encode(frame)) <= MAX_SERVER_BYTES
    assert frame["type"] == "snapshot"
    kept = [request["id"] for request in frame["requests"]]
    assert kept[-1] == 1
    assert kept[:-1] == list(range(20, 20 - len(kept) + 1, -1))
    assert len(kept) > 3
