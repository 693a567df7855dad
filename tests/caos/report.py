"""The table of a storm: what was done to the system, what it did, how long it took, what it broke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.caos.ledger import NO_ANSWER, Answer, Ledger
from tests.caos.moves import NEVER, ONCE_OR_MORE, Moves, live_spans, quantiles, recoveries, returns
from tests.caos.plan import FaultKind
from tests.caos.promises import Found

SHOWN = 20
NAMES_OF_STATUS = {NO_ANSWER: "sin respuesta"}


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What the clean-up by hand found to remove."""

    orphans: int
    unfinished: int


def report(
    found: Found,
    ledger: Ledger,
    cleaned: Cleaned,
    *,
    minutes: float,
    seed: int,
    tabs: int,
    behind_seconds: float,
    settled_seconds: float,
) -> str:
    """The whole table, without the result."""
    rows = [
        ("fallas", _faults(ledger)),
        ("personas", _acts(ledger)),
        ("respuestas", _counts(Counter(NAMES_OF_STATUS.get(a.status, str(a.status)) for a in ledger.answers))),
        ("POST más lento", _slowest(ledger)),
        ("solicitudes", f"{len(found.requests)}, {len(ledger.accepted)} aceptadas"),
        ("partes", _parts(found)),
        ("intentos", _attempts(found.moves)),
        ("archivos", f"{len(ledger.downloads)} descargas de personas, todas comparadas con su fila"),
        ("almacén", f"{cleaned.orphans} huérfanos y {cleaned.unfinished} subidas sin terminar, por limpiar"),
        ("sockets", f"{tabs} pestañas; cierres: {_counts(ledger.closes)}"),
        ("pestaña abierta, atraso máximo", f"{behind_seconds:.1f} s"),
        ("kill -9 → otra vez en la cola", _seconds(recoveries(found.moves, ledger.kills, until="reap"))),
        ("kill -9 → otra vez tomada, primera pérdida", _recoveries(found, ledger, NEVER)),
        ("kill -9 → otra vez tomada, las siguientes", _recoveries(found, ledger, ONCE_OR_MORE)),
        ("devuelta por SIGTERM → otra vez tomada", _seconds(returns(found.moves))),
        ("solicitud → partes finales", _seconds(_until_final(found))),
        ("fin de las fallas → todo final", f"{settled_seconds:.1f} s"),
    ]
    title = f"caos: {minutes:g} min, semilla {seed}"
    return "\n".join([f"\n{title}\n", "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def result(broken: Sequence[str]) -> str:
    """The last lines: what was broken, and the verdict."""
    if not broken:
        return "\nRESULTADO: bien"
    lines = [f"- {one}" for one in broken[:SHOWN]]
    more = [f"- … y {len(broken) - SHOWN} más"] if len(broken) > SHOWN else []
    return "\n".join(["", *lines, *more, f"\nRESULTADO: {len(broken)} promesas rotas"])


def _faults(ledger: Ledger) -> str:
    order = [*FaultKind, *sorted(set(ledger.faults) - set(FaultKind))]
    total = sum(ledger.faults[kind] for kind in FaultKind)
    return f"{total}: " + ", ".join(f"{kind} {ledger.faults[kind]}" for kind in order if ledger.faults[kind])


def _acts(ledger: Ledger) -> str:
    people = len({answer.username for answer in ledger.answers})
    return f"{people}: {_counts(Counter(answer.act for answer in ledger.answers))}"


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _slowest(ledger: Ledger) -> str:
    """Of those whose own web process was there all the time."""

    def undisturbed(answer: Answer) -> bool:
        return not ledger.was_away(f"web {answer.web}".__eq__, answer.began, answer.ended)

    posts = [one for one in ledger.answers if one.method == "POST" and one.status != NO_ANSWER and undisturbed(one)]
    if not posts:
        return "ninguno"
    slowest = max(posts, key=lambda one: one.seconds)
    p50, p95, most = quantiles([one.seconds for one in posts])
    return f"{most:.1f} s ({slowest.act}, {slowest.status}); p50 {p50:.2f}, p95 {p95:.2f} s"


def _recoveries(found: Found, ledger: Ledger, lost_before: range) -> str:
    return _seconds(recoveries(found.moves, ledger.kills, lost_before=lost_before))


def _parts(found: Found) -> str:
    ends = Counter(f"{one.state} ({one.error})" if one.error else one.state for one in found.parts)
    return f"{len(found.parts)}: {_counts(ends)}"


def _attempts(moves: Moves) -> str:
    every = Counter(
        f"{m.move}/{m.reason}" if m.move == "hand_back" else m.move for chain in moves.values() for m in chain
    )
    return _counts(every)


def _until_final(found: Found) -> list[float]:
    """From the making of a request until none of its parts lived any more, for the first time."""
    taken = []
    for request in found.requests:
        created = request.created_at.timestamp()
        chains = [found.moves.get(part.id, ()) for part in found.parts if part.request_id == request.id]
        first = live_spans(created, chains)[0]
        taken.append(first.until - first.since)
    return taken


def _seconds(values: Iterable[float]) -> str:
    taken = list(values)
    if not taken:
        return "ninguna"
    p50, p95, most = quantiles(taken)
    return f"{len(taken)}: p50 {p50:.1f}, p95 {p95:.1f}, máx. {most:.1f} s"
