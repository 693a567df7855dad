"""Carrying out one fault; what has to be undone later is handed back as an action with its delay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import redis

from tests.caos.crew import Crew, Post
from tests.caos.installation import Installation
from tests.caos.ledger import Ledger
from tests.caos.plan import Fault, FaultKind

Undo = Callable[[], None]

DATABASE = "PostgreSQL"
STORAGE = "almacén"
REDIS = "Redis"


@dataclass
class Faults:
    """The hand that does it."""

    installation: Installation
    crew: Crew
    ledger: Ledger

    def begin(self, fault: Fault) -> Undo | None:
        """Do it and count it; gives what ends it, where it lasts."""
        undo = self._begin(fault)
        if undo is None:  # there was nothing to hit: it was still starting, or had ended by itself
            self.ledger.faults["sin efecto"] += 1
            return None
        self.ledger.faults[fault.kind] += 1
        return undo if fault.seconds else None

    def _begin(self, fault: Fault) -> Undo | None:
        kind = fault.kind
        match kind:
            case FaultKind.WORKER_KILL | FaultKind.WORKER_TERM | FaultKind.WORKER_STOP:
                return self._process(kind, self.crew.workers[fault.target])
            case FaultKind.WEB_KILL | FaultKind.WEB_TERM | FaultKind.WEB_STOP:
                return self._process(kind, self.crew.webs[fault.target])
            case FaultKind.POSTGRES_FAST | FaultKind.POSTGRES_IMMEDIATE:
                return self._postgres(kind)
            case FaultKind.STORAGE_FAIL | FaultKind.STORAGE_HANG | FaultKind.STORAGE_REFUSE | FaultKind.STORAGE_LOSE:
                return self._storage(fault)
            case _:
                return self._redis(kind)

    def _process(self, kind: FaultKind, post: Post) -> Undo | None:
        if kind in (FaultKind.WORKER_KILL, FaultKind.WEB_KILL):
            return _nothing if self.crew.kill(post) else None
        if kind in (FaultKind.WORKER_TERM, FaultKind.WEB_TERM):
            return _nothing if self.crew.terminate(post) else None
        return (lambda: self.crew.thaw(post)) if self.crew.freeze(post) else None

    def _postgres(self, kind: FaultKind) -> Undo:
        outage = self.ledger.begin(DATABASE)
        if kind is FaultKind.POSTGRES_FAST:
            self.installation.postgres.stop()
        else:
            self.installation.postgres.crash()
        self.installation.postgres.start()
        outage.end()
        return _nothing

    def _storage(self, fault: Fault) -> Undo:
        outage = self.ledger.begin(STORAGE)
        door = self.installation.door
        match fault.kind:
            case FaultKind.STORAGE_FAIL:
                door.fail(share=fault.share)
            case FaultKind.STORAGE_HANG:
                door.hang()
            case FaultKind.STORAGE_REFUSE:
                door.refuse()
            case _:
                door.lose_answer(to="CompleteMultipartUpload", times=None)

        def behave() -> None:
            door.behave()
            outage.end()

        return behave

    def _redis(self, kind: FaultKind) -> Undo:
        server = self.installation.redis
        outage = self.ledger.begin(REDIS)

        def back() -> None:
            server.resume()
            server.start()
            outage.end()

        match kind:
            case FaultKind.REDIS_AWAY:
                server.stop()
                return back
            case FaultKind.REDIS_FROZEN:
                server.pause()
                return back
            case FaultKind.REDIS_FLUSH:
                server.empty()
            case FaultKind.REDIS_CUT:
                self._cut_pubsub()
            case _:
                server.stop()
        back()
        return _nothing

    def _cut_pubsub(self) -> None:
        with redis.Redis.from_url(self.installation.redis.url, socket_timeout=2) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


def _nothing() -> None:
    pass
