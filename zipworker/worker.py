"""One worker process: arq answers the rings, a thread looks after the rest, SIGTERM ends both in good order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from arq.connections import RedisSettings
from arq.worker import Worker, func
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import EqualJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from sam.dispatch import RING_JOB, RING_QUEUE, deserialize_ring, redis_settings, serialize_ring, settle
from sam.storage import get_storage
from zipworker.care import Care
from zipworker.workshop import Workshop

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.05
# Answering a ring is waking a thread; the part's own time is the lease's business.
JOB_SECONDS = 60
# A part is handed back at the latest so long before the grace period ends.
HAND_BACK_SECONDS = 2
CLOSE_SECONDS = 1.0
FOREVER = -1
EVERY_RETRY = 10**6


async def build_next(ctx: dict[str, Any], number: int) -> None:
    """The job behind a ring: "there is work"; which part, the order in SQL says."""
    ctx["workshop"].wake()


def run_worker(*, version: str) -> None:
    """Work until SIGTERM or SIGINT; what fits in the grace period is finished, the rest handed back."""
    storage = get_storage()
    workshop = Workshop(storage=storage, slots=settings.SAM.worker_slots)
    care = Care(workshop, storage=storage, version=version)
    bell = PartWorker(workshop)  # hears SIGTERM from here on
    care.start()
    logger.info("action=worker_started worker=%s slots=%s", workshop.owner, workshop.slots)
    try:
        bell.run()
    finally:
        workshop.close(patience_seconds=settings.SAM.grace_seconds - HAND_BACK_SECONDS)
        care.stop()
        settle(CLOSE_SECONDS)
        logger.info("action=worker_stopped worker=%s", workshop.owner)


class PartWorker(Worker):
    """arq with every limit said; it answers rings and nothing else."""

    def __init__(self, workshop: Workshop) -> None:
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

    async def close(self) -> None:
        """arq's own, for as long as Redis answers: its retries have no end, and would keep the process alive."""
        with contextlib.suppress(TimeoutError, OSError, RedisError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await super().close()


def _patient(found: RedisSettings) -> RedisSettings:
    """Outlive a Redis that is away: without the built-in OSError here a worker exits when Redis restarts."""
    found.conn_retries = EVERY_RETRY
    found.retry_on_error = [OSError, RedisConnectionError, RedisTimeoutError]
    found.retry = Retry(EqualJitterBackoff(cap=1.0, base=0.05), FOREVER)
    return found
