"""A socket's ear on the channel layer, which may be away: sockets live on, and hear again later."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

CALL_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 2.0

LayerMessage = Mapping[str, Any]


class Gate:
    """Remembers that the layer is away: then one socket at a time tries it, and the others do not wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._closed_until: float | None = None

    def may_try(self) -> bool:
        """Whether to call the layer now. While it is away this says yes once in two seconds."""
        if self._closed_until is None:
            return True
        if self._clock() < self._closed_until:
            return False
        self._closed_until = self._clock() + RETRY_SECONDS
        return True

    def answered(self) -> None:
        if self._closed_until is not None:
            self._closed_until = None
            logger.info("action=layer_back")

    def failed(self, error: Exception) -> None:
        if self._closed_until is None:
            logger.warning("action=layer_away error=%s", type(error).__name__)
        self._closed_until = self._clock() + RETRY_SECONDS


class Ear:
    """Membership of groups for one socket, from `hear` until that is cancelled."""

    def __init__(self, groups: Iterable[str], *, gate: Gate, deliver: Callable[[LayerMessage], None]) -> None:
        self._groups = set(groups)
        self._gate = gate
        self._deliver = deliver
        self._layer: Any = get_channel_layer()
        self._channel: str | None = None  # None while the layer does not know this socket

    async def hear(self, *, on_start: Callable[[], None]) -> None:
        """Deliver each message of the groups until cancelled.

        `on_start` is called when there is something to catch up with: when membership begins and, while it
        cannot begin, once before.
        """
        joined = await self._join()
        on_start()
        if not joined:
            await self._join_later()
            on_start()
        try:
            while True:
                self._deliver(await self._layer.receive(self._channel))
        finally:
            for group in self._groups:
                await self._call(self._layer.group_discard, group, self._channel)

    async def _join(self) -> bool:
        if not self._gate.may_try() or not await self._call(self._join_all):
            return False
        self._gate.answered()
        return True

    async def _join_later(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            if await self._join():
                return

    async def _join_all(self) -> None:
        channel = await self._layer.new_channel()
        for group in self._groups:
            await self._layer.group_add(group, channel)
        self._channel = channel

    async def _call(self, method: Callable[..., Awaitable[None]], *arguments: object) -> bool:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await method(*arguments)
        except Exception as error:  # noqa: BLE001  # whatever the layer raises when Redis is away
            self._gate.failed(error)
            return False
        return True
