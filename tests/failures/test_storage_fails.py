"""Storage answers 500, hangs, goes away, or does what it was asked and cannot say so: parts wait, nothing is lost."""

from __future__ import annotations

import hashlib
import io
import signal
import time
import zipfile
from typing import Any

import pytest

from tests.failures.storage_installation import StoredSam
from tests.running import Visitor, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

PATH = "/zip/solicitudes/"
WAITS = "espera a que el almacenamiento responda"


def waiting_in_json(visitor: Visitor) -> dict[str, Any] | None:
    """The part as a program sees it, while it waits for storage."""
    status, request = visitor.post(PATH)  # answered with the request that lives
    parts: Any = request["parts"]
    assert (status, len(parts)) == (200, 1)
    part: dict[str, Any] = parts[0]
    return part if (part["state"], part["reason"]) == ("pending", "storage_unavailable") else None


def assert_downloads_whole(stored: StoredSam, visitor: Visitor) -> None:
    """One archive, completed once, that is downloaded with the SHA-256 that was promised."""
    part = stored.part()
    assert part["state"] == "completed"
    key, sha256, size = stored.archive()
    assert key.endswith(f"_a{part['attempt']}.zip")
    data = visitor.get(f"/zip/partes/{part['id']}/descargar/")
    assert (len(data), hashlib.sha256(data).hexdigest()) == (size, sha256)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
    finished = stored.sam.query("SELECT count(*) FROM sam_transition WHERE move = 'finish'")
    assert finished == [(1,)]


def assert_nothing_unnamed(stored: StoredSam) -> None:
    assert stored.held() == stored.named()
    assert stored.unfinished() == []


FAULTS = {
    "answers 500": lambda s3: s3.fail(),
    "refuses connections": lambda s3: s3.refuse(),
    "fails in the upload": lambda s3: s3.fail(only="UploadPart"),
}


@pytest.mark.parametrize(
    "fault", ["answers 500", *(pytest.param(name, marks=pytest.mark.slow) for name in FAULTS if name != "answers 500")]
)
def test_a_part_waits_while_storage_fails_and_is_completed_when_it_answers(stored: StoredSam, fault: str) -> None:
    stored.sam.start_worker()
    visitor = stored.visitor()
    FAULTS[fault](stored.s3)
    assert visitor.post(PATH)[0] == 201

    wait_for(lambda: waiting_in_json(visitor), seconds=30, what="the part waits for storage")
    assert WAITS in visitor.get("/informes/").decode()
    part = stored.part()
    assert part["storage_failures"] >= 1
    assert part["crashes"] == 0
    assert part["attempt"] == part["storage_failures"] + 1
    assert stored.held() <= stored.named()

    stored.s3.behave()
    stored.wait_for_part(state="completed")
    assert_downloads_whole(stored, visitor)
    assert_nothing_unnamed(stored)
    reasons = stored.sam.query("SELECT DISTINCT reason FROM sam_transition WHERE move = 'hand_back'")
    assert reasons == [("storage_unavailable",)]


def test_cancel_answers_at_once_while_storage_hangs_and_the_worker_goes_on_with_the_next(stored: StoredSam) -> None:
    stored.sam.start_worker(SAM_WORKER_SLOTS="1")
    visitor = stored.visitor()
    stored.s3.hang(only=("UploadPart", "AbortMultipartUpload"))
    _, request = visitor.post(PATH)
    wait_for(lambda: stored.s3.counts["hung"], seconds=30, what="the upload hangs")

    asked = time.monotonic()
    status, cancelled = visitor.post(f"{PATH}{request['id']}/cancelar/")
    assert visitor.get("/informes/")
    assert time.monotonic() - asked < 5  # a worker that waits for storage hinders neither
    assert (status, cancelled["state"]) == (200, "cancelled")
    assert stored.part()["state"] == "cancelled"

    stored.s3.behave()
    visitor.post(f"{PATH}{request['id']}/reintentar/")
    stored.wait_for_part(state="completed")
    assert_downloads_whole(stored, visitor)
    assert_nothing_unnamed(stored)


