"""What will happen in a storm and when, from its seed alone: faults of the machine, acts of the people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

WORKERS = 3
WEBS = 2
FIRST_FAULT_SECONDS = 3.0
BETWEEN_FAULTS_SECONDS = (2.0, 8.0)
FROZEN_SECONDS = (2.0, 20.0)
SETTLING_SECONDS = 5.0  # how long what was hit is left alone when it is there again


class FaultKind(StrEnum):
    """What is done to the system, in the words of the table."""

    WORKER_KILL = "worker kill -9"
    WORKER_TERM = "worker SIGTERM"
    WORKER_STOP = "worker SIGSTOP"
    WEB_KILL = "web kill -9"
    WEB_TERM = "web SIGTERM"
    WEB_STOP = "web SIGSTOP"
    REDIS_FLUSH = "Redis FLUSHALL"
    REDIS_RESTART = "Redis reiniciado"
    REDIS_AWAY = "Redis ausente"
    REDIS_FROZEN = "Redis congelado"
    REDIS_CUT = "Redis corta pub/sub"
    POSTGRES_FAST = "PostgreSQL reinicio fast"
    POSTGRES_IMMEDIATE = "PostgreSQL reinicio immediate"
    STORAGE_FAIL = "almacén responde 500"
    STORAGE_HANG = "almacén colgado"
    STORAGE_REFUSE = "almacén rechaza"
    STORAGE_LOSE = "almacén pierde la respuesta"


class ActKind(StrEnum):
    """What a person does."""

    REQUEST = "solicitar"
    DOUBLE = "doble clic"
    CANCEL = "cancelar"
    RETRY = "reintentar solicitud"
    RETRY_PART = "reintentar parte"
    EXTEND = "ampliar"
    DOWNLOAD = "descargar"
    RELOAD = "recargar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault; `seconds` is how long it lasts (0: it is over at once), `share` how much of it there is."""

    at: float
    kind: FaultKind
    target: int = 0
    seconds: float = 0.0
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act; `pick` in [0, 1) chooses among what there is to act on, `web` where it goes first."""

    at: float
    kind: ActKind
    pick: float
    web: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A usuario of the storm; `empresa` is an index into the demo's two, None for staff."""

    username: str
    empresa: int | None
    pace_seconds: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole storm; `slow` says for each worker, start by start, the seconds that an equipo takes longer."""

    seconds: float
    faults: tuple[Fault, ...]
    acts: Mapping[str, tuple[Act, ...]]
    slow: tuple[tuple[float, ...], ...]


# CERTIBOY's two parts of 35 equipos take seconds, OTRA's part of 4 does not: many small ones, few large ones.
ROLES = (
    Role(username="certiboy", empresa=0, pace_seconds=(6, 18)),
    Role(username="certiboy2", empresa=0, pace_seconds=(6, 18)),
    Role(username="otra", empresa=1, pace_seconds=(2, 8)),
    *(Role(username=f"caos{number}", empresa=1, pace_seconds=(2, 8)) for number in range(1, 5)),
    Role(username="admin", empresa=None, pace_seconds=(5, 15)),
)

# Kind: weight, the place that it occupies, and between how many seconds it lasts.
FAULTS: Mapping[FaultKind, tuple[int, str, tuple[float, float]]] = {
    FaultKind.WORKER_KILL: (9, "worker", (0, 0)),
    FaultKind.WORKER_TERM: (4, "worker", (0, 0)),
    FaultKind.WORKER_STOP: (5, "worker", FROZEN_SECONDS),
    FaultKind.WEB_KILL: (3, "web", (0, 0)),
    FaultKind.WEB_TERM: (2, "web", (0, 0)),
    FaultKind.WEB_STOP: (2, "web", FROZEN_SECONDS),
    FaultKind.REDIS_FLUSH: (2, "redis", (0, 0)),
    FaultKind.REDIS_RESTART: (2, "redis", (0, 0)),
    FaultKind.REDIS_AWAY: (2, "redis", (5, 10)),
    FaultKind.REDIS_FROZEN: (2, "redis", (3, 3)),
    FaultKind.REDIS_CUT: (3, "redis", (0, 0)),
    FaultKind.POSTGRES_FAST: (2, "postgres", (0, 0)),
    FaultKind.POSTGRES_IMMEDIATE: (2, "postgres", (0, 0)),
    FaultKind.STORAGE_FAIL: (3, "storage", (3, 10)),
    FaultKind.STORAGE_HANG: (2, "storage", (3, 10)),
    FaultKind.STORAGE_REFUSE: (2, "storage", (2, 8)),
    FaultKind.STORAGE_LOSE: (3, "storage", (3, 6)),
}
PLACES = {"worker": WORKERS, "web": WEBS, "redis": 1, "postgres": 1, "storage": 1}
# A process that was told to stop has its grace period, and then starts.
RECOVERY_SECONDS = {FaultKind.WORKER_TERM: 14.0, FaultKind.WEB_TERM: 8.0}

ACTS: Mapping[ActKind, int] = {
    ActKind.REQUEST: 30,
    ActKind.DOUBLE: 14,
    ActKind.CANCEL: 12,
    ActKind.RETRY: 10,
    ActKind.RETRY_PART: 8,
    ActKind.EXTEND: 6,
    ActKind.DOWNLOAD: 14,
    ActKind.RELOAD: 6,
}
SLOW_SHARE = 0.4
SLOW_SECONDS = (0.05, 0.4)
STARTS = 400


def make_plan(*, minutes: float, seed: int) -> Plan:
    """The plan of that seed; the same arguments give the same one."""
    seconds = minutes * 60
    return Plan(
        seconds=seconds,
        faults=tuple(_faults(Random(f"{seed}/fallas"), seconds)),
        acts={role.username: tuple(_acts(Random(f"{seed}/{role.username}"), role, seconds)) for role in ROLES},
        slow=tuple(_slow(Random(f"{seed}/worker-{number}")) for number in range(WORKERS)),
    )


def _faults(rng: Random, seconds: float) -> list[Fault]:
    """Faults one after the other, overlapping in time but never two in one place."""
    free_at = {(place, number): 0.0 for place, count in PLACES.items() for number in range(count)}
    faults = []
    at = FIRST_FAULT_SECONDS
    while at < seconds:
        kind, target = _free_place(rng, free_at, at)
        if kind is not None:
            _, place, lasting = FAULTS[kind]
            lasts = rng.uniform(*lasting)
            faults.append(Fault(at=at, kind=kind, target=target, seconds=lasts, share=rng.uniform(0.3, 1.0)))
            free_at[place, target] = at + lasts + RECOVERY_SECONDS.get(kind, SETTLING_SECONDS)
        at += rng.uniform(*BETWEEN_FAULTS_SECONDS)
    return faults


def _free_place(rng: Random, free_at: Mapping[tuple[str, int], float], at: float) -> tuple[FaultKind | None, int]:
    free = {place: [n for n in range(count) if free_at[place, n] <= at] for place, count in PLACES.items()}
    kinds = [kind for kind, (_, place, _) in FAULTS.items() if free[place]]
    if not kinds:
        return None, 0
    kind = rng.choices(kinds, [FAULTS[kind][0] for kind in kinds])[0]
    return kind, rng.choice(free[FAULTS[kind][1]])


def _acts(rng: Random, role: Role, seconds: float) -> list[Act]:
    acts = []
    at = rng.uniform(0, 4)
    kind = ActKind.REQUEST  # first of all there has to be something
    while at < seconds:
        acts.append(Act(at=at, kind=kind, pick=rng.random(), web=rng.randrange(WEBS)))
        at += rng.uniform(*role.pace_seconds)
        kind = rng.choices(list(ACTS), list(ACTS.values()))[0]
    return acts


def _slow(rng: Random) -> tuple[float, ...]:
    return tuple(round(rng.uniform(*SLOW_SECONDS), 2) if rng.random() < SLOW_SHARE else 0.0 for _ in range(STARTS))
