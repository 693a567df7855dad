"""The wire of `/ws/`: each frame as a type, what a client may send, limits and close codes; pure.

FrameError               what a client sent cannot be used
├── FatalFrameError      the socket is closed with 4400 at once
│   ├── BinaryFrame
│   └── FrameTooLarge
└── WrongFrame           answered by an `error` frame with its `code`
    ├── NotJson          not_json
    ├── NotAnObject      not_object
    ├── UnknownType      unknown_type
    ├── UnknownTopic     unknown_topic
    └── BadField         bad_field
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import ClassVar, Final, Literal, NoReturn, TypedDict, cast

from sam.events import ChangeFrame, NotificationsJSON, OutlookFrame, ProgressFrame, QueueFrame, RequestJSON

MAX_CLIENT_BYTES: Final = 64 * 1024
MAX_SERVER_BYTES: Final = 1024 * 1024
BEAT_SECONDS: Final = 20
ERRORS_PER_MINUTE: Final = 5
# Far above what any page does; it bounds what one client can make the database work.
FRAMES_PER_SECOND: Final = 10
FRAMES_AT_ONCE: Final = 60
PROGRESS_PER_SECOND: Final = 4
MAX_PENDING_ENTITIES: Final = 256
MAX_PENDING_SECONDS: Final = 10
MAX_SOCKETS_PER_USUARIO: Final = 20

MAX_ID: Final = 2**63 - 1  # a bigint

ErrorCode = Literal[
    "not_json", "not_object", "unknown_type", "unknown_topic", "bad_field",
    "forbidden", "not_found", "too_fast", "unavailable",
]  # fmt: skip


class CloseCode(IntEnum):
    """Why the server closes a socket. After all but 4400, 4401 and 4429 a client just connects again."""

    INTERNAL_ERROR = 1011
    RESTARTING = 1012
    BAD_FRAMES = 4400
    NO_SESSION = 4401
    TOO_SLOW = 4408
    TOO_MANY_SOCKETS = 4429


# ── from the server ──────────────────────────────────────────────────────────────────────────


class SnapshotFrame(TypedDict):
    type: Literal["snapshot"]
    v: int
    build: str
    user: int
    epoch: str
    seq: int
    requests: list[RequestJSON]
    notifications: NotificationsJSON


class BeatFrame(TypedDict):
    type: Literal["beat"]
    seq: int


class ErrorFrame(TypedDict):
    type: Literal["error"]
    code: ErrorCode


PublishedFrame = ChangeFrame | ProgressFrame | OutlookFrame
ServerFrame = SnapshotFrame | PublishedFrame | QueueFrame | BeatFrame | ErrorFrame

# ── from a client ────────────────────────────────────────────────────────────────────────────

Topic = Literal["queue"]
TOPICS: Final[tuple[Topic, ...]] = ("queue",)


class PingFrame(TypedDict):
    type: Literal["ping"]


class ResyncFrame(TypedDict):
    type: Literal["resync"]


class SubscribeFrame(TypedDict):
    type: Literal["subscribe"]
    topic: Topic


class UnsubscribeFrame(TypedDict):
    type: Literal["unsubscribe"]
    topic: Topic


class ReadFrame(TypedDict):
    type: Literal["read"]
    notification: int


ClientFrame = PingFrame | ResyncFrame | SubscribeFrame | UnsubscribeFrame | ReadFrame

# ── errors ───────────────────────────────────────────────────────────────────────────────────


class FrameError(Exception):
    """A client's frame that cannot be used."""


class FatalFrameError(FrameError):
    """One is enough: no client of ours sends this."""


class BinaryFrame(FatalFrameError):
    pass


class FrameTooLarge(FatalFrameError):
    pass


class WrongFrame(FrameError):
    """A mistake that is answered; too many of them end the socket."""

    code: ClassVar[ErrorCode]


class NotJson(WrongFrame):
    code = "not_json"


class NotAnObject(WrongFrame):
    code = "not_object"


class UnknownType(WrongFrame):
    code = "unknown_type"


class UnknownTopic(WrongFrame):
    code = "unknown_topic"


class BadField(WrongFrame):
    code = "bad_field"


# ── text ↔ frames ────────────────────────────────────────────────────────────────────────────


def decode(text: str | None, data: bytes | None) -> ClientFrame:
    """The frame that a client sent; fields it does not know are ignored. Raises FrameError."""
    if data is not None or text is None:
        raise BinaryFrame
    if len(text) > MAX_CLIENT_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_CLIENT_BYTES:
        raise FrameTooLarge
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # RecursionError: "[[[[…", thousands deep
        raise NotJson from error
    if not isinstance(value, dict):
        raise NotAnObject
    kind = value.get("type")
    read = READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise UnknownType
    return read(value)


def encode(frame: ServerFrame) -> str:
    """Compact JSON, ASCII only: a lone surrogate in somebody's data must not break the socket's UTF-8."""
    return json.dumps(frame, separators=(",", ":"), allow_nan=False)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON (RFC 8259, section 6)")


def _ping(_: Mapping[str, object]) -> PingFrame:
    return {"type": "ping"}


def _resync(_: Mapping[str, object]) -> ResyncFrame:
    return {"type": "resync"}


def _subscribe(value: Mapping[str, object]) -> SubscribeFrame:
    return {"type": "subscribe", "topic": _topic(value)}


def _unsubscribe(value: Mapping[str, object]) -> UnsubscribeFrame:
    return {"type": "unsubscribe", "topic": _topic(value)}


def _read(value: Mapping[str, object]) -> ReadFrame:
    notification = value.get("notification")
    # `True` is an int for Python, and no id.
    if not isinstance(notification, int) or isinstance(notification, bool) or not 0 < notification <= MAX_ID:
        raise BadField
    return {"type": "read", "notification": notification}


READERS: Final[Mapping[str, Callable[[Mapping[str, object]], ClientFrame]]] = {
    "ping": _ping,
    "resync": _resync,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "read": _read,
}


def _topic(value: Mapping[str, object]) -> Topic:
    topic = value.get("topic")
    if not isinstance(topic, str):
        raise BadField
    if topic not in TOPICS:
        raise UnknownTopic
    return cast(Topic, topic)