@pytest.mark.slow
def test_a_worker_asked_to_stop_while_storage_hangs_hands_the_part_back_in_its_grace_period(
    stored: StoredSam,
) -> None:
    grace = 5
    worker = stored.sam.start_worker(SAM_GRACE_SECONDS=str(grace))
    visitor = stored.visitor()
    stored.s3.hang()
    visitor.post(PATH)
    wait_for(lambda: stored.s3.counts["hung"], seconds=30, what="a call hangs")

    asked = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    taken = time.monotonic() - asked
    part = stored.part()
    assert (part["state"], part["attempt"], part["crashes"], part["storage_failures"]) == ("pending", 2, 0, 0)
    assert taken < 2 * grace  # a call that hangs would take 39 s

    stored.s3.behave()
    stored.sam.start_worker()
    stored.wait_for_part(state="completed", attempt=2)
    assert_downloads_whole(stored, visitor)


def test_the_lost_answer_to_the_end_of_an_upload_costs_nothing(stored: StoredSam) -> None:
    stored.sam.start_worker()
    visitor = stored.visitor()
    stored.s3.lose_answer("CompleteMultipartUpload")
    stored.s3.fail(status=404, code="NoSuchUpload", only="CompleteMultipartUpload")  # what it says to who asks again
    visitor.post(PATH)
    part = stored.wait_for_part(state="completed")
    assert stored.s3.counts["lost"] == 1
    assert (part["attempt"], part["storage_failures"]) == (1, 0)
    assert_downloads_whole(stored, visitor)
    assert_nothing_unnamed(stored)


@pytest.mark.slow
def test_an_upload_whose_end_nobody_can_tell_ends_in_one_completed_part(stored: StoredSam) -> None:
    worker = stored.sam.start_worker()
    visitor = stored.visitor()
    stored.s3.lose_answer("CompleteMultipartUpload")
    stored.s3.fail(only=("CompleteMultipartUpload", "HeadObject"))
    visitor.post(PATH)
    stored.wait_for_part(state="pending", storage_failures=1)
    (lost,) = stored.held() - stored.named()  # it was written, and nobody knows
    assert lost.endswith("_a1.zip")

    stored.s3.behave()
    stored.wait_for_part(state="completed", attempt=2)
    assert_downloads_whole(stored, visitor)
    stored.sam.stop(worker)
    stored.sam.manage("limpiar_almacen", "--horas", "0")
    assert_nothing_unnamed(stored)
    assert_downloads_whole(stored, visitor)


def test_storage_that_fails_now_and_then_delays_a_part_and_harms_nothing(stored: StoredSam) -> None:
    stored.sam.start_worker()
    visitor = stored.visitor()
    stored.s3.fail(share=0.2)
    for operation in ("UploadPart", "CompleteMultipartUpload", "PutObject", "GetObject"):
        stored.s3.lose_answer(operation)
    stored.s3.cut(after_bytes=100_000)
    visitor.post(PATH)
    stored.wait_for_part(state="completed", seconds=100)
    stored.s3.behave()
    assert_downloads_whole(stored, visitor)
    assert stored.sam.query("SELECT missing FROM sam_archive") == [(0,)]


@pytest.mark.slow
def test_storage_that_hangs_is_given_up_in_less_than_a_minute(stored: StoredSam) -> None:
    stored.sam.start_worker()
    visitor = stored.visitor()
    stored.s3.hang()
    visitor.post(PATH)
    wait_for(lambda: stored.s3.counts["hung"], seconds=30, what="a call hangs")
    wait_for(lambda: waiting_in_json(visitor), seconds=60, what="the part waits for storage")
    stored.s3.behave()
    part = stored.wait_for_part(state="completed")
    assert (part["attempt"], part["storage_failures"], part["crashes"]) == (2, 1, 0)
    assert_downloads_whole(stored, visitor)
    assert_nothing_unnamed(stored)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_storage_that_stays_away_fails_the_part_with_its_reason_and_a_retry_completes_it(stored: StoredSam) -> None:
    stored.sam.start_worker()
    visitor = stored.visitor()
    stored.s3.refuse()
    asked = time.monotonic()
    _, request = visitor.post(PATH)
    part = stored.wait_for_part(state="failed", seconds=300)
    assert (part["error"], part["storage_failures"], part["attempt"]) == ("storage_unavailable", 6, 7)
    assert time.monotonic() - asked > 172
    assert "El almacenamiento de documentos no respondió." in visitor.get("/informes/").decode()

    stored.s3.behave()
    assert visitor.post(f"{PATH}{request['id']}/reintentar/")[0] == 200
    stored.wait_for_part(state="completed")
    assert_downloads_whole(stored, visitor)
    assert_nothing_unnamed(stored)
