"""What a builder does to a part: claim, beat, finish, fail, hand back; each write fenced by its lease."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from sam.dispatch import publish, ring_on_commit
from sam.errors import LeaseLost
from sam.events import ProgressFrame, percent_of, user_group
from sam.models import Archive, Empresa, ZipPart
from sam.models.clock import LEASE_SECONDS, in_seconds
from sam.selectors.cola import Candidate, building_of, candidates, is_paused, is_quiet
from sam.services.movimientos import (
    NOT_BUILDING,
    free_request,
    locked_request,
    move_parts,
    settle_request,
    worker_actor,
)
from sam.states import FailureReason, Move, PartState, RequestState

# A part that was lost so often may be what kills its workers: it is built while nothing else is.
SUSPECT_CRASHES = 2
# How many waiting parts a claim looks at before it looks at the queue again.
CANDIDATES = 20
# How long a part waits when storage did not answer, by how often it did not; after the last it fails.
STORAGE_DELAYS_SECONDS = (2, 5, 15, 30, 60, 60)
# And up to this share longer, so that what failed together does not come back together.
STORAGE_JITTER = 0.25


SuspectAnswer = Literal["take", "pass", "stop"]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to build one attempt of one part, for as long as the lease is renewed."""

    part_id: int
    request_id: int
    requester_id: int
    requester: str
    number: int
    of: int
    attempt: int
    crashes: int
    owner: str
    equipos: int
    trace: str = ""

    @property
    def suspect(self) -> bool:
        return self.crashes >= SUSPECT_CRASHES


class FaltanteRecord(TypedDict):
    """One registered documento that is not in the archive, and why; kept with the archive."""

    documento: int | None
    equipo: str
    nombre: str
    ruta: str
    motivo: str


@dataclass(frozen=True, slots=True)
class BuiltArchive:
    """What a builder stored: the object's key and bytes, its hashes (hex), and how whole it is."""

    key: str
    bytes: int
    sha256: str
    manifest_sha256: str
    registered: int
    faltantes: Sequence[FaltanteRecord]


def claim_part(*, owner: str, take_suspect: Callable[[], SuspectAnswer] = lambda: "take") -> Claim | None:
    """Take the next part in the order of work; None when nothing may start now.

    At a suspect the caller is asked: to take it, to pass it over for what is behind it, or to stop and take nothing.

    One guarded UPDATE decides between two builders; the loser looks again. A request that somebody holds is passed
    over at first, so that one that hangs does not stop the queue, and waited for where there is nothing else.
    """
    while found := list(_admitted(candidates(owner, most=CANDIDATES), take_suspect)):
        for wait in (False, True):
            for candidate in found:
                claim = _claim(candidate, owner=owner, wait=wait)
                if claim is not None:
                    return claim
    return None


def _admitted(found: Iterable[Candidate], take_suspect: Callable[[], SuspectAnswer]) -> Iterator[Candidate]:
    for candidate in found:
        answer = take_suspect() if candidate.crashes >= SUSPECT_CRASHES else "take"
        if answer == "stop":
            return
        if answer == "take":
            yield candidate


def _claim(candidate: Candidate, *, owner: str, wait: bool) -> Claim | None:
    with (locked_request if wait else free_request)(candidate.request) as request:
        if request is None:
            return None
        if candidate.limit is not None and not _has_room(request.empresa_id, wait=wait):
            return None
        if wait and (is_quiet(owner) or is_paused(request.empresa_id)):
            return None  # an operator said so while this waited for the request
        moved = move_parts(
            request,
            Move.CLAIM,
            to=PartState.PROCESSING,
            where=Q(pk=candidate.id, attempt=candidate.attempt),
            changes={
                "owner": owner,
                "lease_until": in_seconds(lease_seconds()),
                "started_at": Now(),
                "done": 0,
                "current": "",
                "not_before": None,
            },
            by=worker_actor(owner),
        )
        if not moved:
            return None
        settle_request(request, moved, after=RequestState.PROCESSING)
        return Claim(
            part_id=candidate.id,
            request_id=request.pk,
            requester_id=request.requester_id,
            requester=candidate.requester,
            number=candidate.number,
            of=candidate.of,
            attempt=candidate.attempt,
            crashes=candidate.crashes,
            owner=owner,
            equipos=candidate.last - candidate.first + 1,
            trace=request.trace,
        )


def _has_room(empresa_id: int, *, wait: bool) -> bool:
    """Whether an empresa that has a limit may have one part more built; its row is held until the commit.

    Where somebody else holds it (an import, a large plan) there is no room for now: behind it others wait.
    """
    held = Empresa.objects.filter(pk=empresa_id).select_for_update(no_key=True, skip_locked=not wait)
    limits = list(held.values_list("partes_a_la_vez", flat=True))
    return bool(limits) and (limits[0] is None or limits[0] > building_of(empresa_id))


