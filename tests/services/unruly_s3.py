"""An S3 that can be told to fail, hang, refuse, cut, forget and lose its answers: a proxy before a real one.

It understands which operation a request is, and passes on what it does not spoil.
Each mood but `lose_answer`, `cut` and `forget`, which add to one another, replaces the one before; `behave` ends all.
"""

from __future__ import annotations

import random
import socket
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.services.children import free_port
from tests.services.s3_exchange import UPSTREAM_SECONDS, Dropped, Exchange, Spoil, error_xml
from tests.services.s3_server import S3Server

IDLE_SECONDS = 300
BACKLOG = 256

Kind = Literal["good", "failing", "hanging", "refusing"]


@dataclass(frozen=True, slots=True)
class _Mood:
    kind: Kind = "good"
    share: float = 1.0
    status: int = 500
    body: bytes = b""
    only: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()

    def concerns(self, operation: str) -> bool:
        return not self.only or operation in self.only


@dataclass(eq=False)
class UnrulyS3:
    """A proxy in threads of this process. Every method may be called from any thread, at any time.

    `counts` says what it did: each operation by its S3 name, and `failed`, `hung`, `refused`, `lost`, `cut`,
    `forgotten`, `dropped` (what hung when the mood changed); `failed CreateMultipartUpload` and so on say to what.
    """

    upstream: S3Server
    seed: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.port = free_port()
        self._chance = random.Random(self.seed)
        self._changed = threading.Condition()
        self._mood = _Mood()
        self._turn = 0  # how many moods there were: what hangs waits for the next
        self._spoils: list[Spoil] = []
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self._stopped = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Accept connections, behaving; once in its life."""
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(BACKLOG)
        self._begin(self._accept, self._listener)

    def stop(self) -> None:
        """End every connection and thread; the port is let go."""
        with self._changed:
            self._stopped = True
            self._turn += 1
            self._close_the_door()
            self._changed.notify_all()
        for thread in list(self._threads):
            thread.join(UPSTREAM_SECONDS)
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    # ── The moods ─────────────────────────────────────────────────────────────────────────

    def behave(self) -> None:
        """Be a good S3 again; what hangs now is dropped without an answer and without having been done."""
        with self._changed:
            self._spoils.clear()
        self._set(_Mood())

    def fail(
        self,
        share: float = 1.0,
        status: int = 500,
        *,
        code: str = "InternalError",
        only: str | tuple[str, ...] = (),
        body: bytes | None = None,
    ) -> None:
        """Answer this share of the requests (those for the operations in `only`) with an error, doing nothing.

        An answer that `lose_answer` still has to lose comes first. `body` is said instead of S3's XML.
        """
        said = error_xml(code) if body is None else body
        self._set(_Mood("failing", share=share, status=status, body=said, only=_names(only)))

    def hang(self, *, only: str | tuple[str, ...] = ()) -> None:
        """Answer nothing and pass nothing on, in what is under way too, until the next mood."""
        self._set(_Mood("hanging", only=_names(only)))

    def refuse(self) -> None:
        """Drop every connection and refuse new ones, as a server that has stopped."""
        self._set(_Mood("refusing"))

    def forget(self, key_part: str) -> None:
        """Answer 404 to who wants to read an object whose key contains this; the bytes stay in the real S3."""
        with self._changed:
            self._mood = replace(self._mood, forgotten=self._mood.forgotten | {key_part})

    def lose_answer(self, to: str = "CompleteMultipartUpload", *, times: int | None = 1) -> None:
        """Do what the next such request asks, and close the connection without the answer (None: all of them)."""
        self._spoil(Spoil(to, times))

    def cut(
        self, to: str = "GetObject", *, after_bytes: int = 1000, times: int | None = 1, stall: bool = False
    ) -> None:
        """Close the connection in the middle of the answer's body, or let it stall there until the next mood."""
        self._spoil(Spoil(to, times, after_bytes, "stall" if stall else "close"))

    # ── What the connections ask ──────────────────────────────────────────────────────────

    def count(self, what: str, operation: str) -> None:
        with self._changed:  # a Condition's lock may be taken again by who holds it
            self.counts[what] += 1
            self.counts[f"{what} {operation}"] += 1

    def note(self, operation: str) -> None:
        with self._changed:
            self.counts[operation] += 1

    def _set(self, mood: _Mood) -> None:
        with self._changed:
            before, self._mood = self._mood, mood
            self._turn += 1
            if mood.kind == "refusing":
                self.counts["refused"] += 1
                self._close_the_door()
            elif before.kind == "refusing" and self._listener is not None:
                self._listener.listen(BACKLOG)
            self._changed.notify_all()

    def _close_the_door(self) -> None:
        if self._listener is not None:
            with suppress(OSError):  # it is closed already
                # Linux: it no longer listens, and the port stays ours.
                self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _spoil(self, spoil: Spoil) -> None:
        with self._changed:
            self._spoils.append(spoil)

    def spoil_for(self, operation: str) -> Spoil | None:
        with self._changed:
            for spoil in self._spoils:
                if spoil.operation == operation:
                    if spoil.times is not None:
                        spoil.times -= 1
                        if not spoil.times:
                            self._spoils.remove(spoil)
                    return spoil
        return None

    def let_through(self, operation: str) -> None:
        """Return while the mood lets this operation's bytes pass; otherwise hang, then raise Dropped."""
        if self._stopped or self._mood.kind == "refusing":
            raise Dropped
        if self._mood.kind == "hanging" and self._mood.concerns(operation):
            self.hang_here(operation)

    def hang_here(self, operation: str) -> None:
        with self._changed:
            turn = self._turn
            self.count("hung", operation)
            self._changed.wait_for(lambda: self._turn != turn)
            self.count("dropped", operation)
        raise Dropped

    def own_answer(self, operation: str, key: str) -> tuple[int, bytes] | None:
        """(HTTP status, body) where the mood has an answer of its own."""
        with self._changed:
            mood = self._mood
            if operation in {"GetObject", "HeadObject"} and any(part in key for part in mood.forgotten):
                self.count("forgotten", operation)
                return 404, error_xml("NoSuchKey")
            if mood.kind == "failing" and mood.concerns(operation) and self._chance.random() < mood.share:
                self.count("failed", operation)
                return mood.status, mood.body
        return None

    # ── Connections ───────────────────────────────────────────────────────────────────────

    def _begin(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, name="unruly-s3", daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopped:
            try:
                connection, _ = listener.accept()
            except OSError:  # it no longer listens: refusing, or the end
                with self._changed:
                    self._changed.wait_for(lambda: self._stopped or self._mood.kind != "refusing")
                continue
            with self._changed:
                self._open.add(connection)
            self._begin(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(IDLE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(OSError, Dropped):
                Exchange(connection, self)
        finally:
            with self._changed:
                self._open.discard(connection)
            connection.close()


def _names(only: str | tuple[str, ...]) -> frozenset[str]:
    return frozenset((only,) if isinstance(only, str) else only)
