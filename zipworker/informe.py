"""The workbook of a request, built once: by the first part that needs it, fetched from storage by the others."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sam.errors import MissingObject, UnreadableObject
from sam.planning.plan import PartPlan, PlannedEquipo
from sam.selectors.planes import iter_planned_equipos, stored_documents
from sam.services.informe import record_workbook, stored_workbook, take_workbook
from sam.services.partes import Claim
from sam.storage import Storage
from zipworker.telling import tell_workbook
from zipworker.workbook import WorkbookFile, build_workbook

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 0.1
EQUIPOS_PER_RENEWAL = 500  # about 2 s of work, of a lease of 20


def workbook_of(
    plan: PartPlan, claim: Claim, *, storage: Storage, folder: Path, check: Callable[[], None]
) -> WorkbookFile:
    """The request's workbook in `folder`: the stored one, or ours when it is our turn to build it.

    While another builder is at it this waits, asking `check` (which may raise) between two looks. A stored
    workbook that cannot be fetched whole is built again: its bytes follow from the plan alone.
    """
    target = folder / "informe.xlsx"
    started = time.monotonic()
    while True:
        known = stored_workbook(request_id=plan.request_id)
        if known is not None and _fetch(storage, *known, target=target, check=check):
            tell_workbook(claim, ms=_ms_since(started), built=False)
            return WorkbookFile.of(target)
        if known is not None or take_workbook(request_id=plan.request_id, owner=_owner(claim)):
            file = _build(plan, claim, storage=storage, target=target, check=check)
            tell_workbook(claim, ms=_ms_since(started), built=True)
            return file
        check()
        time.sleep(LOOK_AGAIN_SECONDS)


def _owner(claim: Claim) -> str:
    """The part's builder, not the process: two parts of one request may be built in two threads of one worker."""
    return f"{claim.owner}/{claim.part_id}"


def _build(plan: PartPlan, claim: Claim, *, storage: Storage, target: Path, check: Callable[[], None]) -> WorkbookFile:
    build_workbook(
        empresa=plan.empresa,
        equipos=_renewing(plan, claim, check),
        documents=stored_documents,
        instant=plan.instant,
        target=target,
        due_soon_days=plan.empresa["dias_por_vencer"],
    )
    built = WorkbookFile.of(target)
    key = f"zip_requests/{plan.empresa['id']}/req_{plan.request_id}_informe_p{plan.number}_a{claim.attempt}.xlsx"
    storage.write(key, _checked(built.chunks(), check))
    if not record_workbook(request_id=plan.request_id, key=key, sha256=built.sha256):
        _drop_unless_recorded(plan, storage, key)
    return built


def _ms_since(started: float) -> int:
    return round(1000 * (time.monotonic() - started))


def _checked(chunks: Iterator[bytes], check: Callable[[], None]) -> Iterator[bytes]:
    for chunk in chunks:
        check()
        yield chunk


def _renewing(plan: PartPlan, claim: Claim, check: Callable[[], None]) -> Iterator[PlannedEquipo]:
    """The request's equipos; on the way the small lease is renewed, and `check` may stop it all."""
    for number, equipo in enumerate(iter_planned_equipos(plan.request_id)):
        if number % EQUIPOS_PER_RENEWAL == 0:
            check()
            take_workbook(request_id=plan.request_id, owner=_owner(claim))
        yield equipo


def _drop_unless_recorded(plan: PartPlan, storage: Storage, key: str) -> None:
    known = stored_workbook(request_id=plan.request_id)
    if known is None or known[0] != key:
        storage.delete(key)


def _fetch(storage: Storage, key: str, sha256: str, *, target: Path, check: Callable[[], None]) -> bool:
    digest = hashlib.sha256()
    try:
        with target.open("wb") as file:
            for chunk in _checked(storage.read(key), check):
                digest.update(chunk)
                file.write(chunk)
    except (MissingObject, UnreadableObject):
        logger.warning("action=workbook_missing key=%s", key)
        return False
    return digest.hexdigest() == sha256
