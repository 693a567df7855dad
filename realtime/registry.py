"""The sockets of this process: who may have one more, their shared timer, and the sweep that repairs them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from realtime.counting import socket_ended, socket_opened
from realtime.layer import Gate
from realtime.protocol import MAX_SOCKETS_PER_USUARIO, CloseCode
from realtime.questions import Questions, Unanswered
from realtime.socket import LiveSocket
from sam.events import OutlookFrame, QueueFrame
from sam.selectors.panorama import Outlook, is_news
from sam.selectors.sesiones import SessionUser
from sam.selectors.solicitudes import eta_json

logger = logging.getLogger(__name__)

TICK_SECONDS: Final = 0.5
FORESEE_SECONDS: Final = 1.0
QUEUE_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 10.0


class LiveSockets:
    """All open sockets of one process and one event loop."""

    def __init__(
        self,
        *,
        questions: Questions,
        clock: Callable[[], float] = time.monotonic,
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        self.questions = questions
        self._clock = clock
        self._sweep_seconds = sweep_seconds
        self._gate = Gate(clock)
        self._of_user: defaultdict[int, set[LiveSocket]] = defaultdict(set)
        self._told: Mapping[int, Mapping[int, Outlook]] = {}
        self._timers: list[asyncio.Task[None]] = []

    def __len__(self) -> int:
        return sum(map(len, self._of_user.values()))

    def open(self, *, user: SessionUser, session_key: str) -> LiveSocket | None:
        """A socket for this usuario, counted until `forget`; None when 20 are open already."""
        self._keep_time()
        if len(self._of_user[user.user_id]) >= MAX_SOCKETS_PER_USUARIO:
            return None
        socket = LiveSocket(
            user=user,
            session_key=session_key,
            questions=self.questions,
            gate=self._gate,
            clock=self._clock,
        )
        self._of_user[user.user_id].add(socket)
        socket_opened()
        return socket

    def forget(self, socket: LiveSocket) -> None:
        """The socket has ended, in whatever way."""
        mine = self._of_user[socket.user_id]
        if socket in mine:
            mine.remove(socket)
            socket_ended()
        if not mine:
            del self._of_user[socket.user_id]

    def tick(self) -> None:
        """Beats that are due, and readers that are too slow."""
        now = self._clock()
        for socket in self._all():
            socket.on_tick(now)

    async def sweep(self) -> None:
        """Compare every socket with the database: its session, and the last `seq` it was told.

        May raise Unanswered; the next one makes up for it.
        """
        sockets = {socket: socket.seq for socket in self._all()}
        if not sockets:
            return
        alive = await self.questions.sessions_alive({socket.session_key for socket in sockets})
        seqs = await self.questions.seqs({socket.user_id for socket in sockets})
        for socket, seq_before in sockets.items():
            if socket.session_key in alive:
                socket.on_sweep(db_seq=seqs.get(socket.user_id, 0), seq_before=seq_before)
            else:
                socket.stop(CloseCode.NO_SESSION)

    async def foresee(self) -> None:
        """Tell the usuarios of waiting parts what is new of them: position, and why they wait.

        Asked by each web process for its own usuarios, since these change at every claim, and at the death of the
        last worker with no claim and nobody to publish it. May raise Unanswered.
        """
        if not self._of_user:
            return
        found = await self.questions.outlooks(tuple(self._of_user))
        told: dict[int, Mapping[int, Outlook]] = {}
        for user_id, parts in found.items():
            before = self._told.get(user_id)
            changed = before is None or is_news(before, parts)
            told[user_id] = parts if changed or before is None else before
            wanting = [one for one in self._of_user.get(user_id, ()) if changed or one.wants_outlook]
            if not wanting:
                continue
            frame: OutlookFrame = {
                "type": "outlook",
                "parts": {
                    str(id): {"position": one.position, "eta": eta_json(one), "reason": one.reason}
                    for id, one in parts.items()
                },
            }
            for socket in wanting:
                socket.show([frame])
        self._told = told

    async def show_queue(self) -> None:
        """Give the staff who watch the queue its digest, built once for all of them, when it is another than they have.

        Not published: each process makes its own, so that a page is right though Redis is away. May raise Unanswered.
        """
        watching = [socket for socket in self._all() if socket.watches_queue]
        if not watching:
            return
        allowed, digest = await self.questions.queue({socket.user_id for socket in watching})
        frame: QueueFrame = {"type": "queue", **digest}
        for socket in watching:
            if socket.user_id in allowed:
                socket.on_queue(frame)
            else:
                socket.on_rights(is_staff=False)

    async def close(self) -> None:
        """Stop the timers; the sockets themselves are closed by the server."""
        timers, self._timers = self._timers, []
        for timer in timers:
            timer.cancel()
        await asyncio.gather(*timers, return_exceptions=True)
        self.questions.close()

    def _all(self) -> list[LiveSocket]:
        return [socket for mine in self._of_user.values() for socket in mine]

    def _keep_time(self) -> None:
        # Daphne has no lifespan: the timers start with the first socket.
        if not self._timers:
            works = (
                _repeat(TICK_SECONDS, self._tick),
                _repeat(FORESEE_SECONDS, self._foresee),
                _repeat(QUEUE_SECONDS, self._show_queue),
                _repeat(self._sweep_seconds, self._sweep),
            )
            self._timers = [asyncio.get_running_loop().create_task(work) for work in works]

    async def _tick(self) -> None:
        self.tick()

    async def _foresee(self) -> None:
        try:
            await self.foresee()
        except Unanswered as error:
            logger.warning("action=foresee_lost error=%s", error)

    async def _show_queue(self) -> None:
        try:
            await self.show_queue()
        except Unanswered as error:
            logger.warning("action=queue_lost error=%s", error)

    async def _sweep(self) -> None:
        try:
            await self.sweep()
        except Unanswered as error:
            logger.warning("action=sweep_lost error=%s", error)


async def _repeat(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception:  # one round that failed must not end the repairs of all the others
            logger.exception("action=timer_failed")
