"""What nobody asks for and must happen: lost leases go back, finished parts expire, what nobody wants is let go."""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from sam.dispatch import ring_on_commit
from sam.models import Archive, AttemptLog, Epoch, Transition, WorkerBeat, ZipPart, ZipRequest
from sam.models.clock import in_seconds
from sam.selectors.cola import claimable_parts
from sam.services.cuentas import fold_counts
from sam.services.importar import keys_in_use
from sam.services.movimientos import NOT_BUILDING, TRANSITION_DAYS, free_request, move_parts, settle_request
from sam.services.partes import back_to_pending
from sam.states import RETRY_DAYS, FailureReason, Move, PartState

REAPER = "worker"
# By the number of times that a builder of this part was lost; past the last, the part fails.
CRASH_DELAYS_SECONDS = (0, 0, 5, 20)
BATCH = 100
AFTERLIFE_SECONDS = 3600
DAY_SECONDS = 86_400
# What nobody points to is an orphan at this age: no attempt lives so long, and an hourly clean-up is in time for a day.
ORPHAN_SECONDS = 20 * 3600


def reap_lost_parts(*, by: str = REAPER) -> int:
    """Return the parts whose lease ran out to pending, or fail those that killed too many workers; how many."""
    lost = ZipPart.objects.filter(state=PartState.PROCESSING, lease_until__lt=Now())
    rows = list(lost.values_list("pk", "request_id", "attempt", "crashes")[:BATCH])
    return sum(_reap(*row, by=by) for row in rows)


def _reap(part_id: int, request_id: int, attempt: int, crashes: int, *, by: str) -> int:
    with free_request(request_id) as request:
        if request is None:  # somebody holds it; the others must not wait for them
            return 0
        poisoned = crashes >= len(CRASH_DELAYS_SECONDS)
        where = Q(pk=part_id, attempt=attempt, lease_until__lt=Now())
        if poisoned:
            to, changes = PartState.FAILED, _fail_as_lost()
        else:
            to, changes = PartState.PENDING, _wait(CRASH_DELAYS_SECONDS[crashes])
        why = FailureReason.WORKER_LOST
        moved = move_parts(request, Move.REAP, to=to, where=where, changes=changes, by=by, why=why)
        if moved:
            settle_request(request, moved)
            ring_on_commit(len(moved))
        return len(moved)


def _fail_as_lost() -> dict[str, Any]:
    return {
        **NOT_BUILDING,
        "crashes": F("crashes") + 1,
        "error": FailureReason.WORKER_LOST,
        "current": "",
        "finished_at": Now(),
    }


def _wait(delay_seconds: int) -> dict[str, Any]:
    not_before = in_seconds(delay_seconds) if delay_seconds else None
    return {**back_to_pending(), "crashes": F("crashes") + 1, "not_before": not_before}


def expire_parts(*, by: str = REAPER) -> int:
    """Mark the finished parts whose time has come; how many."""
    due = ZipPart.objects.filter(state=PartState.COMPLETED, expires_at__lte=Now())
    rows = list(due.order_by("request_id").values_list("pk", "request_id")[:BATCH])
    return sum(_expire(*row, by=by) for row in rows)


def _expire(part_id: int, request_id: int, *, by: str) -> int:
    with free_request(request_id) as request:
        if request is None:  # somebody holds it; the others must not wait for them
            return 0
        where = Q(pk=part_id, expires_at__lte=Now())
        moved = move_parts(request, Move.EXPIRE, to=PartState.EXPIRED, where=where, changes={}, by=by)
        if moved:
            settle_request(request, moved)
        return len(moved)


def has_work() -> bool:
    """Whether a part waits that may start now."""
    return claimable_parts().exists()


def archives_to_delete() -> QuerySet[Archive]:
    """Archives whose bytes nobody may want any more.

    The bytes go one hour after the later of expiry and the last link given; those that a retry left behind go
    when even an extended life and that hour are over, since somebody may still be downloading them.
    """
    hour_ago = in_seconds(-AFTERLIFE_SECONDS)
    long_ago = in_seconds(-2 * settings.SAM.part_life_seconds - AFTERLIFE_SECONDS)
    over = Q(state=PartState.EXPIRED, expires_at__lt=hour_ago) & (
        Q(link_given_at__isnull=True) | Q(link_given_at__lt=hour_ago)
    )
    pointing = ZipPart.objects.filter(archive=OuterRef("pk"))
    return Archive.objects.filter(deleted_at__isnull=True).filter(
        ~Exists(pointing.exclude(over)) & (Exists(pointing) | Q(created_at__lt=long_ago))
    )


def archive_deleted(archive_id: int) -> None:
    """Record that the bytes are gone; the row and its manifest's hash stay."""
    Archive.objects.filter(pk=archive_id).update(deleted_at=Now())


def workbooks_to_delete() -> QuerySet[ZipRequest, tuple[int, str]]:
    """(request id, key) of the workbooks of requests that can be retried no more."""
    old = ZipRequest.objects.exclude(workbook_key="").filter(ended_at__lt=in_seconds(-RETRY_DAYS * DAY_SECONDS))
    return old.values_list("pk", "workbook_key")


def workbook_deleted(request_id: int) -> None:
    ZipRequest.objects.filter(pk=request_id).update(workbook_key="", workbook_sha256="")


def worker_seen(*, name: str, host: str, version: str, slots: int, memory_bytes: int) -> bool:
    """Say that a worker lives, by the database's clock; whether an operator wants it quiet."""
    mine = WorkerBeat.objects.filter(pk=name)
    if not mine.update(seen_at=Now(), slots=slots, memory_bytes=memory_bytes):
        WorkerBeat.objects.create(name=name, host=host, version=version, slots=slots, memory_bytes=memory_bytes)
        mine.update(seen_at=Now(), started_at=Now())
    return mine.values_list("quiet", flat=True).get()


def forget_workers() -> None:
    """Remove those that have been silent for a day: a worker that was killed could not say that it left."""
    WorkerBeat.objects.filter(seen_at__lt=in_seconds(-DAY_SECONDS)).delete()


def forget_transitions() -> None:
    """Remove what was logged of moves and attempts more than TRANSITION_DAYS ago, once what it says is counted."""
    fold_counts()
    AttemptLog.objects.filter(at__lt=in_seconds(-TRANSITION_DAYS * DAY_SECONDS)).delete()
    Transition.objects.filter(at__lt=in_seconds(-TRANSITION_DAYS * DAY_SECONDS)).delete()


def forget_sessions() -> None:
    """Remove the sessions that have expired."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


def worker_left(*, name: str) -> None:
    WorkerBeat.objects.filter(pk=name).delete()


def unclaimed_archives(keys: Collection[str]) -> list[str]:
    """Those of the keys under `zip_requests/` that no archive and no request's workbook points to.

    The builder stores first and points last. Its pointer is fenced by a lease of seconds, so that an object of
    ORPHAN_SECONDS that has none will get none.
    """
    claimed = set(Archive.objects.filter(key__in=keys, deleted_at__isnull=True).values_list("key", flat=True))
    claimed.update(ZipRequest.objects.filter(workbook_key__in=keys).values_list("workbook_key", flat=True))
    return [key for key in keys if key not in claimed]


def unclaimed_documents(keys: Collection[str]) -> list[str]:
    """Those of the keys under `documentos/` that no documento names; see `sam.services.candado`."""
    claimed = keys_in_use(keys)
    return [key for key in keys if key not in claimed]


def database_mark() -> str:
    """What tells this database from another one."""
    return str(Epoch.objects.values_list("value", flat=True).get(pk=1))
