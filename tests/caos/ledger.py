"""What was seen during the storm: every HTTP answer, every download, every outage, every promise that was broken."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

# After an outage connections and pools need so long before an answer has to be good again.
AFTERMATH_SECONDS = 8.0
NO_ANSWER = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one call got; `status` is NO_ANSWER where the connection broke or the time ran out."""

    username: str
    act: str
    method: str
    path: str
    status: int
    began: float
    ended: float
    web: int
    request_id: int | None = None

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """An archive that somebody took: its key in storage and the hash of what came."""

    key: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A worker process that was killed; time is the wall clock's, as the database's on this machine."""

    at: float
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """A worker process that was told to stop at `told` and had ended well at `ended`."""

    told: float
    ended: float
    pid: int


@dataclass(slots=True)
class Outage:
    """`what` is away or frozen from `began` until `ended` (None: still is); times of the wall clock."""

    what: str
    began: float
    ended: float | None = None

    def end(self) -> None:
        self.ended = time.time()

    def touches(self, began: float, ended: float) -> bool:
        over = self.ended is None or began <= self.ended + AFTERMATH_SECONDS
        return self.began <= ended and over


@dataclass
class Ledger:
    """Written by many threads; read when they are done."""

    answers: list[Answer] = field(default_factory=list)
    downloads: list[Downloaded] = field(default_factory=list)
    pairs: list[tuple[str, int, int]] = field(default_factory=list)  # the two answers of a double click
    cancelled: list[tuple[str, int, list[str]]] = field(default_factory=list)  # states in a cancel's answer
    farewells: list[Farewell] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    closes: Counter[str] = field(default_factory=Counter)  # of sockets, by code
    _broken: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def break_promise(self, what: str) -> None:
        with self._lock:
            if what not in self._broken:
                self._broken.append(what)

    @property
    def broken(self) -> list[str]:
        with self._lock:
            return list(self._broken)

    def begin(self, what: str) -> Outage:
        outage = Outage(what, time.time())
        with self._lock:
            self.outages.append(outage)
        return outage

    def was_away(self, concerns: Callable[[str], bool], began: float, ended: float) -> bool:
        """Whether one of what this concerns was away or frozen in that time, or shortly before."""
        return any(concerns(one.what) and one.touches(began, ended) for one in list(self.outages))

    @property
    def accepted(self) -> dict[int, str]:
        """Every request that an answer with 200 or 201 named, and to whom."""
        return {
            one.request_id: one.username
            for one in list(self.answers)
            if one.request_id is not None and one.status in (200, 201)
        }
