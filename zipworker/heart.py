"""The heartbeat of one claim, in a thread of its own: it renews the lease, shows progress, and sees a cancel.

A busy event loop or a builder that holds the interpreter must not miss a beat, and a builder must not wait for
the database: it leaves its figures here and asks `check()` between two chunks.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from django.db import DatabaseError, InterfaceError, connection

from sam.errors import LeaseLost, Stopped
from sam.logs import Lines, noted, traced
from sam.services.partes import Claim, beat, check_lease, hand_back, lease_seconds, show_progress
from sam.services.registros import keep_lines
from zipworker.telling import tell_equipo

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.25  # and so at most four progress messages a second
CHECK_SECONDS = 0.5
BEAT_SECONDS = 2.5
# How long a builder that hangs in a call may take to notice that this process stops; then its heart hands back.
NOTICE_SECONDS = 0.5
# No single wait of a builder is so long: a call to storage is given up in less than a minute (sam/storage/s3.py).
STALL_SECONDS = 180.0


class Heart:
    """A context manager around a build; `stopping` is set when this process has to hand its parts back.

    A builder that gives no sign of life (a chunk, an equipo) for `stall_seconds` is taken for lost: the heart stops,
    `on_stall` is called from its thread, and the lease runs out as if the process had died.
    """

    def __init__(
        self,
        claim: Claim,
        *,
        stopping: threading.Event,
        on_stall: Callable[[], None],
        stall_seconds: float = STALL_SECONDS,
        lines: Lines,
    ) -> None:
        self._claim = claim
        self._lines = lines
        self._kept = 0  # how many of the lines a beat has stored
        self._stopping = stopping
        self._on_stall = on_stall
        self._stall_seconds = stall_seconds
        self._lost = threading.Event()
        self._ended = threading.Event()
        # Beaten: when the database last said that the part is ours. Seen: when the builder last did something.
        self._beaten = self._seen = time.monotonic()
        self._progress = (0, "")
        self._shown = (0, "")
        self._thread = threading.Thread(target=self._run, name=f"heart-{claim.part_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def report(self, done: int, current: str) -> None:
        """Note how many equipos have passed, and the code of the last; costs nothing."""
        self._seen = time.monotonic()
        # A large documento that was dropped restarts the stream within the attempt: `done` never goes back in one.
        if done >= self._progress[0]:
            self._progress = (done, current)

    def check(self) -> None:
        """Raise LeaseLost when the part is no longer ours, Stopped when this process has to stop.

        Also when a whole lease has passed since the last beat, whatever the heart is doing: it may itself hang in a
        database that does not answer, or this process may have been stopped and continued.
        """
        now = time.monotonic()
        self._seen = now
        if self._lost.is_set() or now - self._beaten > lease_seconds():
            raise LeaseLost
        if self._stopping.is_set():
            raise Stopped

    def _run(self) -> None:
        with traced(self._claim.trace), noted(self._lines):
            try:
                self._beat_until_ended()
            finally:
                connection.close()

    def _beat_until_ended(self) -> None:
        checked = self._beaten
        while not self._ended.wait(TICK_SECONDS):
            self._show()
            try:
                if self._stopping.is_set() and not self._ended.wait(NOTICE_SECONDS):
                    return self._hand_back()
                now = time.monotonic()
                if now - self._seen > self._stall_seconds:
                    return self._give_up()
                if now - self._beaten >= BEAT_SECONDS:
                    done, current = self._progress
                    beat(self._claim, done=done, current=current)
                    # The lease is counted from before the question: the answer may have taken long.
                    self._beaten = now
                    checked = time.monotonic()
                    self._keep_lines()
                elif now - checked >= CHECK_SECONDS:
                    check_lease(self._claim)
                    checked = time.monotonic()
            except LeaseLost:
                return self._lost.set()
            except (DatabaseError, InterfaceError) as error:
                connection.close()
                logger.warning("action=beat_failed part=%s error=%s", self._claim.part_id, type(error).__name__)
                if time.monotonic() - self._beaten > lease_seconds():
                    return self._lost.set()

    def _keep_lines(self) -> None:
        """With the beat, since a process that is killed stores nothing at its end."""
        if self._lines.seen > self._kept:
            self._kept = self._lines.seen
            keep_lines(self._claim, self._lines.text())

    def _hand_back(self) -> None:
        """The builder hangs in a call and the process is about to end: nobody should wait for the lease."""
        self._lost.set()
        hand_back(self._claim, why="stopping")
        logger.warning("action=hand_back_for_builder part=%s attempt=%s", self._claim.part_id, self._claim.attempt)

    def _give_up(self) -> None:
        logger.error("action=builder_stalled part=%s attempt=%s", self._claim.part_id, self._claim.attempt)
        self._lost.set()
        self._on_stall()

    def _show(self) -> None:
        progress = self._progress
        if progress != self._shown:
            self._shown = progress
            done, current = progress
            tell_equipo(self._claim, done, current)
            show_progress(self._claim, done=done, current=current)
