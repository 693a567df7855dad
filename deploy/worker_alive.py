"""Whether the worker of this container is alive: the beat that it writes into the database is fresh."""

from __future__ import annotations

import os
import socket
import sys

import psycopg

FRESH_SECONDS = 30
QUERY = "SELECT 1 FROM sam_workerbeat WHERE host = %s AND seen_at > now() - make_interval(secs => %s) LIMIT 1"


def main() -> int:
    """Exit status of the check: 0 alive, 1 not."""
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=3) as connection:
            found = connection.execute(QUERY, [socket.gethostname(), FRESH_SECONDS]).fetchone()
    except psycopg.OperationalError:
        return 0  # the database is away: restarting the worker would not bring it back
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
