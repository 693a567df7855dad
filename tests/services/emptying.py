"""Empties the database after a test that commits: of its tables, those few that hold rows."""

from __future__ import annotations

from functools import cache
from typing import Final

from django.db import connection, transaction

# What Django derives from the models: no test changes it, and making it anew takes longer than most tests.
KEPT: Final = {"django_content_type", "auth_permission"}


def empty_tables(*_: object) -> None:
    """Delete every row of a test; numbers go on where they were, and what a migration wrote goes too.

    Django's own flush truncates all tables, which costs PostgreSQL a new file for each of them and its indexes.
    """
    with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are checked at its end: any order will do
        cursor.execute(_question())
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@cache
def _question() -> str:
    """Which tables hold rows, asked at once."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quote = connection.ops.quote_name
    found = sorted(set(tables) - KEPT)
    return " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote(table)})" for table in found)
