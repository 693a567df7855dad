"""Parts that live at random, as the table of moves allows; and what a replay of all they did tells of the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import NamedTuple

from sam.states import MOVES, Move, PartState

PENDING, PROCESSING, FAILED = PartState.PENDING, PartState.PROCESSING, PartState.FAILED
REASONS = {Move.FAIL: ("storage_unavailable", "build_error", ""), Move.REAP: ("worker_lost",)}
OFTEN = {Move.CLAIM: 6, Move.FINISH: 3}
SINCE = {Move.CLAIM, Move.FINISH, Move.FAIL, Move.HAND_BACK, Move.REAP}  # the moves that tell how long it took
MOST_MOVES = 12


class Moved(NamedTuple):
    """One move; `at` and `ms` in milliseconds, as the log has them."""

    at: int
    move: Move
    before: PartState
    after: PartState
    attempt: int
    reason: str
    ms: int | None


class Wait(NamedTuple):
    """From when to when a part was in the queue, and since when it is said to wait; in milliseconds."""

    entered: int
    left: float
    since: int


@dataclass
class Life:
    """One part, created at a time in milliseconds: what it did, and what its row says."""

    created: int
    queued: int
    state: PartState = PENDING
    attempt: int = 1
    moves: list[Moved] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)


class Replay(NamedTuple):
    """What the buckets must say: at their ends, and of what was finished in them (in milliseconds)."""

    depth: list[int]
    oldest: list[int]
    finished: list[list[int | None]]
    failures: Counter[str]


def lives(random: Random, *, parts: int, begin: int, step: int, buckets: int) -> list[Life]:
    """Some are queued long before the time shown, and nothing happens after the middle of its last bucket."""
    now = 1000 * (begin + step * buckets) - 500 * step
    return [_life(random, begin=1000 * begin, step=1000 * step, now=now) for _ in range(parts)]


def _life(random: Random, *, begin: int, step: int, now: int) -> Life:
    at = random.randrange(begin - 6 * step, now)
    life = Life(created=at, queued=at)
    started = at
    entered = at
    timed = random.random() < 0.8  # the log was not always told how long things took
    for _ in range(random.randrange(MOST_MOVES)):
        at += random.choice((random.randrange(1, step // 4), random.randrange(1, 5 * step)))
        if at >= now:
            break
        before = life.state
        moves = [move for move in Move if before in MOVES[move][0]]
        move = random.choices(moves, [OFTEN.get(move, 1) for move in moves])[0]
        after = random.choice(sorted(MOVES[move][1]))
        since = life.queued if move == Move.CLAIM else started
        ms = at - since if timed and move in SINCE else None
        reason = random.choice(REASONS.get(move, ("",)))
        life.moves.append(Moved(at, move, before, after, life.attempt, reason, ms))
        if before == PENDING:
            life.waits.append(Wait(entered, at, life.queued))
        if move == Move.CLAIM:
            started = at
        if after == PENDING:
            life.attempt += 1
            entered = at
        if move == Move.RETRY:
            life.queued = at
        life.state = after
    if life.state == PENDING:
        life.waits.append(Wait(entered, inf, life.queued))
    return life


def replay(parts: Sequence[Life], *, begin: int, step: int, buckets: int) -> Replay:
    """Looked at part by part and end by end."""
    ends = [1000 * (begin + step * (bucket + 1)) for bucket in range(buckets)]
    waits = [[one for life in parts for one in life.waits if one.entered < end <= one.left] for end in ends]
    shown = [move for life in parts for move in life.moves if move.at >= 1000 * begin]
    finished: list[list[int | None]] = [[] for _ in ends]
    for move in shown:
        if move.move == Move.FINISH:
            finished[(move.at - 1000 * begin) // (1000 * step)].append(move.ms)
    return Replay(
        depth=[len(some) for some in waits],
        oldest=[_age(end, some) for end, some in zip(ends, waits, strict=True)],
        finished=finished,
        failures=Counter(move.reason or "build_error" for move in shown if move.after == FAILED),
    )


def _age(end: int, waits: Iterable[Wait]) -> int:
    return max(((end - one.since) // 1000 for one in waits), default=0)
