"""One worker process: arq answers the rings, a thread looks after the rest, SIGTERM ends both in good order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from typing import Any

from arq.connections import RedisSettings
from arq.worker import Worker, func
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import EqualJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, WatchError
from redis.exceptions import TimeoutError as RedisTimeoutError

from sam import VERSION
from sam.dispatch import RING_JOB, RING_QUEUE, deserialize_ring, redis_settings, serialize_ring, settle
from sam.storage import get_storage
from zipworker.build import PackageMaker
from zipworker.care import Care
from zipworker.heart import STALL_SECONDS
from zipworker.package.package import Package
from zipworker.scratch import Scratch
from zipworker.telling import tell_started
from zipworker.workshop import LAST_SECONDS, Workshop

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.05
# Answering a ring is waking a thread; the part's own time is the lease's business.
JOB_SECONDS = 60
# A part is handed back at the latest so long before the grace period ends.
HAND_BACK_SECONDS = 2
CLOSE_SECONDS = 1.0
SPOILED = 75  # sysexits' EX_TEMPFAIL: start me again
FOREVER = -1
EVERY_RETRY = 10**6


async def build_next(ctx: dict[str, Any], number: int) -> None:
    """The job behind a ring: "there is work"; which part, the order in SQL says."""
    ctx["workshop"].wake()


def run_worker(*, package: PackageMaker = Package, stall_seconds: float = STALL_SECONDS) -> int:
    """Work until SIGTERM or SIGINT; what fits in the grace period is finished, the rest handed back.

    Returns the exit status: SPOILED when so many builders stalled that the process asks to be replaced.
    """
    scratch = Scratch()
    scratch.open()
    storage = get_storage()
    workshop = Workshop(
        storage=storage,
        slots=settings.SAM.worker_slots,
        package=package,
        stall_seconds=stall_seconds,
        on_spoiled=lambda: signal.raise_signal(signal.SIGTERM),
    )
    care = Care(workshop, storage=storage, version=VERSION)
    bell = PartWorker(workshop)  # hears SIGTERM from here on
    care.start()
    tell_started(workshop.owner, workshop.slots)
    empty = True
    try:
        bell.run()
    finally:
        empty = workshop.close(patience_seconds=settings.SAM.grace_seconds - HAND_BACK_SECONDS - LAST_SECONDS)
        empty = care.stop() and empty
        settle(CLOSE_SECONDS)
        logger.info("action=worker_stopped worker=%s stalled=%s", workshop.owner, workshop.stalled)
        scratch.remove()
    status = SPOILED if workshop.spoiled else 0
    if not empty or workshop.stalled:
        # A thread that hangs in a call may not be waited for, nor woken while the interpreter is taken apart.
        logging.shutdown()
        os._exit(status)
    return status


class PartWorker(Worker):
    """arq with every limit said; it answers rings and nothing else."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        super().__init__(
            functions=[func(build_next, name=RING_JOB)],
            queue_name=RING_QUEUE,
            redis_settings=_patient(redis_settings()),
            job_serializer=serialize_ring,
            job_deserializer=deserialize_ring,
            max_jobs=workshop.slots,
            max_tries=1,
            keep_result=0,
            poll_delay=POLL_SECONDS,
            job_timeout=JOB_SECONDS,
            allow_abort_jobs=False,
            health_check_key=f"{RING_QUEUE}:health:{workshop.owner}",
            ctx={"workshop": workshop},
        )

    def handle_sig(self, signum: signal.Signals) -> None:
        self._workshop.take_no_more()
        super().handle_sig(signum)

    async def start_jobs(self, job_ids: list[bytes]) -> None:
        """arq's own, one ring at a time: a connection that breaks between WATCH and EXEC must not end the worker."""
        for job_id in job_ids:
            try:
                await super().start_jobs([job_id])
            except WatchError:  # the ring stays in the queue; what arq took for it is given back
                self._release_sem_dec_counter_on_complete()

    async def close(self) -> None:
        """End for as long as Redis answers: its retries have no end, and would keep the process alive.

        Not arq's own: it awaits the jobs that SIGTERM cancelled as if none could be under way, and one such ring
        would make of a good stop a status of 1, which a supervisor takes for a crash.
        """
        with contextlib.suppress(TimeoutError, OSError, RedisError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*self.tasks.values(), return_exceptions=True)
                if self._pool is not None:
                    await self.pool.delete(self.health_check_key)
                    await self.pool.aclose(close_connection_pool=True)
                    self._pool = None


def _patient(found: RedisSettings) -> RedisSettings:
    """Outlive a Redis that is away: without the built-in OSError here a worker exits when Redis restarts."""
    found.conn_retries = EVERY_RETRY
    found.retry_on_error = [OSError, RedisConnectionError, RedisTimeoutError]
    found.retry = Retry(EqualJitterBackoff(cap=1.0, base=0.05), FOREVER)
    return found