def beat(claim: Claim, *, done: int, current: str) -> None:
    """Extend the lease and store the live progress; raises LeaseLost when the part is no longer ours."""
    with transaction.atomic(durable=True):
        kept = _held(claim).update(lease_until=in_seconds(lease_seconds()), done=done, current=current)
    if not kept:
        raise LeaseLost


def check_lease(claim: Claim) -> None:
    """Raise LeaseLost when the part was cancelled or given to another; a read, for twice a second."""
    if not _held(claim).exists():
        raise LeaseLost


def show_progress(claim: Claim, *, done: int, current: str) -> None:
    """Tell the requester's tabs how far the part is; live, uncounted, and lost without harm."""
    frame: ProgressFrame = {
        "type": "progress",
        "part": claim.part_id,
        "attempt": claim.attempt,
        "done": done,
        "percent": percent_of(done=done, equipos=claim.equipos, completed=False),
        "current": current or None,
    }
    publish(user_group(claim.requester_id), {"type": "sam.frames", "frames": [frame]})


def finish_part(claim: Claim, built: BuiltArchive) -> None:
    """Complete the part with its archive; raises LeaseLost, and then the archive's bytes are nobody's."""
    with locked_request(claim.request_id) as request:
        archive = Archive.objects.create(
            key=built.key,
            bytes=built.bytes,
            sha256=built.sha256,
            manifest_sha256=built.manifest_sha256,
            registered=built.registered,
            missing=len(built.faltantes),
            faltantes=list(built.faltantes),
        )
        life = settings.SAM.part_life_seconds
        moved = move_parts(
            request,
            Move.FINISH,
            to=PartState.COMPLETED,
            where=_lease(claim),
            changes={
                **NOT_BUILDING,
                "archive": archive,
                "done": claim.equipos,
                "current": "",
                "finished_at": Now(),
                "expires_at": in_seconds(life),
            },
            by=worker_actor(claim.owner),
        )
        if not moved:
            raise LeaseLost  # rolls the Archive back
        settle_request(request, moved)


def fail_part(claim: Claim, reason: FailureReason) -> None:
    """End the part for a reason that is shown to people; raises LeaseLost."""
    with locked_request(claim.request_id) as request:
        moved = move_parts(
            request,
            Move.FAIL,
            to=PartState.FAILED,
            where=_lease(claim),
            changes={**NOT_BUILDING, "error": reason, "current": "", "finished_at": Now()},
            by=worker_actor(claim.owner),
            why=reason,
        )
        if not moved:
            raise LeaseLost
        settle_request(request, moved)


def hand_back(claim: Claim, *, why: str = "stopping") -> None:
    """Return the part unfinished, so that another builder goes on at once; raises LeaseLost."""
    _return(claim, {"not_before": None}, why=why)


def put_off(claim: Claim) -> None:
    """Return the part because storage does not answer, to be tried later, or fail it after the last delay.

    Raises LeaseLost.
    """
    failures = ZipPart.objects.values_list("storage_failures", flat=True).get(pk=claim.part_id)
    if failures >= len(STORAGE_DELAYS_SECONDS):
        fail_part(claim, FailureReason.STORAGE_UNAVAILABLE)
    else:
        later = in_seconds(STORAGE_DELAYS_SECONDS[failures] * (1 + STORAGE_JITTER * random.random()))  # noqa: S311
        changes = {"not_before": later, "storage_failures": F("storage_failures") + 1}
        _return(claim, changes, why=FailureReason.STORAGE_UNAVAILABLE)


def _return(claim: Claim, changes: dict[str, Any], *, why: str) -> None:
    with locked_request(claim.request_id) as request:
        moved = move_parts(
            request,
            Move.HAND_BACK,
            to=PartState.PENDING,
            where=_lease(claim),
            changes={**back_to_pending(), **changes},
            by=worker_actor(claim.owner),
            why=why,
        )
        if not moved:
            raise LeaseLost
        settle_request(request, moved)
        ring_on_commit(len(moved))


def back_to_pending() -> dict[str, Any]:
    """What every return to pending writes: the fence grows, nothing of the old attempt stays."""
    return {**NOT_BUILDING, "attempt": F("attempt") + 1, "done": 0, "current": "", "started_at": None}


def lease_seconds() -> int:
    return LEASE_SECONDS[connection.vendor]


def _lease(claim: Claim) -> Q:
    return Q(pk=claim.part_id, attempt=claim.attempt, owner=claim.owner, lease_until__gt=Now())


def _held(claim: Claim) -> Any:
    return ZipPart.objects.filter(_lease(claim), state=PartState.PROCESSING)
