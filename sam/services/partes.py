"""What a builder does to a part: claim, beat, finish, fail, hand back; each write fenced by its lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from sam.dispatch import publish, ring_on_commit
from sam.errors import LeaseLost
from sam.events import ProgressFrame, percent_of, user_group
from sam.models import Archive, ZipPart
from sam.models.clock import in_seconds
from sam.selectors.cola import claimable_parts
from sam.services.movimientos import NOT_BUILDING, free_request, locked_request, move_parts, settle_request
from sam.states import FailureReason, Move, PartState

LEASE_SECONDS = 10
# SQLite admits one writer: a long import may hold a heartbeat up for its busy timeout, more than once.
LEASE_SECONDS_SQLITE = 30
# How many waiting parts a claim looks at before it looks at the queue again.
CANDIDATES = 20
# How long a part waits when storage did not answer, by how often it did not; after the last it fails.
STORAGE_DELAYS_SECONDS = (2, 5, 15, 30, 60, 60)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to build one attempt of one part, for as long as the lease is renewed."""

    part_id: int
    request_id: int
    requester_id: int
    number: int
    attempt: int
    owner: str
    equipos: int


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


def claim_part(*, owner: str) -> Claim | None:
    """Take the next part in the order of work; None when nothing may start now.

    One guarded UPDATE decides between two builders; the loser looks again. A request that somebody holds is passed
    over at first, so that one that hangs does not stop the queue, and waited for where there is nothing else.
    """
    while True:
        candidates = list(claimable_parts().values_list("pk", "request_id", "attempt")[:CANDIDATES])
        if not candidates:
            return None
        for wait in (False, True):
            for candidate in candidates:
                claim = _claim(*candidate, owner=owner, wait=wait)
                if claim is not None:
                    return claim


def _claim(part_id: int, request_id: int, attempt: int, *, owner: str, wait: bool) -> Claim | None:
    with (locked_request if wait else free_request)(request_id) as request:
        if request is None:
            return None
        moved = move_parts(
            request,
            Move.CLAIM,
            to=PartState.PROCESSING,
            where=Q(pk=part_id, attempt=attempt),
            changes={
                "owner": owner,
                "lease_until": in_seconds(lease_seconds()),
                "started_at": Now(),
                "done": 0,
                "current": "",
                "not_before": None,
            },
        )
        if not moved:
            return None
        settle_request(request, moved)
        part = ZipPart.objects.get(pk=part_id)
        return Claim(
            part_id=part_id,
            request_id=request_id,
            requester_id=request.requester_id,
            number=part.number,
            attempt=attempt,
            owner=owner,
            equipos=part.last - part.first + 1,
        )


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
        )
        if not moved:
            raise LeaseLost
        settle_request(request, moved)


def hand_back(claim: Claim) -> None:
    """Return the part unfinished, so that another builder goes on at once; raises LeaseLost."""
    _return(claim, {"not_before": None})


def put_off(claim: Claim) -> None:
    """Return the part because storage does not answer, to be tried later, or fail it after the last delay.

    Raises LeaseLost.
    """
    failures = ZipPart.objects.values_list("storage_failures", flat=True).get(pk=claim.part_id)
    if failures >= len(STORAGE_DELAYS_SECONDS):
        fail_part(claim, FailureReason.STORAGE_UNAVAILABLE)
    else:
        later = in_seconds(STORAGE_DELAYS_SECONDS[failures])
        _return(claim, {"not_before": later, "storage_failures": F("storage_failures") + 1})


def _return(claim: Claim, changes: dict[str, Any]) -> None:
    with locked_request(claim.request_id) as request:
        moved = move_parts(
            request,
            Move.HAND_BACK,
            to=PartState.PENDING,
            where=_lease(claim),
            changes={**back_to_pending(), **changes},
        )
        if not moved:
            raise LeaseLost
        settle_request(request, moved)
        ring_on_commit(len(moved))


def back_to_pending() -> dict[str, Any]:
    """What every return to pending writes: the fence grows, nothing of the old attempt stays."""
    return {**NOT_BUILDING, "attempt": F("attempt") + 1, "done": 0, "current": "", "started_at": None}


def lease_seconds() -> int:
    return LEASE_SECONDS_SQLITE if connection.vendor == "sqlite" else LEASE_SECONDS


def _lease(claim: Claim) -> Q:
    return Q(pk=claim.part_id, attempt=claim.attempt, owner=claim.owner, lease_until__gt=Now())


def _held(claim: Claim) -> Any:
    return ZipPart.objects.filter(_lease(claim), state=PartState.PROCESSING)
