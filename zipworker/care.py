"""The thread that looks after everybody's parts, in every worker, once a second: the reconcile loop."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection

from sam.services.cuidado import (
    archive_deleted,
    archives_to_delete,
    expire_parts,
    forget_sessions,
    forget_transitions,
    forget_workers,
    reap_lost_parts,
    workbook_deleted,
    workbooks_to_delete,
    worker_left,
    worker_seen,
)
from sam.services.movimientos import worker_actor
from sam.storage import Storage
from zipworker.cleaning import CLEAN_UP_SECONDS, CleanUp, delete_object
from zipworker.workshop import Workshop

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
BATCH = 100
STOP_SECONDS = 1.0  # for the chore that runs now; one that hangs in a database that is away is left behind


@dataclass(slots=True)
class Chore:
    """Something to do every so many seconds; one that fails is logged and tried again at its next turn."""

    name: str
    every_seconds: float
    work: Callable[[], object]
    due: float = field(default=0.0)


class Care:
    """Threads with chores: the quick ones; those that wait for storage and must delay nobody's heartbeat; clean-up.

    Clean-up reads the whole store, which may take minutes: it has a thread of its own, and its first turn comes at a
    random moment of an hour, so that workers that were started together do not do it together.
    """

    def __init__(self, workshop: Workshop, *, storage: Storage, version: str) -> None:
        self._workshop = workshop
        self._storage = storage
        self._version = version
        self._stopped = threading.Event()
        quick = [
            Chore("worker_seen", 2.5, self._seen),
            Chore("reap_parts", 1, lambda: reap_lost_parts(by=worker_actor(workshop.owner))),
            Chore("look_for_work", 1, workshop.look_for_work),
            Chore("expire_parts", 5, lambda: expire_parts(by=worker_actor(workshop.owner))),
            Chore("forget_workers", 3600, forget_workers),
            Chore("forget_sessions", 3600, forget_sessions),
            Chore("forget_transitions", 3600, forget_transitions),
        ]
        slow = [
            Chore("delete_archives", 60, self._delete_archives),
            Chore("delete_workbooks", 600, self._delete_workbooks),
        ]
        first = time.monotonic() + secrets.randbelow(CLEAN_UP_SECONDS)
        rare = [Chore("clean_up", CLEAN_UP_SECONDS, CleanUp(storage, stopped=self._stopped).run, due=first)]
        self._threads = [
            threading.Thread(target=self._run, args=(chores,), name=name, daemon=True)
            for name, chores in (("care", quick), ("care-storage", slow), ("care-clean-up", rare))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """End the chores and say that this worker has left; a chore that waits for storage is left behind.

        Returns whether it could be said: a database that stands still must not keep the process from ending.
        """
        self._stopped.set()
        leaving = threading.Thread(target=self._leave, daemon=True)
        leaving.start()
        leaving.join(2 * STOP_SECONDS)
        return not leaving.is_alive()

    def _leave(self) -> None:
        self._threads[0].join(STOP_SECONDS)
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
        shop.quiet = worker_seen(
            name=shop.owner,
            host=socket.gethostname()[:100],
            version=self._version,
            slots=shop.slots,
            memory_bytes=_memory_bytes(),
        )

    def _delete_archives(self) -> None:
        for archive in archives_to_delete()[:BATCH]:
            if self._delete(archive.key):
                archive_deleted(archive.pk)

    def _delete_workbooks(self) -> None:
        for request_id, key in workbooks_to_delete()[:BATCH]:
            if self._delete(key):
                workbook_deleted(request_id)

    def _delete(self, key: str) -> bool:
        return delete_object(self._storage, key)


def _memory_bytes() -> int:
    """What this process holds in memory now; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _attempt(chore: Chore) -> None:
    try:
        chore.work()
    except (OperationalError, InterfaceError) as error:
        logger.warning("action=%s error=%s", chore.name, type(error).__name__)
        connection.close()
    except Exception:  # the reconcile loop outlives whatever a chore meets
        logger.exception("action=%s", chore.name)
        connection.close()
