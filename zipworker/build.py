"""Building one part, as a pipeline to be read aloud: claim, plan, stream into storage, finish.

What happens if the process dies:
- before the claim commits: nothing; the part waits.
- after it: the lease runs out, the reaper returns the part, another worker builds it as a new attempt.
- while bytes go to storage: they have no name yet; the file store's unfinished file and S3's multipart upload are
  clean-up's.
- after they are stored and before the finish commits: an object of an attempt that nobody points to; clean-up's.
- after the finish commits: the part is completed; if its message was lost, the sweep tells the tabs.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connection

from sam.errors import LeaseLost, Stopped, StorageError, StorageUnavailable
from sam.logs import Lines, noted, traced
from sam.planning.names import archive_key
from sam.planning.plan import PartPlan
from sam.selectors.planes import load_plan
from sam.services.cuidado import unclaimed_archives
from sam.services.partes import (
    BuiltArchive,
    Claim,
    FaltanteRecord,
    fail_part,
    finish_part,
    hand_back,
    put_off,
)
from sam.services.registros import keep_lines
from sam.states import FailureReason
from sam.storage import Storage
from zipworker.heart import STALL_SECONDS, Heart
from zipworker.informe import workbook_of
from zipworker.package.documents import DocumentChanged
from zipworker.package.missing import Missing
from zipworker.package.package import Package
from zipworker.telling import tell_claim, tell_deleted, tell_ended, tell_finished

logger = logging.getLogger(__name__)

FINISH_DELAYS_SECONDS = (0.2, 0.5, 1.0)
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


PackageMaker = Callable[..., Package]


def build_part(
    claim: Claim,
    *,
    storage: Storage,
    stopping: threading.Event,
    package: PackageMaker = Package,
    on_stall: Callable[[], None] = lambda: None,
    stall_seconds: float = STALL_SECONDS,
) -> None:
    """Build the claimed part and record how it ended. `package` makes its stream: tests give one that fails."""
    lines = Lines()
    with traced(claim.trace), noted(lines):
        started = time.monotonic()
        tell_claim(claim)
        heart = Heart(claim, stopping=stopping, on_stall=on_stall, stall_seconds=stall_seconds, lines=lines)
        outcome = _build(claim, storage=storage, heart=heart, package=package)
        ms = round(1000 * (time.monotonic() - started))
        if isinstance(outcome, BuiltArchive):
            tell_finished(claim, outcome, ms=ms)
            _remove_earlier_attempts(claim, outcome, storage=storage)
        else:
            tell_ended(claim, outcome, ms=ms)
        _keep(claim, lines)


def _keep(claim: Claim, lines: Lines) -> None:
    """Store what was logged; nobody's part hangs on it."""
    try:
        keep_lines(claim, lines.text())
    except (DatabaseError, InterfaceError) as error:
        logger.warning("action=lines_lost part=%s error=%s", claim.part_id, type(error).__name__)


def _build(claim: Claim, *, storage: Storage, heart: Heart, package: PackageMaker) -> BuiltArchive | str:
    """What was built and is the part's now, or the name of the outcome."""
    try:
        with heart:
            plan = load_plan(claim.part_id)
            connection.close()  # not held while bytes flow: a restart of the database would cut it unnoticed
            built = _store(plan, claim, storage=storage, heart=heart, package=package)
            _finish(claim, built, storage=storage, heart=heart)
            return built
    except LeaseLost:
        return "lost_part"
    except Stopped:
        return _give_up(claim, hand_back)
    except StorageUnavailable:
        return _give_up(claim, put_off)
    except (DatabaseError, InterfaceError) as error:
        # Says nothing about the part. If it cannot even be handed back, its lease runs out and the reaper returns it.
        logger.warning("action=database_failed part=%s error=%s", claim.part_id, type(error).__name__)
        connection.close()
        return _give_up(claim, hand_back)
    except Exception as error:  # the job's wrapper: whatever it was, the part ends with a recorded reason
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            # The disk of the scratch files is full: that passes, as it does where the store has no room.
            logger.warning("action=no_room part=%s attempt=%s", claim.part_id, claim.attempt)
            return _give_up(claim, put_off)
        logger.exception("action=build_failed part=%s attempt=%s", claim.part_id, claim.attempt)
        return _give_up(claim, _fail)


