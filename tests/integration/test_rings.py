"""A worker outlives a Redis connection that breaks while it takes a ring, and stops well in the middle of one."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from typing import Any

import pytest
import redis
from arq.connections import create_pool
from pytest_django import Settings
from redis.asyncio.client import Pipeline

from sam.dispatch import RING_JOB, RING_QUEUE, deserialize_ring, redis_settings, serialize_ring
from tests.services.redis_server import RedisServer
from zipworker.worker import PartWorker

RINGS = 3


class Bell:
    """As much of a workshop as its bell needs."""

    slots = 2
    owner = "this:1:test"

    def __init__(self) -> None:
        self.woken = 0
        self.heard_all = asyncio.Event()

    def wake(self) -> None:
        self.woken += 1
        if self.woken == RINGS:
            self.heard_all.set()

    def take_no_more(self) -> None:
        pass


@pytest.mark.parametrize("cuts", [1, 5])
async def test_a_connection_that_breaks_while_a_ring_is_taken_neither_ends_the_worker_nor_makes_it_deaf(
    own_redis: RedisServer, settings: Settings, monkeypatch: pytest.MonkeyPatch, cuts: int
) -> None:
    settings.SAM = replace(settings.SAM, redis_url=own_redis.url)
    left = cuts
    run_command: Any = Pipeline.immediate_execute_command

    async def cut(self: Any, *words: Any, **options: Any) -> Any:
        nonlocal left
        if words[0] == "EXISTS" and "in-progress" in words[1] and left:
            left -= 1
            with redis.Redis.from_url(own_redis.url) as killer:
                killer.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        return await run_command(self, *words, **options)

    monkeypatch.setattr(Pipeline, "immediate_execute_command", cut)
    bell: Any = Bell()
    worker = PartWorker(bell)
    pool = await create_pool(
        redis_settings(),
        job_serializer=serialize_ring,
        job_deserializer=deserialize_ring,
        default_queue_name=RING_QUEUE,
    )
    for number in range(RINGS):
        await pool.enqueue_job(RING_JOB, number)
    running = asyncio.create_task(worker.main())
    hearing = asyncio.create_task(bell.heard_all.wait())
    try:
        ended, _ = await asyncio.wait({running, hearing}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        assert ended == {hearing}
        assert left == 0
    finally:
        running.cancel()
        hearing.cancel()
        await asyncio.gather(running, hearing, return_exceptions=True)
        await worker.pool.aclose()
        await pool.aclose()


async def test_a_worker_that_stops_while_it_answers_a_ring_ends_well(
    own_redis: RedisServer, settings: Settings
) -> None:
    settings.SAM = replace(settings.SAM, redis_url=own_redis.url)
    bell: Any = Bell()
    worker = PartWorker(bell)
    worker._pool = await create_pool(redis_settings())
    answering = asyncio.create_task(asyncio.sleep(60))
    worker.tasks["a ring"] = answering
    await worker.record_health()
    with redis.Redis.from_url(own_redis.url) as found:
        assert found.exists(worker.health_check_key)
        worker.handle_sig(signal.SIGTERM)
        await worker.close()
        assert answering.cancelled()
        assert not found.exists(worker.health_check_key)
