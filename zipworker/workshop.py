"""The places where parts are built: a bounded number of threads, filled by rings and by looking."""

from __future__ import annotations

import logging
import os
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection

from sam.services.cuidado import has_work, ring_waiting_parts
from sam.storage import Storage
from zipworker.build import build_next

logger = logging.getLogger(__name__)


class Workshop:
    """`slots` parts at once in this process; `stopping` makes them hand back what they have not finished."""

    def __init__(self, *, storage: Storage, slots: int) -> None:
        self.owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{os.urandom(3).hex()}"
        self.slots = slots
        self.stopping = threading.Event()
        self._storage = storage
        self._closed = threading.Event()
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="build")
        self._lock = threading.Lock()
        self._busy = 0

    @property
    def busy(self) -> int:
        return self._busy

    def answer_ring(self) -> Future[None]:
        """Build the next part when a place is free, and ring on for those that still wait."""
        return self._threads.submit(self._build_and_ring)

    def look_for_work(self) -> None:
        """Fill the free places without a ring: one was lost, or Redis is away."""
        if self._busy < self.slots and not self._closed.is_set() and has_work():
            self._threads.submit(self._build_and_ring)

    def take_no_more(self) -> None:
        self._closed.set()

    def wait(self) -> None:
        """Return when every place is empty."""
        self._threads.shutdown(wait=True)

    def _build_and_ring(self) -> None:
        if self._closed.is_set():
            return
        with self._lock:
            self._busy += 1
        try:
            if build_next(owner=self.owner, storage=self._storage, stopping=self.stopping):
                ring_waiting_parts()
        except Exception:  # a claim that failed (the database is away) must not end the thread
            logger.exception("action=build_not_started")
        finally:
            connection.close()
            with self._lock:
                self._busy -= 1
