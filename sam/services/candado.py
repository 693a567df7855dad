"""Locks that no row is: between imports and the clean-up of documentos, and between two plans of one empresa.

They belong to a session, so that they are there before a transaction's first look and after its commit; what dies lets
go of them.
"""

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
# Of PostgreSQL's advisory locks of this database.
IMPORTS_LOCK = 0x53414D01
PLANS_LOCK = 0x53414D02 << 32  # and the empresa's id


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
    so is the import.
    """
    with _imports_lock(shared=False) as ours:
        yield ours


@contextmanager
def one_plan_of(empresa_id: int) -> Iterator[None]:
    """Around the transaction that plans a request: its look then holds what the empresa's last one has committed.

    Held within it the lock would come too late: REPEATABLE READ looks once, and who waited for a row that was not
    changed goes on with the old look. Two usuarios would pass the empresa's hourly limit together, and get the same
    turns. SQLite has one writer, and looks when it may write. Raises OperationalError where another plan of the
    empresa takes longer than the session's `lock_timeout`.
    """
    if connection.vendor != "postgresql":
        yield
        return
    key = PLANS_LOCK + empresa_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key])
    try:
        yield
    finally:
        _unlock("pg_advisory_unlock", key)


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
            _unlock(f"pg_advisory_unlock{kind}", IMPORTS_LOCK)


def _unlock(function: str, key: int) -> None:
    with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:  # a lost session has no locks
        cursor.execute(f"SELECT {function}(%s)", [key])


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
