"""The thread that looks after everybody's parts, in every worker, once a second: the reconcile loop."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection

from sam.errors import StorageError
from sam.services.cuidado import (
    archive_deleted,
    archives_to_delete,
    expire_parts,
    forget_sessions,
    forget_workers,
    reap_lost_parts,
    workbook_deleted,
    workbooks_to_delete,
    worker_left,
    worker_seen,
)
from sam.storage import Storage
from zipworker.workshop import Workshop

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
BATCH = 100


@dataclass(slots=True)
class Chore:
    """Something to do every so many seconds; one that fails is logged and tried again at its next turn."""

    name: str
    every_seconds: float
    work: Callable[[], object]
    due: float = field(default=0.0)


class Care:
    """Two threads with chores: the quick ones, and those that wait for storage and must delay nobody's heartbeat."""

    def __init__(self, workshop: Workshop, *, storage: Storage, version: str) -> None:
        self._workshop = workshop
        self._storage = storage
        self._version = version
        self._stopped = threading.Event()
        quick = [
            Chore("worker_seen", 2.5, self._seen),
            Chore("reap_parts", 1, reap_lost_parts),
            Chore("look_for_work", 1, workshop.look_for_work),
            Chore("expire_parts", 5, expire_parts),
            Chore("forget_workers", 3600, forget_workers),
            Chore("forget_sessions", 3600, forget_sessions),
        ]
        slow = [
            Chore("delete_archives", 60, self._delete_archives),
            Chore("delete_workbooks", 600, self._delete_workbooks),
        ]
        self._threads = [
            threading.Thread(target=self._run, args=(chores,), name=name, daemon=True)
            for name, chores in (("care", quick), ("care-storage", slow))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the chores and say that this worker has left; a chore that waits for storage is left behind."""
        self._stopped.set()
        self._threads[0].join()
        _attempt(Chore("worker_left", 0, lambda: worker_left(name=self._workshop.owner)))
        connection.close()

    def _run(self, chores: list[Chore]) -> None:
        while not self._stopped.wait(TICK_SECONDS / 4):
            for chore in chores:
                now = time.monotonic()
                if now >= chore.due and not self._stopped.is_set():
                    chore.due = now + chore.every_seconds
                    _attempt(chore)
            connection.close()

    def _seen(self) -> None:
        shop = self._workshop
        worker_seen(name=shop.owner, host=socket.gethostname()[:100], version=self._version, slots=shop.slots)

    def _delete_archives(self) -> None:
        for archive in archives_to_delete()[:BATCH]:
            if self._delete(archive.key):
                archive_deleted(archive.pk)

    def _delete_workbooks(self) -> None:
        for request_id, key in workbooks_to_delete()[:BATCH]:
            if self._delete(key):
                workbook_deleted(request_id)

    def _delete(self, key: str) -> bool:
        """Whether the object is gone; one that cannot be deleted must not keep those behind it."""
        try:
            self._storage.delete(key)
        except StorageError as error:
            logger.warning("action=delete_failed key=%s error=%s", key, error.code)
            return False
        logger.info("action=delete key=%s", key)
        return True


def _attempt(chore: Chore) -> None:
    try:
        chore.work()
    except Exception:  # the reconcile loop outlives whatever a chore meets
        logger.exception("action=%s", chore.name)
        connection.close()
