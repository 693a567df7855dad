"""What sockets ask the database, away from the event loop and from the threads that serve pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final, ParamSpec, Protocol, TypeVar
from weakref import WeakValueDictionary

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from realtime.counting import unanswered
from sam.errors import NotVisible
from sam.events import DigestJSON, SnapshotJSON
from sam.planning.batches import in_batches
from sam.selectors import entrega, panorama, sesiones, tablero
from sam.selectors.panorama import Outlook
from sam.selectors.sesiones import SessionUser
from sam.services.notificaciones import read_notification

THREADS: Final = 4
ANSWER_SECONDS: Final = 5
TURN_SECONDS: Final = 15  # after a long outage every socket asks for its snapshot at once
ASKED_AT_ONCE: Final = 200  # in one query: a small piece answers in time even on a busy database

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Unanswered(Exception):
    """The database did not answer, or not in time."""


class Questions(Protocol):
    """All may raise Unanswered."""

    async def session_user(self, session_key: str | None) -> SessionUser | None: ...
    async def snapshot(self, user_id: int) -> SnapshotJSON: ...
    async def seqs(self, user_ids: Collection[int]) -> Mapping[int, int]: ...
    async def sessions_alive(self, session_keys: Collection[str]) -> set[str]: ...
    async def outlooks(self, user_ids: Collection[int]) -> Mapping[int, Mapping[int, Outlook]]:
        """{usuario: {part that waits: what it can be told}}; a usuario without such parts is not in it."""
        ...

    async def queue(self, user_ids: Collection[int]) -> tuple[set[int], DigestJSON]:
        """Those of the usuarios who may see the queue now, and its digest."""
        ...

    async def read_notification(self, user_id: int, notification_id: int) -> bool:
        """False where the usuario has no such notification."""
        ...

    def close(self) -> None: ...


class DatabaseQuestions:
    """Asks through sam's selectors and services, in a few threads of its own.

    Not in the shared thread of `sync_to_async`: there, one slow query would make every other socket wait.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sockets")
        self._turns = asyncio.Semaphore(THREADS)
        # By usuario: a row of theirs that somebody holds must stop one thread, not all that serve everybody.
        self._writers: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def session_user(self, session_key: str | None) -> SessionUser | None:
        return await self._ask(sesiones.session_user, session_key)

    async def snapshot(self, user_id: int) -> SnapshotJSON:
        return await self._ask(entrega.snapshot, user_id)

    async def seqs(self, user_ids: Collection[int]) -> Mapping[int, int]:
        found: dict[int, int] = {}
        for some in in_batches(user_ids, size=ASKED_AT_ONCE):
            found |= await self._ask(entrega.seqs, some)
        return found

    async def sessions_alive(self, session_keys: Collection[str]) -> set[str]:
        alive: set[str] = set()
        for some in in_batches(session_keys, size=ASKED_AT_ONCE):
            alive |= await self._ask(sesiones.sessions_alive, some)
        return alive

    async def outlooks(self, user_ids: Collection[int]) -> Mapping[int, Mapping[int, Outlook]]:
        return await self._ask(panorama.outlooks_by_requester, tuple(user_ids))

    async def queue(self, user_ids: Collection[int]) -> tuple[set[int], DigestJSON]:
        return await self._ask(tablero.digest_for, tuple(user_ids))

    async def read_notification(self, user_id: int, notification_id: int) -> bool:
        try:
            async with self._one_at_a_time(user_id):
                await self._ask(read_notification, user_id=user_id, notificacion_id=notification_id)
        except NotVisible:
            return False
        return True

    def close(self) -> None:
        """Take no more questions; what is being asked ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(
        self,
        question: Callable[Arguments, Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        ask = database_sync_to_async(question, thread_sensitive=False, executor=self._threads)
        try:
            async with self._turn(), asyncio.timeout(ANSWER_SECONDS):
                answer: Answer = await ask(*args, **kwargs)
        except (DatabaseError, TimeoutError) as error:
            unanswered()
            raise Unanswered(f"{question.__name__}: {type(error).__name__}") from error
        return answer

    @asynccontextmanager
    async def _one_at_a_time(self, user_id: int) -> AsyncIterator[None]:
        lock = self._writers.setdefault(user_id, asyncio.Lock())
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await lock.acquire()
        except TimeoutError as error:
            raise Unanswered("read_notification: others of this usuario wait") from error
        try:
            yield
        finally:
            lock.release()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait here and not in the pool's queue: there, waiting would use up the time to answer."""
        async with asyncio.timeout(TURN_SECONDS):
            await self._turns.acquire()
        try:
            yield
        finally:
            self._turns.release()
