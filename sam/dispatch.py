"""What leaves the process when a transaction has committed: rings for workers, messages for open tabs.

The only module that knows Channels, arq and Redis. Everything here is best effort and returns at once: a ring
or a message that is lost costs seconds (every worker looks for work, the sweep repairs tabs), never correctness.
One thread per process holds the event loop and its connections: opening one for each call costs 1.5 ms, an
open one 0.14 ms, and a Redis that hangs must delay neither a transaction nor an answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import Coroutine
from typing import Any, Final

from arq.connections import ArqRedis, RedisSettings, create_pool
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

from sam.events import Message

logger = logging.getLogger(__name__)

# A new number whenever a job's meaning changes: workers of two versions then never take each other's rings.
RING_QUEUE: Final = "sam:rings:1"
RING_JOB: Final = "build_next"
# A ring means "there is work", so a few waiting rings are as good as one for each part.
RING_WINDOW: Final = 16
CALL_SECONDS: Final = 0.5
WAITING_MESSAGES: Final = 2000


def serialize_ring(ring: dict[str, Any]) -> bytes:
    """arq's serializer: JSON, since a crafted pickle in Redis would run code."""
    return json.dumps(ring).encode()


def deserialize_ring(data: bytes) -> dict[str, Any]:
    ring: dict[str, Any] = json.loads(data)
    return ring


def redis_settings() -> RedisSettings:
    found = RedisSettings.from_dsn(settings.SAM.redis_url)
    found.conn_timeout = 1
    return found


def publish_on_commit(group: str, message: Message) -> None:
    """Send the message to every socket of the group once the transaction has committed."""
    transaction.on_commit(lambda: publish(group, message), robust=True)


def ring_on_commit(times: int = 1) -> None:
    """Tell the workers, once the transaction has committed, that up to so many parts wait."""
    transaction.on_commit(lambda: ring(times), robust=True)


def publish(group: str, message: Message) -> None:
    _line().say(group, message)


def ring(times: int = 1) -> None:
    _line().ring(min(times, RING_WINDOW))


def redis_answers() -> bool:
    """Whether Redis answers within CALL_SECONDS."""
    return _line().redis_answers()


def settle(seconds: float = 2.0) -> bool:
    """Wait until what was published so far has left; False where it did not in time. For shutdown and tests."""
    return _line().settle(seconds)


class _Line:
    """The thread with the event loop; messages leave one after the other, so in the order of their commits."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._messages: asyncio.Queue[tuple[str, Message]] = asyncio.Queue(WAITING_MESSAGES)
        self._arq: ArqRedis | None = None
        self._making = asyncio.Lock()  # two rings at once share one pool
        self._tasks: set[asyncio.Task[None]] = set()
        threading.Thread(target=self._run, name="sam-dispatch", daemon=True).start()

    def say(self, group: str, message: Message) -> None:
        self._loop.call_soon_threadsafe(self._put, group, message)

    def ring(self, times: int) -> None:
        self._loop.call_soon_threadsafe(self._spawn, self._ring(times))

    def settle(self, seconds: float) -> bool:
        waiting = asyncio.run_coroutine_threadsafe(self._settled(), self._loop)
        try:
            waiting.result(seconds)
        except TimeoutError:
            waiting.cancel()
            return False
        return True

    def redis_answers(self) -> bool:
        pinging = asyncio.run_coroutine_threadsafe(self._ping(), self._loop)
        try:
            return pinging.result(CALL_SECONDS)
        except Exception:  # noqa: BLE001  # refused, reset, too slow: all mean no
            pinging.cancel()
            return False

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._spawn(self._send_all())
        self._loop.run_forever()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _put(self, group: str, message: Message) -> None:
        if self._messages.full():
            # The oldest is worth least: whoever missed it gets a snapshot when the next one shows the gap.
            self._messages.get_nowait()
            self._messages.task_done()
        self._messages.put_nowait((group, message))

    async def _send_all(self) -> None:
        lost = 0
        while True:
            group, message = await self._messages.get()
            try:
                layer: Any = get_channel_layer()
                await asyncio.wait_for(layer.group_send(group, message), CALL_SECONDS)
            except Exception as error:  # noqa: BLE001  # Redis is away, whatever that raises; the sweep repairs
                if not lost:
                    logger.warning("action=publish_lost error=%s", type(error).__name__)
                lost += 1
            else:
                if lost:
                    logger.info("action=publish_again lost=%s", lost)
                lost = 0
            finally:
                self._messages.task_done()

    async def _ring(self, times: int) -> None:
        try:
            async with asyncio.timeout(2 * CALL_SECONDS):
                pool = await self._pool()
                room = RING_WINDOW - await pool.zcard(RING_QUEUE)
                for number in range(min(times, room)):
                    await pool.enqueue_job(RING_JOB, number)
        except Exception as error:  # noqa: BLE001  # as above; every worker looks for work
            logger.warning("action=ring_lost error=%s", type(error).__name__)

    async def _ping(self) -> bool:
        pool = await self._pool()
        return bool(await pool.ping())

    async def _pool(self) -> ArqRedis:
        async with self._making:
            if self._arq is None:
                quick = redis_settings()
                quick.conn_retries = 0
                self._arq = await create_pool(
                    quick,
                    job_serializer=serialize_ring,
                    job_deserializer=deserialize_ring,
                    default_queue_name=RING_QUEUE,
                )
            return self._arq

    async def _settled(self) -> None:
        mine = asyncio.current_task()
        await self._messages.join()
        rings = [task for task in self._tasks if task is not mine and task.get_coro().__name__ == "_ring"]  # type: ignore[union-attr]
        await asyncio.gather(*rings)


_lock = threading.Lock()
_made: _Line | None = None


def _line() -> _Line:
    global _made
    with _lock:
        # After a fork the thread is gone and the connections are the parent's.
        if _made is None or _made.pid != os.getpid():
            _made = _Line()
        return _made
