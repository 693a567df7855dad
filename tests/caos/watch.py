"""A look at the database twice a second during the storm: what must hold at every moment, not only at the end."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

from tests.caos.faults import DATABASE
from tests.caos.ledger import Ledger
from tests.caos.tabs import Tab

LOOK_SECONDS = 0.5
# RELIABILITY's promise 5, and what our own looking may be late on a loaded machine.
BEHIND_SECONDS = 15.0
SLACK_SECONDS = 3.0
SEQS = "SELECT usuario_id, seq FROM sam_stream"
TWO_LIVE = (
    "SELECT empresa_id, requester_id FROM sam_ziprequest WHERE state IN ('pending', 'processing') "
    "GROUP BY 1, 2 HAVING count(*) > 1"
)


@dataclass(slots=True)
class Debt:
    """A `seq` that the database had at `since` (wall clock) and the tab has yet to show, on one connection."""

    seq: int
    since: float
    connection: int


@dataclass
class Watch:
    """One thread beside the storm. `longest` is how far behind an open, undisturbed tab ever was, in seconds."""

    url: str
    tabs: Sequence[Tab]
    ledger: Ledger
    longest: float = 0.0
    _debts: dict[int, Debt] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(psycopg.Error):  # away, which the storm did
                self._look_until_it_breaks()
            self._stop.wait(LOOK_SECONDS)

    def _look_until_it_breaks(self) -> None:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
            while not self._stop.wait(LOOK_SECONDS):
                for empresa, requester in connection.execute(TWO_LIVE.encode()):
                    self.ledger.break_promise(f"usuario {requester} tuvo dos solicitudes vivas de la empresa {empresa}")
                rows: list[tuple[int, int]] = connection.execute(SEQS.encode()).fetchall()
                self.compare(dict(rows), now=time.time())

    def compare(self, seqs: Mapping[int, int], *, now: float) -> None:
        """What each open tab shows beside the `seq` that the database has now."""
        for number, tab in enumerate(self.tabs):
            wanted, debt = seqs.get(tab.browser.user_id, 0), self._debts.get(number)
            shown, connection = tab.seq, tab.connection
            if debt is None or debt.connection != connection or self._is_excused(tab, debt, now):
                debt = None
            elif shown >= debt.seq:
                self.longest = max(self.longest, now - debt.since)
                debt = None
            elif now - debt.since > BEHIND_SECONDS + SLACK_SECONDS:
                username = tab.browser.username
                self.ledger.break_promise(f"una pestaña de {username} abierta y {now - debt.since:.0f} s atrasada")
                debt = None
            if debt is None and connection and shown < wanted:
                debt = Debt(wanted, now, connection)
            if debt is None:
                self._debts.pop(number, None)
            else:
                self._debts[number] = debt

    def _is_excused(self, tab: Tab, debt: Debt, now: float) -> bool:
        """Its web process is gone or frozen, or the database is away: nothing can be told, or has just begun again."""
        return self.ledger.was_away({DATABASE, f"web {tab.web}"}.__contains__, debt.since, now)
