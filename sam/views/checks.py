"""Questions that must not be waited for: each is asked by one thread at a time, with a deadline."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import connection

logger = logging.getLogger(__name__)

REMEMBER_SECONDS = 5.0
ANSWER_SECONDS = 1.0
Answer = TypeVar("Answer")


class Check(Generic[Answer]):
    """One question, asked anew when its answer is older than `remember` seconds, and waited for `patience` seconds.

    One that hangs is not asked again until it comes back, so that it holds one thread and delays nobody twice.
    """

    def __init__(
        self,
        ask: Callable[[], Answer],
        *,
        remember: float = REMEMBER_SECONDS,
        patience: float = ANSWER_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._remember = remember
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._running: Future[Answer | None] | None = None
        self._asked_at = 0.0
        self._broken = ""

    def begin(self) -> Future[Answer | None]:
        """Ask, unless it is being asked or was just now; does not wait."""
        with self._lock:
            if self._running is None or (self._running.done() and self._age() >= self._remember):
                self._asked_at = self._clock()
                self._running = Future()
                threading.Thread(target=self._run, args=(self._running,), daemon=True).start()
            return self._running

    def answer(self, running: Future[Answer | None] | None = None) -> Answer | None:
        """What it said, now or when `begin` gave `running`; None where it broke or has not answered in time."""
        running = running or self.begin()
        try:
            return running.result(max(0.0, self._patience - self._age()))
        except TimeoutError:
            return None

    def _age(self) -> float:
        return self._clock() - self._asked_at

    def _run(self, running: Future[Answer | None]) -> None:
        try:
            running.set_result(self._ask())
            self._broken = ""
        except Exception as error:  # noqa: BLE001  # what breaks has not answered, whatever it raised
            running.set_result(None)
            self._tell(type(error).__name__)
        finally:
            connection.close()

    def _tell(self, error: str) -> None:
        """Once for each time that it breaks: it is asked every few seconds."""
        if error != self._broken:
            self._broken = error
            logger.warning("action=check_failed check=%s error=%s", self._ask.__name__, error)
