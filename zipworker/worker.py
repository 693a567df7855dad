"""One worker process: arq answers the rings, a thread looks after the rest, SIGTERM ends both in good order."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

from arq.connections import RedisSettings
from arq.worker import Worker, func
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import EqualJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from sam.dispatch import RING_JOB, RING_QUEUE, deserialize_ring, redis_settings, serialize_ring
from sam.storage import get_storage
from zipworker.care import Care
from zipworker.workshop import Workshop

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.05
# A ring is answered for as long as its part takes; the database's lease, not this, says who lives.
JOB_SECONDS = 24 * 3600
# A part is handed back at the latest so long before the grace period ends.
HAND_BACK_SECONDS = 2
FOREVER = -1
EVERY_RETRY = 10**6


async def build_next(ctx: dict[str, Any], number: int) -> None:
    """The job behind a ring: "there is work"; which part, the order in SQL says."""
    await asyncio.wrap_future(ctx["workshop"].answer_ring())


def run_worker(*, version: str) -> None:
    """Work until SIGTERM or SIGINT."""
    storage = get_storage()
    workshop = Workshop(storage=storage, slots=settings.SAM.worker_slots)
    care = Care(workshop, storage=storage, version=version)
    care.start()
    logger.info("action=worker_started worker=%s slots=%s", workshop.owner, workshop.slots)
    try:
        PartWorker(workshop).run()
    finally:
        workshop.take_no_more()
        workshop.stopping.set()
        workshop.wait()
        care.stop()
        logger.info("action=worker_stopped worker=%s", workshop.owner)


class PartWorker(Worker):
    """arq with every limit said, and a stop that lets a part finish where it fits in the grace period."""

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
            job_completion_wait=settings.SAM.grace_seconds,
            ctx={"workshop": workshop},
        )

    def handle_sig_wait_for_completion(self, signum: Any) -> None:
        self._workshop.take_no_more()
        patience = max(0, settings.SAM.grace_seconds - HAND_BACK_SECONDS)
        hand_back = threading.Timer(patience, self._workshop.stopping.set)
        hand_back.daemon = True  # a worker that has nothing left to do does not wait for it
        hand_back.start()
        super().handle_sig_wait_for_completion(signum)


def _patient(found: RedisSettings) -> RedisSettings:
    """Outlive a Redis that is away: without the built-in OSError here a worker exits when Redis restarts."""
    found.conn_retries = EVERY_RETRY
    found.retry_on_error = [OSError, RedisConnectionError, RedisTimeoutError]
    found.retry = Retry(EqualJitterBackoff(cap=1.0, base=0.05), FOREVER)
    return found
