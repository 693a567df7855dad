"""The thread that looks after everybody's parts, in every worker, once a second: the reconcile loop."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db import connection

from sam.errors import MissingObject, StorageError
from sam.services.candado import nobody_imports
from sam.services.cuidado import (
    ORPHAN_SECONDS,
    archive_deleted,
    archives_to_delete,
    database_mark,
    expire_parts,
    forget_sessions,
    forget_workers,
    reap_lost_parts,
    unclaimed_archives,
    unclaimed_documents,
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
CLEAN_UP_SECONDS = 3600
ARCHIVES = "zip_requests/"
DOCUMENTS = "documentos/"
CLEAN_UP = "limpieza/"
MARK = f"{CLEAN_UP}base"


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
        first = time.monotonic() + secrets.randbelow(CLEAN_UP_SECONDS)
        rare = [Chore("clean_up", CLEAN_UP_SECONDS, self.clean_up, due=first)]
        self._threads = [
            threading.Thread(target=self._run, args=(chores,), name=name, daemon=True)
            for name, chores in (("care", quick), ("care-storage", slow), ("care-clean-up", rare))
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

    def clean_up(self) -> None:
        """Remove what dead processes left in storage: objects that nobody points to, and unfinished writes."""
        removed = 0
        try:
            if not self._is_our_turn():
                return
            for remove in (self._remove_archives, self._remove_documents, self._remove_unfinished):
                removed += remove()
        except StorageError as error:  # what is left now is removed in an hour
            logger.warning("action=clean_up_failed error=%s", error.code)
        logger.info("action=clean_up removed=%s", removed)

    def _is_our_turn(self) -> bool:
        """Whether this store is our database's and no worker has cleaned it lately; then it is marked as ours.

        To a worker that was started with another database every documento in the store would be an orphan.
        """
        mark = database_mark().encode()
        try:
            found = b"".join(self._storage.read(MARK))
        except MissingObject:
            found = mark
        if found != mark:
            logger.error("action=clean_up_refused reason=store_of_another_database key=%s", MARK)
            return False
        if any(one.key == MARK and one.age_seconds < CLEAN_UP_SECONDS / 2 for one in self._storage.objects(CLEAN_UP)):
            return False
        self._storage.write(MARK, [mark])
        return True

    def _remove_archives(self) -> int:
        return sum(self._delete(key) for key in self._orphans(ARCHIVES, unclaimed_archives))

    def _remove_documents(self) -> int:
        removed = 0
        for key in self._orphans(DOCUMENTS, unclaimed_documents):
            with nobody_imports() as alone:
                if not alone:
                    logger.info("action=clean_up_postponed reason=import_runs")
                    break
                if unclaimed_documents([key]):
                    removed += self._delete(key)
        return removed

    def _remove_unfinished(self) -> int:
        prefixes = (ARCHIVES, DOCUMENTS, CLEAN_UP)
        return sum(self._storage.remove_unfinished(one, older_than_seconds=ORPHAN_SECONDS) for one in prefixes)

    def _orphans(self, prefix: str, unclaimed: Callable[[Collection[str]], list[str]]) -> Iterator[str]:
        """The keys of the old objects that nobody points to, until this worker stops."""
        old = (one.key for one in self._storage.objects(prefix) if one.age_seconds > ORPHAN_SECONDS)
        while (batch := list(islice(old, BATCH))) and not self._stopped.is_set():
            yield from unclaimed(batch)

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
