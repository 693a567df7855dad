"""The disk of the store is full: a part waits for room, half an archive is never seen, and nothing of it stays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.failures.storage_disk import SmallDisk, on_disk, small_disk, store_of
from tests.failures.storage_installation import ARCHIVES, StoredSam
from tests.running import Visitor, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

PATH = "/zip/solicitudes/"
LITTLE, ENOUGH = "4m", "64m"  # the part has 14 MiB


def waits(visitor: Visitor) -> bool:
    _, request = visitor.post(PATH)
    parts: Any = request["parts"]
    return [(part["state"], part["reason"]) for part in parts] == [("pending", "storage_unavailable")]


def assert_completed_whole(stored: StoredSam, visitor: Visitor) -> None:
    part = stored.wait_for_part(state="completed")
    assert part["crashes"] == 0
    _, sha256, size = stored.archive()
    data = visitor.get(f"/zip/partes/{part['id']}/descargar/")
    assert (len(data), hashlib.sha256(data).hexdigest()) == (size, sha256)


@pytest.fixture
def disk(stored: StoredSam) -> Iterator[SmallDisk]:
    with small_disk(store_of(stored.sam) / ARCHIVES.rstrip("/"), size=LITTLE) as disk:
        yield disk


def test_a_part_for_which_the_disk_has_no_room_waits_and_is_completed_when_there_is(
    stored: StoredSam, disk: SmallDisk
) -> None:
    full = on_disk(stored, disk)
    try:
        full.sam.start_web()
        full.sam.start_worker()
        visitor = full.visitor()
        assert visitor.post(PATH)[0] == 201
        wait_for(lambda: waits(visitor), seconds=30, what="the part waits for room")
        part = full.part()
        assert visitor.status(f"/zip/partes/{part['id']}/descargar/") == 409
        left = disk.files()
        assert full.part()["attempt"] == part["attempt"], "it was tried again while the disk was looked at"
        assert {f"{ARCHIVES}{name}" for name in left} <= full.named()

        disk.resize(ENOUGH)
        assert_completed_whole(full, visitor)
        assert {f"{ARCHIVES}{name}" for name in disk.files()} == full.named()
    finally:
        full.sam.close()


@pytest.mark.slow
def test_a_part_for_whose_scratch_files_there_is_no_room_waits_too(stored: StoredSam) -> None:
    with small_disk(stored.sam.folder / "scratch", size="4k") as disk:
        full = on_disk(stored, disk)
        try:
            full.sam.start_web()
            worker = full.sam.start_worker(TMPDIR=str(disk.folder))
            visitor = full.visitor()
            assert visitor.post(PATH)[0] == 201
            wait_for(lambda: waits(visitor), seconds=30, what="the part waits for room")
            disk.resize(ENOUGH)
            assert_completed_whole(full, visitor)
            full.sam.stop(worker)
            assert disk.files() == {}
        finally:
            full.sam.close()
