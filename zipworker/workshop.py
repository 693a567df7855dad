"""The places where parts are built: a bounded number of threads, woken by rings and by looking."""

from __future__ import annotations

import logging
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from sam.services.cuidado import has_work
from sam.storage import Storage
from zipworker.build import build_next

logger = logging.getLogger(__name__)


class Workshop:
    """`slots` parts at once in this process; `stopping` makes them hand back what they have not finished.

    A place that was woken builds one part after the other until none waits. A ring that finds every place taken is
    remembered, since the last look of a place that is about to rest may have come before what the ring tells of.
    """

    def __init__(self, *, storage: Storage, slots: int) -> None:
        self.owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{os.urandom(3).hex()}"
        self.slots = slots
        self.stopping = threading.Event()
        self._storage = storage
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="build")
        self._lock = threading.Lock()
        self._busy = 0
        self._rung = False
        self._closed = False

    def wake(self) -> None:
        """There may be work: one more place looks for it, if one is free."""
        with self._lock:
            if self._closed:
                return
            if self._busy >= self.slots:
                self._rung = True
                return
            self._busy += 1
            self._threads.submit(self._work)

    def look_for_work(self) -> None:
        """Wake a free place without a ring: one was lost, or Redis is away."""
        if self._busy < self.slots and has_work():
            self.wake()

    def close(self, *, patience_seconds: float) -> None:
        """Take no more; what is being built may end within the patience, then it is handed back. Returns when idle."""
        with self._lock:
            self._closed = True
        impatience = threading.Timer(patience_seconds, self.stopping.set)
        impatience.start()
        self._threads.shutdown(wait=True)
        impatience.cancel()

    def _work(self) -> None:
        while self._build_one() or self._rung_meanwhile():
            pass

    def _build_one(self) -> bool:
        if self._closed:
            return False
        try:
            return build_next(owner=self.owner, storage=self._storage, stopping=self.stopping)
        except Exception:  # a claim that failed (the database is away) must not end the place; it is woken again
            logger.exception("action=build_not_started")
            return False
        finally:
            connection.close()

    def _rung_meanwhile(self) -> bool:
        with self._lock:
            if self._rung and not self._closed:
                self._rung = False
                return True
            self._busy -= 1
            return False
