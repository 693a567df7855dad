"""What was promised beside what the database and the log say, when the storm is over: one line each broken promise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sam.states import PartState, RequestState, request_state
from tests.caos.faults import DATABASE
from tests.caos.ledger import NO_ANSWER, Answer, Ledger
from tests.caos.moves import (
    COLUMNS,
    FINAL,
    LIVE,
    Move,
    Moves,
    Span,
    broken_chains,
    by_part,
    finished_twice,
    held_by,
    live_spans,
    moved_by_others,
)
from tests.caos.plan import ActKind
from tests.running import Sam

ALLOWED: Mapping[str, frozenset[int]] = {
    ActKind.REQUEST: frozenset({200, 201}),
    ActKind.DOUBLE: frozenset({200, 201}),
    ActKind.CANCEL: frozenset({200, 201}),
    ActKind.RETRY: frozenset({200, 409}),
    ActKind.RETRY_PART: frozenset({200, 409}),
    ActKind.EXTEND: frozenset({200, 409, 410}),
    ActKind.DOWNLOAD: frozenset({302, 409, 410}),
}
# Nobody's builder fails by itself in a storm: these two would be the product's own defects.
UNEXPECTED_REASONS = frozenset({"build_error", "plan_unreadable"})
# Who cancels knows it already.
TOLD = frozenset({RequestState.COMPLETED, RequestState.FAILED})
# A retry waits so long at most for another request of the same usuario to end.
LOCK_SECONDS = 6.0


class Part(NamedTuple):
    id: int
    request_id: int
    number: int
    state: str
    error: str
    attempt: int
    key: str | None
    sha256: str | None


class Request(NamedTuple):
    id: int
    empresa_id: int
    requester: str
    state: str
    created_at: datetime
    notified: int


@dataclass(frozen=True)
class Found:
    """What the database holds when all is over."""

    parts: Sequence[Part]
    requests: Sequence[Request]
    moves: Moves


def read_all(sam: Sam) -> Found:
    parts = sam.query(
        "SELECT p.id, p.request_id, p.number, p.state, p.error, p.attempt, a.key, a.sha256 FROM sam_zippart p "
        "LEFT JOIN sam_archive a ON a.id = p.archive_id ORDER BY p.id"
    )
    requests = sam.query(
        "SELECT r.id, r.empresa_id, u.username, r.state, r.created_at, "
        "(SELECT count(*) FROM sam_notificacion n WHERE n.request_id = r.id) FROM sam_ziprequest r "
        "JOIN sam_usuario u ON u.id = r.requester_id ORDER BY r.id"
    )
    moves = sam.query(f"SELECT {COLUMNS} FROM sam_transition ORDER BY id")
    return Found(
        parts=[Part(*row) for row in parts],  # type: ignore[arg-type]  # as selected
        requests=[Request(*row) for row in requests],  # type: ignore[arg-type]  # as selected
        moves=by_part(moves),
    )


def broken_in_database(found: Found, ledger: Ledger) -> Iterator[str]:
    """Requests that are lost, parts that never ended, histories that are none."""
    known = {one.id for one in found.requests}
    for request_id, username in sorted(ledger.accepted.items()):
        if request_id not in known:
            yield f"la solicitud {request_id} de {username} se aceptó y no existe"
    for part in found.parts:
        if part.state not in FINAL:
            yield f"parte {part.id}: sigue {part.state}"
        if part.error in UNEXPECTED_REASONS:
            yield f"parte {part.id}: fallida por {part.error}"
    yield from _wrong_states(found)
    yield from broken_chains(found.moves, {part.id: part.state for part in found.parts})
    yield from finished_twice(found.moves)
    yield from moved_by_others(found.moves)
    yield from _two_lives(found)
    yield from _untold(found)
    yield from _left_behind(found.moves, ledger)


def _wrong_states(found: Found) -> Iterator[str]:
    states: dict[int, list[PartState]] = defaultdict(list)
    for part in found.parts:
        states[part.request_id].append(PartState(part.state))
    for request in found.requests:
        if not states[request.id]:
            yield f"solicitud {request.id}: no tiene partes"
        elif request.state != request_state(states[request.id]):
            yield f"solicitud {request.id}: dice {request.state} y sus partes {sorted(states[request.id])}"


def _spans(found: Found) -> Iterator[tuple[Request, list[Span]]]:
    chains: dict[int, list[Sequence[Move]]] = defaultdict(list)
    for part in found.parts:
        chains[part.request_id].append(found.moves.get(part.id, ()))
    for request in found.requests:
        yield request, live_spans(request.created_at.timestamp(), chains[request.id])


def _two_lives(found: Found) -> Iterator[str]:
    """Two requests of one usuario for one empresa that lived at the same time."""
    lives: dict[tuple[int, str], list[tuple[Request, Span]]] = defaultdict(list)
    for request, spans in _spans(found):
        lives[request.empresa_id, request.requester] += [(request, span) for span in spans]
    for mine in lives.values():
        for request, span in mine:
            slack = 0.0 if span.since == request.created_at.timestamp() else LOCK_SECONDS
            for other, its in mine:
                if other.id != request.id and its.since < span.since < its.until - slack:
                    yield f"solicitudes {other.id} y {request.id} de {request.requester} vivas a la vez"


def _untold(found: Found) -> Iterator[str]:
    """Ends of requests that their requester was not told of, or was told of twice."""
    for request, spans in _spans(found):
        ends = sum(bool(span.ends) and request_state(_as_states(span.ends)) in TOLD for span in spans)
        if ends != request.notified:
            yield f"solicitud {request.id}: terminó {ends} veces y hay {request.notified} notificaciones"


def _left_behind(moves: Moves, ledger: Ledger) -> Iterator[str]:
    """Parts that a worker which stopped in good order left to be reaped, while the database was there."""
    for farewell in ledger.farewells:
        if ledger.was_away(DATABASE.__eq__, farewell.told, farewell.ended):
            continue
        for chain in moves.values():
            held = held_by(chain, pid=farewell.pid, at=farewell.ended)
            if held is not None and chain[held + 1 :] and chain[held + 1].move == "reap":
                yield f"parte {chain[held].part_id}: quedó tomada por un worker que paró con SIGTERM"


def _as_states(names: Sequence[str]) -> list[PartState]:
    return [PartState(name) for name in names]


def broken_in_answers(ledger: Ledger) -> Iterator[str]:
    """Answers that no storm excuses."""
    for answer in ledger.answers:
        if wrong := _wrong(answer, ledger):
            yield f"{answer.act} de {answer.username}: {wrong} en {answer.seconds:.1f} s, {answer.path}"
    for username, request_id, states in ledger.cancelled:
        if any(state in LIVE for state in states):
            yield f"cancelar la solicitud {request_id} de {username} contestó con partes {sorted(set(states))}"


def _wrong(answer: Answer, ledger: Ledger) -> str:
    if answer.status in ALLOWED[answer.act]:
        return ""
    if answer.status == NO_ANSWER:
        return (
            "" if ledger.was_away(lambda name: name.startswith("web"), answer.began, answer.ended) else "sin respuesta"
        )
    # A worker that is frozen in the middle of a transaction holds its rows: that too is an outage of the database.
    if answer.status == 503 and ledger.was_away(lambda name: not name.startswith("web"), answer.began, answer.ended):
        return ""
    return str(answer.status)