def _finish(claim: Claim, built: BuiltArchive, *, storage: Storage, heart: Heart) -> None:
    """Finish the part, again where the database failed: the work is done, and the write is fenced by the lease.

    An archive whose part was lost is deleted. A commit whose answer was lost may have taken effect: then a row names
    the archive, and the part is finished.
    """
    asked = False
    for delay in FINISH_DELAYS_SECONDS:
        try:
            if asked and not unclaimed_archives([built.key]):
                return
            asked = True
            return finish_part(claim, built)
        except LeaseLost:
            storage.delete(built.key)
            raise
        except (DatabaseError, InterfaceError) as error:
            logger.warning("action=finish_again part=%s error=%s", claim.part_id, type(error).__name__)
            connection.close()
            time.sleep(delay)
    if unclaimed_archives([built.key]):
        heart.check()
        finish_part(claim, built)


def _give_up(claim: Claim, give_up: Callable[[Claim], None]) -> str:
    """Record how it ended, once again where the connection may be one that the database has cut since."""
    for _ in range(2):
        try:
            give_up(claim)
        except LeaseLost:
            return "lost_part"
        except (DatabaseError, InterfaceError):
            connection.close()
        else:
            return give_up.__name__.lstrip("_")
    return "left_part"


def _fail(claim: Claim) -> None:
    fail_part(claim, FailureReason.BUILD_ERROR)


def _remove_earlier_attempts(claim: Claim, built: BuiltArchive, *, storage: Storage) -> None:
    """What attempts of this part stored that died before they could point to it; clean-up does the rest.

    An attempt that still runs lost its lease and deletes what it stores; an archive that a row names (somebody may
    be downloading the one before a retry) is not an orphan.
    """
    mine = f"_a{claim.attempt}.zip"
    earlier = [f"{built.key.removesuffix(mine)}_a{number}.zip" for number in range(1, claim.attempt)]
    try:
        for key in unclaimed_archives(earlier) if earlier else ():
            storage.delete(key)
            tell_deleted(key)
    except (StorageError, DatabaseError, InterfaceError) as error:
        logger.warning("action=delete_failed part=%s error=%s", claim.part_id, type(error).__name__)


def _store(plan: PartPlan, claim: Claim, *, storage: Storage, heart: Heart, package: PackageMaker) -> BuiltArchive:
    """Stream the part into storage, again from its start for each large documento that was not as registered."""
    excluded: dict[int, str] = {}
    with tempfile.TemporaryDirectory(prefix="sam-") as folder:
        while True:
            try:
                return _stream(
                    plan, claim, excluded, storage=storage, heart=heart, folder=Path(folder), package=package
                )
            except DocumentChanged as changed:
                if changed.documento_id in excluded:
                    raise
                excluded[changed.documento_id] = changed.motivo


def _stream(
    plan: PartPlan,
    claim: Claim,
    excluded: Mapping[int, str],
    *,
    storage: Storage,
    heart: Heart,
    folder: Path,
    package: PackageMaker,
) -> BuiltArchive:
    stream = package(
        plan,
        read_document=lambda document: storage.read(document.key),
        workbook=lambda: workbook_of(plan, claim, storage=storage, folder=folder, check=heart.check),
        on_equipo=heart.report,
        excluded=excluded,
    )
    key = archive_key(
        empresa_id=plan.empresa["id"],
        instant=plan.instant,
        number=plan.number,
        request_id=plan.request_id,
        attempt=claim.attempt,
    )
    measured = _Measured(stream.chunks(), heart)
    storage.write(key, measured)
    return BuiltArchive(
        key=key,
        bytes=measured.bytes,
        sha256=measured.sha256,
        manifest_sha256=stream.manifest_sha256,
        registered=stream.registered,
        faltantes=[_record(one) for one in stream.missing],
    )


class _Measured:
    """The archive's chunks as they pass, counted and hashed, with a look at the lease before each."""

    def __init__(self, chunks: Iterator[bytes], heart: Heart) -> None:
        self._chunks = chunks
        self._heart = heart
        self._digest = hashlib.sha256()
        self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._heart.check()
            self._digest.update(chunk)
            self.bytes += len(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _record(missing: Missing) -> FaltanteRecord:
    return {
        "documento": missing.documento_id,
        "equipo": missing.equipo,
        "nombre": missing.documento,
        "ruta": missing.ruta,
        "motivo": missing.motivo,
    }
