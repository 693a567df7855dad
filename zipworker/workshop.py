"""The places where parts are built: a bounded number of threads, woken by rings and by looking."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection

from sam.services.cuidado import has_work
from sam.services.partes import Claim, SuspectAnswer, claim_part
from sam.storage import Storage
from zipworker.build import PackageMaker, build_part
from zipworker.heart import NOTICE_SECONDS, STALL_SECONDS
from zipworker.package.package import Package

logger = logging.getLogger(__name__)

# After the patience: the builders notice, or their hearts hand back for them (a tick, a notice, a transaction).
LAST_SECONDS = NOTICE_SECONDS + 1.0
# How long a suspect is passed over by workers that build something; the parts behind it are innocent.
SUSPECT_WAITS_SECONDS = 10.0


@dataclass(eq=False, slots=True)
class _Place:
    """One thread that builds; `given_up` when its builder stalled and another place took over."""

    given_up: bool = field(default=False)


class Workshop:
    """`slots` parts at once in this process; `stopping` makes them hand back what they have not finished.

    A place that was woken builds one part after the other until none waits. A ring that finds every place taken is
    remembered, since the last look of a place that is about to rest may have come before what the ring tells of.

    A suspect (a part that was lost with its worker twice) is built while nothing else is, so that it can take no
    other part with it. A builder that stalled keeps its thread, which nobody can end; its place goes to a new
    thread, and when as many threads were lost as there are places, `on_spoiled` is told: the process should be
    replaced.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        slots: int,
        package: PackageMaker = Package,
        stall_seconds: float = STALL_SECONDS,
        on_spoiled: Callable[[], None] = lambda: None,
    ) -> None:
        self.owner = f"{socket.gethostname()[:60]}:{os.getpid()}:{os.urandom(3).hex()}"
        self.slots = slots
        self.stopping = threading.Event()
        self.stalled = 0
        # An operator's wish: finish what is being built and take no more, until it is taken back.
        self.quiet = False
        self._storage = storage
        self._package = package
        self._stall_seconds = stall_seconds
        self._on_spoiled = on_spoiled
        self._state = threading.Condition()
        self._claiming = threading.Lock()
        self._places: set[_Place] = set()
        self._building: dict[_Place, Claim] = {}
        self._rung = False
        self._suspects_since: float | None = None  # met at each claim since then, and passed over
        self._closed_at: float | None = None

    @property
    def spoiled(self) -> bool:
        return self.stalled >= self.slots

    def wake(self) -> None:
        """There may be work: one more place looks for it, if one is free."""
        with self._state:
            if self._closed_at is not None:
                return
            if len(self._places) >= self.slots:
                self._rung = True
                return
            place = _Place()
            self._places.add(place)
        # A daemon: one that hangs must not keep the process from ending.
        threading.Thread(target=self._work, args=(place,), name="build", daemon=True).start()

    def look_for_work(self) -> None:
        """Wake a free place without a ring: one was lost, or Redis is away."""
        if len(self._places) < self.slots and has_work():
            self.wake()

    def take_no_more(self) -> None:
        """From now on nothing new is begun; what is being built goes on."""
        with self._state:
            self._closed_at = self._closed_at or time.monotonic()

    def close(self, *, patience_seconds: float) -> bool:
        """Let what is being built end within the patience (since `take_no_more`), then have it handed back.

        Returns whether every place is empty: one whose builder hangs is not, though its part is no longer ours.
        """
        self.take_no_more()
        closed_at = self._closed_at or 0.0
        with self._state:
            self._state.wait_for(lambda: not self._places, max(0.0, closed_at + patience_seconds - time.monotonic()))
            self.stopping.set()
            return self._state.wait_for(lambda: not self._places, LAST_SECONDS)

    def _work(self, place: _Place) -> None:
        try:
            while self._build_one(place) or self._rung_meanwhile(place):
                pass
        finally:
            connection.close()
            self._leave(place)

    def _build_one(self, place: _Place) -> bool:
        try:
            claim = self._claim(place)
            if claim is None:
                return False
            try:
                build_part(
                    claim,
                    storage=self._storage,
                    stopping=self.stopping,
                    package=self._package,
                    on_stall=lambda: self._give_up(place),
                    stall_seconds=self._stall_seconds,
                )
            finally:
                with self._state:
                    self._building.pop(place, None)
            return not place.given_up
        except Exception:  # a claim that failed (the database is away) must not end the place; it is woken again
            logger.exception("action=build_not_started")
            return False
        finally:
            connection.close()

    def _claim(self, place: _Place) -> Claim | None:
        with self._claiming:
            if self._closed_at is not None or self.quiet:
                return None
            building = list(self._building.values())
            if any(claim.suspect for claim in building):
                return None
            met_since, self._suspects_since = self._suspects_since, None
            claim = claim_part(owner=self.owner, take_suspect=lambda: self._at_a_suspect(met_since, alone=not building))
            if claim is not None:
                with self._state:
                    self._building[place] = claim
            return claim

    def _at_a_suspect(self, met_since: float | None, *, alone: bool) -> SuspectAnswer:
        """A worker that builds something lets it wait a little, and then takes nothing more until it can take it."""
        if alone:
            return "take"
        self._suspects_since = met_since or time.monotonic()
        return "stop" if time.monotonic() - self._suspects_since > SUSPECT_WAITS_SECONDS else "pass"

    def _give_up(self, place: _Place) -> None:
        with self._state:
            place.given_up = True
            self._building.pop(place, None)
            self.stalled += 1
        self._leave(place)
        if self.spoiled:
            self._on_spoiled()
        else:
            self.wake()

    def _leave(self, place: _Place) -> None:
        with self._state:
            self._places.discard(place)
            self._state.notify_all()

    def _rung_meanwhile(self, place: _Place) -> bool:
        with self._state:
            if self._rung and self._closed_at is None and not place.given_up:
                self._rung = False
                return True
            self._places.discard(place)
            return False
