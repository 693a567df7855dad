"""One open socket: reads the client, hears the channel layer, asks the database, and writes what is due."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final

from realtime.counting import frame_sent, repair
from realtime.layer import Ear, Gate, LayerMessage
from realtime.outbox import Outbox
from realtime.protocol import BEAT_SECONDS, CloseCode, ErrorCode, encode
from realtime.questions import Questions, Unanswered
from realtime.session import Session, Step
from sam.events import OutlookFrame, QueueFrame, user_group
from sam.logs import traced
from sam.selectors.sesiones import SessionUser
from sam.static import static_build

logger = logging.getLogger(__name__)

END_SECONDS: Final = 3  # for leaving the groups, before the tasks are left to themselves

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class LiveSocket:
    """The shell around a `Session` and an `Outbox`, which decide; from `run` until `stop`."""

    def __init__(
        self,
        *,
        user: SessionUser,
        session_key: str,
        questions: Questions,
        gate: Gate,
        clock: Callable[[], float],
    ) -> None:
        self.user_id = user.user_id
        self.session_key = session_key
        self._questions = questions
        self._clock = clock
        self._session = Session(is_staff=user.is_staff, now=clock(), build=static_build())
        self._outbox = Outbox()
        groups = (user_group(user.user_id), user.session_group)
        self._ear = Ear(groups, gate=gate, deliver=self._deliver)
        self._due = asyncio.Event()
        self._ending: asyncio.Future[CloseCode | None] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        # Thousands that connect within a second must not all beat within one second ever after.
        self._beat_at = clock() + BEAT_SECONDS * random.random()  # noqa: S311

    @property
    def seq(self) -> int | None:
        """The last `seq` that this socket was told; None before its first snapshot."""
        return self._session.seq

    async def run(self, receive: Receive, send: Send) -> CloseCode | None:
        """Serve until it ends; gives the code to close with, or None when the client has gone."""
        self._start(self._read(receive))
        self._start(self._write(send))
        self._start(self._ear.hear(on_start=self._catch_up))
        try:
            return await self._ending
        finally:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=END_SECONDS)

    def stop(self, code: CloseCode | None) -> None:
        """End it; the first reason counts."""
        if not self._ending.done():
            self._ending.set_result(code)

    def on_tick(self, now: float) -> None:
        """Called about once a second: the beat, and whether the client still reads."""
        if now >= self._beat_at:
            self._beat_at = now + BEAT_SECONDS
            self._do(self._session.beat())
        self._check_reader(now)

    def on_sweep(self, *, db_seq: int, seq_before: int | None) -> None:
        """What the database says, to repair whatever the channel layer lost."""
        step = self._session.on_sweep(db_seq=db_seq, seq_before=seq_before)
        if step.snapshot:
            repair("sweep", missed=step.missed)
        self._do(step)

    @property
    def wants_outlook(self) -> bool:
        """Whether a change since the last outlook told of a part that lives."""
        return self._session.wants_outlook

    @property
    def watches_queue(self) -> bool:
        return self._session.watches_queue

    def on_queue(self, frame: QueueFrame) -> None:
        """The digest, made in this process for all who watch."""
        self._do(self._session.on_queue(frame, now=self._clock()))

    def on_rights(self, *, is_staff: bool) -> None:
        self._do(self._session.on_rights(is_staff=is_staff, now=self._clock()))

    # ── tasks ──

    async def _read(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.stop(None)
                return
            text, data = message.get("text"), message.get("bytes")
            self._do(self._session.on_client(text, data, now=self._clock()))

    async def _write(self, send: Send) -> None:
        while True:
            frame = self._outbox.take(self._clock())
            if frame is None:
                await self._wait_until_due()
                continue
            # Returns when the client's buffer has room again (see realtime/server.py).
            await send({"type": "websocket.send", "text": encode(frame)})
            self._outbox.written()
            frame_sent(frame)

    async def _wait_until_due(self) -> None:
        self._due.clear()
        try:
            async with asyncio.timeout(self._outbox.seconds_to_wait(self._clock())):
                await self._due.wait()
        except TimeoutError:
            pass  # a paced frame is due now

    async def _load(self) -> None:
        try:
            snapshot = await self._questions.snapshot(self.user_id)
        except Unanswered as error:
            logger.warning("action=snapshot_lost usuario=%s error=%s", self.user_id, error)
            self._do(self._session.on_snapshot_failed())
        else:
            step = self._session.on_snapshot(snapshot)
            self._count_gap(step)
            self._do(step)

    async def _recheck(self) -> None:
        try:
            user = await self._questions.session_user(self.session_key)
        except Unanswered as error:
            logger.warning("action=recheck_lost usuario=%s error=%s", self.user_id, error)  # the sweep asks again
            return
        if user is None or user.user_id != self.user_id:
            self.stop(CloseCode.NO_SESSION)
        else:
            self.on_rights(is_staff=user.is_staff)

    async def _mark_read(self, notification_id: int) -> None:
        try:
            if not await self._questions.read_notification(self.user_id, notification_id):
                self._complain("not_found")
        except Unanswered:
            self._complain("unavailable")

    def show(self, frames: list[OutlookFrame]) -> None:
        """Live frames that were made in this process and not published."""
        self._do(self._session.on_frames(frames))

    # ── what the tasks share ──

    def _deliver(self, message: LayerMessage) -> None:
        match message["type"]:
            case "sam.frames":
                step = self._session.on_frames(message["frames"])
                self._count_gap(step)
                self._tell(step, message.get("trace", ""))
                self._do(step)
            case "sam.resync":
                self._catch_up()
            case "sam.session_ended":
                self.stop(CloseCode.NO_SESSION)
            case "sam.recheck":
                self._start(self._recheck())

    def _tell(self, step: Step, trace: str) -> None:
        """One line for what was counted and leaves: the end of the trace that began with somebody's click."""
        seqs = [frame["seq"] for frame in step.send if frame["type"] == "change"]
        if seqs:
            with traced(trace):
                logger.info("action=tell_change usuario=%s seq=%s changes=%s", self.user_id, seqs[-1], len(seqs))

    def _count_gap(self, step: Step) -> None:
        if step.missed:
            repair("gap", missed=step.missed)

    def _catch_up(self) -> None:
        self._do(self._session.need_snapshot())

    def _complain(self, code: ErrorCode) -> None:
        self._do(self._session.complain(code, now=self._clock()))

    def _do(self, step: Step) -> None:
        for frame in step.send:
            self._outbox.put(frame)
        if step.send:
            self._due.set()
            self._check_reader(self._clock())
        if step.snapshot:
            self._start(self._load())
        if step.read is not None:
            self._start(self._mark_read(step.read))
        if step.close is not None:
            self.stop(step.close)

    def _check_reader(self, now: float) -> None:
        if self._outbox.is_too_slow(now):
            self.stop(CloseCode.TOO_SLOW)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) and not self._ending.done():
            self._ending.set_exception(error)
