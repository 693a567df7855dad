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
    reap_lost_parts,
    workbook_deleted,
    workbooks_to_delete,
    worker_left,
    worker_seen,
)
from sam.services.perspectiva import Told, publish_outlooks
from sam.storage import Storage
from zipworker.workshop import Workshop

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0


@dataclass(slots=True)
class Chore:
    """Something to do every so many seconds; one that fails is logged and tried again at its next turn."""

    name: str
    every_seconds: float
    work: Callable[[], object]
    due: float = field(default=0.0)


class Care:
    """Runs the chores in one thread until it is stopped."""

    def __init__(self, workshop: Workshop, *, storage: Storage, version: str) -> None:
        self._workshop = workshop
        self._storage = storage
        self._version = version
        self._told: Told = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="care", daemon=True)
        self._chores = [
            Chore("worker_seen", 2.5, self._seen),
            Chore("reap_parts", 1, reap_lost_parts),
            Chore("look_for_work", 1, workshop.look_for_work),
            Chore("publish_outlooks", 1, self._publish_outlooks),
            Chore("expire_parts", 5, expire_parts),
            Chore("delete_archives", 60, self._delete_archives),
        ]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and say that this worker has left."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(TICK_SECONDS / 4):
            now = time.monotonic()
            for chore in self._chores:
                if now >= chore.due and not self._stopped.is_set():
                    chore.due = now + chore.every_seconds
                    _attempt(chore)
            connection.close()
        _attempt(Chore("worker_left", 0, lambda: worker_left(name=self._workshop.owner)))
        connection.close()

    def _seen(self) -> None:
        shop = self._workshop
        worker_seen(name=shop.owner, host=socket.gethostname()[:100], version=self._version, slots=shop.slots)

    def _publish_outlooks(self) -> None:
        self._told = publish_outlooks(self._told)

    def _delete_archives(self) -> None:
        for archive in archives_to_delete()[:100]:
            self._storage.delete(archive.key)
            archive_deleted(archive.pk)
            logger.info("action=delete_archive archive=%s", archive.pk)
        for request_id, key in workbooks_to_delete()[:100]:
            self._storage.delete(key)
            workbook_deleted(request_id)


def _attempt(chore: Chore) -> None:
    try:
        chore.work()
    except StorageError as error:
        logger.warning("action=%s error=%s", chore.name, error.code)
    except Exception:  # the reconcile loop outlives whatever a chore meets
        logger.exception("action=%s", chore.name)
        connection.close()
