"""The database's clock and its transactions: leases compare with no other clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F
from django.db.models.functions import Now

# How long a heartbeat keeps a part. SQLite admits one writer: a long import may hold a heartbeat up for its busy
# timeout, more than once.
LEASE_SECONDS = {"postgresql": 10, "sqlite": 30}
SERIALIZATION_FAILURES = frozenset({"40001", "40P01", "55P03"})


def in_seconds(seconds: float) -> Any:
    """The database's now, so many seconds later; an expression for filter() and update()."""
    return ExpressionWrapper(Now() + timedelta(seconds=seconds), output_field=DateTimeField())


def later(field: str, seconds: float) -> Any:
    """A column's time, so many seconds later."""
    return ExpressionWrapper(F(field) + timedelta(seconds=seconds), output_field=DateTimeField())


def database_now() -> datetime:
    """What the database's clock says; aware."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            now: datetime = cursor.fetchone()[0]
            return now
    from django.utils import timezone

    return timezone.now()  # SQLite is in this process: its clock is ours


@contextmanager
def one_instant() -> Iterator[None]:
    """A transaction whose reads all see the same moment: REPEATABLE READ, or SQLite's one writer."""
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def reading() -> Iterator[None]:
    """Reads that belong together: one instant on PostgreSQL, plain reads on SQLite.

    On SQLite a transaction would take the writer's lock; there, readers read `seq` first, and a row that is
    newer than it comes again in a change and is ignored by its version.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        with one_instant():
            yield
    else:
        yield


def is_serialization_failure(error: Exception) -> bool:
    """Whether the transaction lost a race that it may simply run again (40001, 40P01, 55P03, SQLite's busy)."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None)
    return state in SERIALIZATION_FAILURES or getattr(cause, "sqlite_errorname", "").startswith("SQLITE_BUSY")
