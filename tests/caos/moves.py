"""What the transition log says of a storm: whether it is whole, and how long things took. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from tests.caos.ledger import Kill

FINAL = frozenset({"completed", "failed", "cancelled", "expired"})
LIVE = frozenset({"pending", "processing"})
BUILDERS_MOVES = frozenset({"finish", "fail", "hand_back"})
EVER = range(1000)
NEVER = range(1)
# A part that is lost again is a suspect, which waits for a worker that builds nothing else; then it waits on purpose.
ONCE_OR_MORE = range(1, 1000)
COLUMNS = "id, part_id, request_id, at, actor, move, before, after, attempt, reason"


class Move(NamedTuple):
    """One row of `sam_transition`, in the order of the log; `attempt` is that of the part before it moved."""

    id: int
    part_id: int
    request_id: int
    at: datetime
    actor: str
    move: str
    before: str
    after: str
    attempt: int
    reason: str

    @property
    def seconds(self) -> float:
        return self.at.timestamp()


Moves = Mapping[int, Sequence[Move]]


def by_part(rows: Iterable[tuple[object, ...]]) -> dict[int, list[Move]]:
    found: dict[int, list[Move]] = defaultdict(list)
    for row in rows:
        move = Move(*row)  # type: ignore[arg-type]  # the columns are COLUMNS
        found[move.part_id].append(move)
    return dict(found)


def broken_chains(moves: Moves, states: Mapping[int, str]) -> Iterator[str]:
    """Parts whose log is not one chain from `pending` to the state that the row says, or goes back in attempts."""
    for part, state in states.items():
        at, attempt = "pending", 1
        for move in moves.get(part, ()):
            if move.before != at:
                yield f"parte {part}: {move.move} sale de {move.before}, y estaba {at}"
            if move.attempt < attempt:
                yield f"parte {part}: {move.move} del intento {move.attempt} después del {attempt}"
            at, attempt = move.after, max(move.attempt, attempt)
        if at != state:
            yield f"parte {part}: su historia termina {at}, y la fila dice {state}"


def finished_twice(moves: Moves) -> Iterator[str]:
    """Parts with two `finish` moves and no `retry` between them."""
    for part, chain in moves.items():
        finished = 0
        for move in chain:
            finished = 0 if move.move == "retry" else finished + (move.move == "finish")
            if finished > 1:
                yield f"parte {part}: terminada dos veces (intento {move.attempt})"
                break


def moved_by_others(moves: Moves) -> Iterator[str]:
    """Parts that somebody finished, failed or handed back who was not the one that had claimed them."""
    for part, chain in moves.items():
        for before, move in pairwise(chain):
            if move.move in BUILDERS_MOVES and (before.move, before.actor) != ("claim", move.actor):
                yield f"parte {part}: {move.move} de {move.actor} después de {before.move} de {before.actor}"


class Span(NamedTuple):
    """A time in which a request lived; `ends` has the states of its parts when it ended, empty while it lives."""

    since: float
    until: float
    ends: tuple[str, ...]


def live_spans(created: float, chains: Sequence[Sequence[Move]]) -> list[Span]:
    """When a request lived: while any of its parts did, from its making on; the last is open where it still lives."""
    states = ["pending"] * len(chains)
    moves = sorted(((move, number) for number, chain in enumerate(chains) for move in chain), key=lambda one: one[0].id)
    spans: list[Span] = []
    since: float | None = created
    for move, number in moves:
        states[number] = move.after
        lives = any(state in LIVE for state in states)
        if lives and since is None:
            since = move.seconds
        elif not lives and since is not None:
            spans.append(Span(since, move.seconds, tuple(states)))
            since = None
    return spans if since is None else [*spans, Span(since, math.inf, ())]


def recoveries(
    moves: Moves, kills: Sequence[Kill], *, until: str = "claim", lost_before: Container[int] = EVER
) -> list[float]:
    """For each part that a killed worker held: seconds from the kill until it was reaped, or claimed again.

    Only parts that had been lost so often before (since their last retry), and were not cancelled meanwhile.
    """
    found = []
    for kill in kills:
        for chain in moves.values():
            held = held_by(chain, pid=kill.pid, at=kill.at)
            if held is None or _losses(chain[: held + 1]) not in lost_before:
                continue
            reaped, claimed = (*chain[held + 1 : held + 3], None, None)[:2]
            if reaped and claimed and (reaped.move, claimed.move) == ("reap", "claim"):
                found.append((claimed if until == "claim" else reaped).seconds - kill.at)
    return found


def returns(moves: Moves) -> list[float]:
    """For each part that a worker handed back because it had to stop: seconds until it was claimed again."""
    pairs = [pair for chain in moves.values() for pair in pairwise(chain)]
    return [b.seconds - a.seconds for a, b in pairs if (a.move, a.reason, b.move) == ("hand_back", "stopping", "claim")]


def held_by(chain: Sequence[Move], *, pid: int, at: float) -> int | None:
    """The place in the chain of the claim that this process held at that moment, if it did."""
    before = [index for index, move in enumerate(chain) if move.seconds <= at]
    if not before:
        return None
    last = chain[before[-1]]
    return before[-1] if last.move == "claim" and f":{pid}:" in f"{last.actor}:" else None


def _losses(chain: Sequence[Move]) -> int:
    """How often the part was lost since its last retry."""
    lost = 0
    for move in chain:
        lost = 0 if move.move == "retry" else lost + (move.move == "reap")
    return lost


def quantiles(values: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 (of the values themselves, the next above) and the greatest."""
    ordered = sorted(values)
    return tuple(ordered[min(len(ordered) - 1, math.ceil(q * len(ordered)) - 1)] for q in (0.5, 0.95, 1.0))  # type: ignore[return-value]
