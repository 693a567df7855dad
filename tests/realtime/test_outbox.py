"""What a slow reader gets: the latest of each entity, no gap, and an end in time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from realtime.outbox import Outbox
from realtime.protocol import MAX_PENDING_ENTITIES, ServerFrame, SnapshotFrame
from realtime.snapshots import snapshot_frame
from sam.events import ChangeFrame
from tests.realtime.frames import (
    a_change,
    a_digest,
    a_notification,
    a_part,
    a_snapshot,
    a_summary,
    some_progress,
)


def a_snapshot_frame(seq: int) -> SnapshotFrame:
    return snapshot_frame(a_snapshot(seq))


def an_outbox(*frames: ServerFrame) -> Outbox:
    outbox = Outbox()
    for frame in frames:
        outbox.put(frame)
    return outbox


def all_of(outbox: Outbox, now: float = 0.0) -> list[ServerFrame]:
    taken = []
    while frame := outbox.take(now):
        outbox.written()
        taken.append(frame)
    return taken


def test_changes_leave_in_their_order() -> None:
    frames = [a_change(1, a_part(1)), a_change(2, a_part(2)), a_change(3, a_part(3))]
    assert all_of(an_outbox(*frames)) == frames


def test_a_part_that_changed_twice_leaves_once_and_without_a_gap() -> None:
    old, new = a_change(1, a_part(1, done=1)), a_change(3, a_part(1, done=9))
    other = a_change(2, a_part(2))
    assert all_of(an_outbox(old, other, new)) == [{"type": "change", "seq": 1}, other, new]


def test_only_the_entity_that_was_told_anew_is_left_out() -> None:
    old: ChangeFrame = {"type": "change", "seq": 1, "part": a_part(1), "request": a_summary(1)}
    old["notification"] = a_notification(4)
    new: ChangeFrame = {"type": "change", "seq": 2, "request": a_summary(1, version=2)}
    assert all_of(an_outbox(old, new)) == [
        {
            "type": "change",
            "seq": 1,
            "part": a_part(1),
            "notification": a_notification(4),
            "request": a_summary(1, version=2),
        },
        {"type": "change", "seq": 2},
    ]
    assert old["request"] == a_summary(1), "a published frame belongs to other sockets too"
    assert "request" in new


def test_a_request_is_told_before_its_parts_however_often_it_changed_meanwhile() -> None:
    asked: ChangeFrame = {"type": "change", "seq": 1, "part": a_part(1), "request": a_summary(1)}
    claimed: ChangeFrame = {
        "type": "change", "seq": 3, "part": a_part(1, done=5), "request": a_summary(1, version=2),
    }  # fmt: skip
    outbox = an_outbox(
        asked, a_change(2, a_part(2)), claimed, {**claimed, "seq": 4, "request": a_summary(1, version=3)}
    )
    assert all_of(outbox) == [
        {"type": "change", "seq": 1, "request": a_summary(1, version=3)},
        a_change(2, a_part(2)),
        {"type": "change", "seq": 3},
        {"type": "change", "seq": 4, "part": a_part(1, done=5)},
    ]


def test_a_snapshot_makes_everything_that_waits_stale() -> None:
    outlook: ServerFrame = {"type": "outlook", "parts": {}}
    outbox = an_outbox(a_change(1), some_progress(), outlook, a_snapshot_frame(4), a_change(5))
    assert all_of(outbox) == [a_snapshot_frame(4), a_change(5)]


def test_only_the_latest_progress_of_a_part_leaves() -> None:
    outbox = an_outbox(*(some_progress(1, done=done) for done in range(1, 9)), some_progress(2))
    assert all_of(outbox) == [some_progress(1, done=8), some_progress(2)]


def test_progress_leaves_at_most_four_times_a_second_for_each_part_and_the_last_is_not_lost() -> None:
    outbox = Outbox()
    sent = []
    for tenth in range(11):
        outbox.put(some_progress(1, done=tenth))
        sent += [(tenth / 10, frame) for frame in all_of(outbox, tenth / 10)]
    assert len(sent) <= 5
    assert all(later - earlier >= 0.25 for (earlier, _), (later, _) in pairwise(sent))
    wait = outbox.seconds_to_wait(1.0)
    assert wait is not None
    assert all_of(outbox, 1.0 + wait) == [some_progress(1, done=10)]


def test_a_change_of_a_part_replaces_its_progress() -> None:
    assert all_of(an_outbox(some_progress(1), some_progress(2), a_change(1, a_part(1)))) == [
        a_change(1, a_part(1)),
        some_progress(2),
    ]


def test_a_beat_that_waits_behind_changes_says_the_last_of_their_seqs() -> None:
    outbox = an_outbox(a_change(1), {"type": "beat", "seq": 1}, a_change(2, a_part(2)))
    assert all_of(outbox)[-1] == {"type": "beat", "seq": 2}


def test_many_beats_are_one() -> None:
    beat: ServerFrame = {"type": "beat", "seq": 1}
    assert all_of(an_outbox(beat, beat, beat)) == [beat]


def test_outlooks_are_joined_and_leave_once_a_second() -> None:
    first, last = ({"position": n, "eta": None, "reason": None} for n in (1, 2))
    outbox = an_outbox({"type": "outlook", "parts": {"1": first, "2": first}})  # type: ignore[dict-item]
    outbox.put({"type": "outlook", "parts": {"2": last}})  # type: ignore[dict-item]
    assert all_of(outbox, 0.0) == [{"type": "outlook", "parts": {"1": first, "2": last}}]
    outbox.put({"type": "outlook", "parts": {"1": last}})  # type: ignore[dict-item]
    assert all_of(outbox, 0.9) == []
    assert outbox.seconds_to_wait(0.9) == pytest.approx(0.1)
    assert all_of(outbox, 1.0) == [{"type": "outlook", "parts": {"1": last}}]


def test_the_queues_digest_leaves_once_a_second_and_only_the_latest() -> None:
    outbox = an_outbox(a_digest("1"))
    assert all_of(outbox, 0.0) == [a_digest("1")]
    outbox.put(a_digest("2"))
    outbox.put(a_digest("3"))
    assert all_of(outbox, 0.5) == []
    assert all_of(outbox, 1.0) == [a_digest("3")]


def test_nothing_to_send_is_nothing_to_wait_for() -> None:
    assert Outbox().seconds_to_wait(0.0) is None


def test_a_reader_that_lets_one_frame_lie_for_ten_seconds_is_too_slow() -> None:
    outbox = an_outbox(a_change(1))
    outbox.take(100.0)
    assert not outbox.is_too_slow(110.0)
    assert outbox.is_too_slow(110.1)
    outbox.written()
    assert not outbox.is_too_slow(999.0)


def test_256_entities_behind_a_frame_that_does_not_leave_are_too_many() -> None:
    outbox = an_outbox(a_change(1))
    outbox.take(0.0)
    for number in range(MAX_PENDING_ENTITIES):
        outbox.put(a_change(2 + number, a_part(number)))
    assert not outbox.is_too_slow(0.1)
    outbox.put(a_change(9999, a_part(9999)))
    assert outbox.is_too_slow(0.1)


def test_a_slow_reader_of_one_part_that_changes_and_changes_holds_one_entity() -> None:
    outbox = an_outbox(a_change(1))
    outbox.take(0.0)
    for seq in range(2, 2000):
        outbox.put(a_change(seq, a_part(1)))
    assert not outbox.is_too_slow(0.1)
    outbox.written()
    assert [frame for frame in all_of(outbox) if "part" in frame] == [a_change(1999, a_part(1))]


def test_a_burst_is_no_sign_of_a_slow_reader() -> None:
    outbox = an_outbox(*(a_change(number, a_part(number)) for number in range(1000)))
    assert not outbox.is_too_slow(0.0)
