"""A worker may die at any moment: another goes on, and what was promised is kept."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import time
import zipfile
from typing import Any

import pytest

from tests.running import Sam, Visitor, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def in_the_middle(sam: Sam) -> list[tuple[Any, ...]]:
    return sam.query("SELECT id, owner, attempt FROM sam_zippart WHERE state = 'processing'")


def states(sam: Sam) -> set[object]:
    return {state for (state,) in sam.query("SELECT state FROM sam_zippart")}


def test_kill_9_in_the_middle_of_a_part_and_another_worker_completes_it(sam: Sam) -> None:
    sam.start_web()
    workers = [sam.start_worker(), sam.start_worker()]
    visitor = Visitor(sam, "certiboy")
    assert visitor.post("/zip/solicitudes/")[0] == 201

    part, owner, attempt = wait_for(lambda: in_the_middle(sam), seconds=10, what="a part is being built")[0]
    victim = int(owner.split(":")[1])
    os.kill(victim, signal.SIGSTOP)  # so that it is certainly still in the middle when it is killed
    if (part, owner, attempt) not in in_the_middle(sam):
        pytest.fail("the part ended before its worker could be stopped")
    (dead,) = [worker for worker in workers if worker.pid == victim]
    sam.stop(dead, by=signal.SIGKILL)
    killed = time.monotonic()

    wait_for(lambda: states(sam) == {"completed"}, seconds=40, what="every part is completed")
    taken = time.monotonic() - killed
    ((again, other),) = sam.query("SELECT attempt, crashes FROM sam_zippart WHERE id = %s", part)
    assert (again, other) == (attempt + 1, 1)
    assert taken < 30

    archives = sam.query("SELECT id FROM sam_zippart ORDER BY number")
    for (part_id,) in archives:
        data = visitor.get(f"/zip/partes/{part_id}/descargar/")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
        ((sha256,),) = sam.query(
            "SELECT sha256 FROM sam_archive a JOIN sam_zippart p ON p.archive_id = a.id WHERE p.id = %s", part_id
        )
        assert hashlib.sha256(data).hexdigest() == sha256


def test_restarting_web_does_not_touch_the_part_that_a_worker_builds(sam: Sam) -> None:
    web = sam.start_web()
    sam.start_worker()
    visitor = Visitor(sam, "certiboy")
    visitor.post("/zip/solicitudes/")
    wait_for(lambda: in_the_middle(sam), seconds=10, what="a part is being built")
    sam.stop(web, by=signal.SIGKILL)
    sam.start_web()
    wait_for(lambda: states(sam) == {"completed"}, seconds=40, what="every part is completed")
    assert sam.query("SELECT DISTINCT attempt FROM sam_zippart") == [(1,)]


def test_a_worker_asked_to_stop_finishes_what_it_builds(sam: Sam) -> None:
    sam.start_web()
    worker = sam.start_worker(SAM_GRACE_SECONDS="60")
    Visitor(sam, "certiboy").post("/zip/solicitudes/")
    building = wait_for(lambda: in_the_middle(sam), seconds=10, what="a part is being built")
    worker.terminate()
    assert worker.wait(70) == 0
    for part, _, attempt in building:
        assert sam.query("SELECT state, attempt FROM sam_zippart WHERE id = %s", part) == [("completed", attempt)]
    assert "processing" not in states(sam)
    assert sam.query("SELECT count(*) FROM sam_workerbeat") == [(0,)]


def test_a_worker_with_little_time_finishes_or_hands_back_and_leaves_nothing_to_be_reaped(sam: Sam) -> None:
    sam.start_web()
    worker = sam.start_worker(SAM_GRACE_SECONDS="3", SAM_WORKER_SLOTS="1")
    Visitor(sam, "certiboy").post("/zip/solicitudes/")
    wait_for(lambda: in_the_middle(sam), seconds=10, what="a part is being built")
    # Stopped for longer than the patience, it has no time left when it goes on, and its lease still stands.
    worker.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGSTOP)
    time.sleep(2)
    worker.send_signal(signal.SIGCONT)
    assert worker.wait(30) == 0
    assert "processing" not in states(sam)
    assert sam.query("SELECT DISTINCT crashes FROM sam_zippart") == [(0,)]
    sam.start_worker()
    wait_for(lambda: states(sam) == {"completed"}, seconds=40, what="every part is completed")


def test_a_worker_with_nothing_to_do_stops_at_once(sam: Sam) -> None:
    worker = sam.start_worker()
    asked = time.monotonic()
    sam.stop(worker)
    assert worker.returncode == 0
    assert time.monotonic() - asked < 4
