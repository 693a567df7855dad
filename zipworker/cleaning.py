"""Clean-up: what dead processes left in storage goes within a day, and nothing that a row or an import names."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from itertools import islice

from sam.errors import MissingObject, StorageError
from sam.services.candado import nobody_imports
from sam.services.cuidado import ORPHAN_SECONDS, database_mark, unclaimed_archives, unclaimed_documents
from sam.storage import Storage
from zipworker.telling import tell_cleaned, tell_deleted

logger = logging.getLogger(__name__)

BATCH = 100
CLEAN_UP_SECONDS = 3600
ARCHIVES = "zip_requests/"
DOCUMENTS = "documentos/"
CLEAN_UP = "limpieza/"
MARK = f"{CLEAN_UP}base"


class CleanUp:
    """One worker's clean-up: objects that nobody points to, and unfinished writes.

    It reads the whole store, which may take minutes. `by_hand` does not ask whether another worker did it lately.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        stopped: threading.Event | None = None,
        older_than_seconds: float = ORPHAN_SECONDS,
        by_hand: bool = False,
    ) -> None:
        self._storage = storage
        self._stopped = stopped or threading.Event()
        self._older_than_seconds = older_than_seconds
        self._by_hand = by_hand

    def run(self) -> int:
        """Remove what is old and nobody's; returns how many objects and unfinished writes."""
        removed = 0
        try:
            if not self._is_our_turn():
                return 0
            for remove in (self._remove_archives, self._remove_documents, self._remove_unfinished):
                removed += remove()
        except StorageError as error:  # what is left now is removed in an hour
            logger.warning("action=clean_up_failed error=%s", error.code)
        tell_cleaned(removed)
        return removed

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
        if not self._by_hand and self._was_cleaned_lately():
            return False
        self._storage.write(MARK, [mark])
        return True

    def _was_cleaned_lately(self) -> bool:
        marks = (one for one in self._storage.objects(CLEAN_UP) if one.key == MARK)
        return any(mark.age_seconds < CLEAN_UP_SECONDS / 2 for mark in marks)

    def _remove_archives(self) -> int:
        return sum(delete_object(self._storage, key) for key in self._orphans(ARCHIVES, unclaimed_archives))

    def _remove_documents(self) -> int:
        removed = 0
        for key in self._orphans(DOCUMENTS, unclaimed_documents):
            with nobody_imports() as alone:
                if not alone:
                    logger.info("action=clean_up_postponed reason=import_runs")
                    break
                if unclaimed_documents([key]):
                    removed += delete_object(self._storage, key)
        return removed

    def _remove_unfinished(self) -> int:
        prefixes = (ARCHIVES, DOCUMENTS, CLEAN_UP)
        old = self._older_than_seconds
        return sum(self._storage.remove_unfinished(one, older_than_seconds=old) for one in prefixes)

    def _orphans(self, prefix: str, unclaimed: Callable[[Collection[str]], list[str]]) -> Iterator[str]:
        """The keys of the old objects that nobody points to, until this worker stops."""
        old = (one.key for one in self._storage.objects(prefix) if one.age_seconds > self._older_than_seconds)
        while (batch := list(islice(old, BATCH))) and not self._stopped.is_set():
            yield from unclaimed(batch)


def delete_object(storage: Storage, key: str) -> bool:
    """Whether the object is gone; one that cannot be deleted must not keep those behind it."""
    try:
        storage.delete(key)
    except StorageError as error:
        logger.warning("action=delete_failed key=%s error=%s", key, error.code)
        return False
    tell_deleted(key)
    return True
