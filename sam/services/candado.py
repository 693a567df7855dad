"""The lock between imports and the clean-up of documentos: any number of imports at once, or one delete."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from sam.errors import StorageUnavailable

# How long an import waits for a clean-up, which holds it up for one delete in storage.
IMPORT_PATIENCE_SECONDS = 120
LOOK_AGAIN_SECONDS = 0.1
IMPORTS_LOCK = 0x53414D01  # of PostgreSQL's advisory locks of this database


@contextmanager
def importing() -> Iterator[None]:
    """Around an import, from before its first look into storage until its rows are committed.

    Raises StorageUnavailable when a clean-up stands in the way for IMPORT_PATIENCE_SECONDS.
    """
    deadline = time.monotonic() + IMPORT_PATIENCE_SECONDS
    while True:
        with _imports_lock(shared=True) as ours:
            if ours:
                yield
                return
        if time.monotonic() >= deadline:
            raise StorageUnavailable("La limpieza del almacén no termina; intente más tarde.")
        time.sleep(LOOK_AGAIN_SECONDS)


@contextmanager
def nobody_imports() -> Iterator[bool]:
    """Whether no import runs, and then none begins while this lasts: only so may an unclaimed documento be deleted.

    Age alone is not enough for documentos, because their keys are made of their contents. An import finds the
    object that a dead one left days ago, does not write it again, and names it minutes later; and one may run for
    longer than any age. So imports (any number at once) and each single delete (it asks once more who names the
    key) exclude each other. A lock, and not a look at a clock: whoever stands still between its look and its
    delete still holds it. It belongs to the session that also commits the import's rows: if that session is lost,
    so is the import. What dies lets go of it.
    """
    with _imports_lock(shared=False) as ours:
        yield ours


def _imports_lock(*, shared: bool) -> Any:
    return (_postgresql_lock if connection.vendor == "postgresql" else _file_lock)(shared=shared)


@contextmanager
def _postgresql_lock(*, shared: bool) -> Iterator[bool]:
    kind = "_shared" if shared else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock{kind}(%s)", [IMPORTS_LOCK])
        (ours,) = cursor.fetchone()
    try:
        yield ours
    finally:
        if ours:
            with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:  # a lost session has no locks
                cursor.execute(f"SELECT pg_advisory_unlock{kind}(%s)", [IMPORTS_LOCK])


@contextmanager
def _file_lock(*, shared: bool) -> Iterator[bool]:
    """With SQLite every process is on one machine; the lock lies beside the database."""
    with open(f"{connection.settings_dict['NAME']}-imports", "wb") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
