"""A socket without a network, and a database that a test writes by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, cast

from asgiref.testing import ApplicationCommunicator
from channels.layers import get_channel_layer

from realtime.questions import Unanswered
from sam.events import DigestJSON, SnapshotJSON, session_group, user_group
from sam.selectors.panorama import Outlook
from sam.selectors.sesiones import SessionUser
from tests.realtime.frames import a_digest, a_part, a_request, a_snapshot

SECONDS = 5.0


class Tab:
    """The socket of one open tab. `channels.testing` would bring twisted into the test process."""

    def __init__(self, application: Any, *, session_key: str = "", **headers: str | None) -> None:
        said = {"host": "testserver", "origin": "http://testserver", "cookie": f"sessionid={session_key}"}
        pairs = {**said, **headers}.items()
        scope = {
            "type": "websocket",
            "path": "/ws/",
            "query_string": b"",
            "subprotocols": [],
            "headers": [(name.encode(), value.encode()) for name, value in pairs if value is not None],
        }
        self.asgi: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]

    async def handshake(self) -> dict[str, Any]:
        await self.asgi.send_input({"type": "websocket.connect"})
        return await self.message()

    async def open(self) -> dict[str, Any]:
        """Connect, and give the first frame."""
        assert (await self.handshake())["type"] == "websocket.accept"
        return await self.frame()

    async def message(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.asgi.receive_output(SECONDS)
        return message

    async def frame(self) -> dict[str, Any]:
        message = await self.message()
        assert message["type"] == "websocket.send", message
        frame: dict[str, Any] = json.loads(message["text"])
        return frame

    async def news(self) -> dict[str, Any]:
        """The next frame that is no beat: where the clock is real, one may come at any time."""
        while (frame := await self.frame())["type"] == "beat":
            pass
        return frame

    async def say(self, frame: Mapping[str, object] | str | bytes) -> None:
        if isinstance(frame, bytes):
            await self.asgi.send_input({"type": "websocket.receive", "bytes": frame})
        else:
            text = frame if isinstance(frame, str) else json.dumps(frame)
            await self.asgi.send_input({"type": "websocket.receive", "text": text})

    async def close_code(self) -> int:
        """Read up to the end; what the server closed with."""
        while (message := await self.message())["type"] == "websocket.send":
            pass
        await self.asgi.wait(SECONDS)
        code: int = message["code"]
        return code

    async def next_but_a_beat(self) -> dict[str, Any]:
        """Proves that nothing was waiting: the answer to a ping comes behind whatever was sent before."""
        await self.say({"type": "ping"})
        return await self.frame()

    async def leave(self) -> None:
        await self.asgi.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.asgi.wait(SECONDS)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def _at_once() -> None:
    pass


class WrittenAnswers:
    """What a database would answer. Session keys are `<usuario>` or `<usuario>-staff`, and what a dot follows."""

    def __init__(self) -> None:
        self.seq: dict[int, int] = {}
        self.ended: set[str] = set()
        self.unread: set[int] = set()
        self.down = False
        self.broken = False
        self.asked: list[str] = []
        self.waiting: dict[int, dict[int, Outlook]] = {}
        self.staff: set[int] = {1}
        self.digest = a_digest("1")
        self.before_answer: Callable[[], Awaitable[None]] = _at_once

    async def session_user(self, session_key: str | None) -> SessionUser | None:
        self._ask("session_user")
        if not session_key or session_key in self.ended:
            return None
        name, _, staff = session_key.split(".")[0].partition("-")
        return SessionUser(user_id=int(name), is_staff=bool(staff), session_group=session_group(session_key))

    async def snapshot(self, user_id: int) -> SnapshotJSON:
        self._ask("snapshot")
        if self.broken:
            raise ZeroDivisionError("a bug")
        snapshot = a_snapshot(self.seq.get(user_id, 0), a_request(1, a_part(user_id)), user=user_id)
        await self.before_answer()
        return snapshot

    async def seqs(self, user_ids: Collection[int]) -> Mapping[int, int]:
        self._ask("seqs")
        return {user_id: self.seq.get(user_id, 0) for user_id in user_ids}

    async def outlooks(self, user_ids: Collection[int]) -> Mapping[int, Mapping[int, Outlook]]:
        return {user_id: parts for user_id, parts in self.waiting.items() if user_id in user_ids}

    async def queue(self, user_ids: Collection[int]) -> tuple[set[int], DigestJSON]:
        self._ask("queue")
        return self.staff & set(user_ids), cast(DigestJSON, {**self.digest})

    async def sessions_alive(self, session_keys: Collection[str]) -> set[str]:
        self._ask("sessions_alive")
        return set(session_keys) - self.ended

    async def read_notification(self, user_id: int, notification_id: int) -> bool:
        self._ask("read_notification")
        return notification_id in self.unread

    def close(self) -> None:
        pass

    def _ask(self, question: str) -> None:
        self.asked.append(question)
        if self.down:
            raise Unanswered(question)


class OneMessageBuffer(asyncio.Queue[dict[str, Any]]):
    """The buffer of a client that reads no further: it holds one message, and `full_up` says who waits."""

    def __init__(self) -> None:
        super().__init__(maxsize=1)
        self.full_up = asyncio.Event()

    async def put(self, item: dict[str, Any]) -> None:
        if self.full():
            self.full_up.set()
        await super().put(item)


def layer() -> Any:
    return get_channel_layer()


async def publish(user_id: int, *frames: Mapping[str, Any]) -> None:
    """What sam.dispatch sends to a usuario's tabs."""
    message = {"type": "sam.frames", "frames": [dict(frame) for frame in frames]}
    await layer().group_send(user_group(user_id), message)


async def tell(group: str, message_type: str) -> None:
    await layer().group_send(group, {"type": message_type})
