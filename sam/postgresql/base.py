"""Django's backend, but of its pool the first connection that is found dead takes the idle ones with it.

After a restart of the server all are dead. psycopg's pool finds them one by one, with a pause between two that
doubles (0, 1, 2 s): after a restart that took a tenth of a second the first page waited three seconds, and then
was told that the database is away.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    # What the stubs leave out of Django's own.
    _connection_pools: dict[str, ConnectionPool[Any]]
    _configure_connection: Any

    @property
    def pool(self) -> Any:
        options = self.settings_dict["OPTIONS"].get("pool")
        if options and self.settings_dict["NAME"] and self.alias not in self._connection_pools:
            # As Django does it: setdefault decides between two threads, and neither pool is open yet.
            self._connection_pools.setdefault(self.alias, self._make_pool(options))
        return super().pool  # type: ignore[misc]  # left out too

    def _make_pool(self, options: dict[str, Any]) -> ConnectionPool[Any]:
        def check(connection: Connection[Any]) -> None:
            try:
                ConnectionPool.check_connection(connection)
            except Exception:
                pool.drain()
                raise

        pool: ConnectionPool[Any] = ConnectionPool(
            kwargs={**self.get_connection_params(), "autocommit": True},
            open=False,
            configure=self._configure_connection,
            check=check,
            **options,
        )
        return pool
