"""The life of a part and of a request: the states, the only moves there are, and what a request's state follows from.

pending ──claim──▶ processing ──finish──▶ completed ──expire──▶ expired
   ▲  ▲  └─cancel─▶ cancelled ◀─cancel─┤                           │
   │  └──hand back, lost worker────────┤                           │
   │                                   └─fail──▶ failed            │
   └──────────retry───(failed, cancelled, expired)─────────────────┘
"""

from __future__ import annotations

import enum
from collections.abc import Collection

from sam.errors import IllegalMove


class PartState(enum.StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class RequestState(enum.StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Move(enum.StrEnum):
    """The verbs that move a part."""

    CLAIM = "claim"
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"
    HAND_BACK = "hand_back"
    REAP = "reap"
    RETRY = "retry"
    EXPIRE = "expire"


class FailureReason(enum.StrEnum):
    """Why a part is `failed`, for people: a closed list; the traceback is in the log."""

    WORKER_LOST = "worker_lost"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    PLAN_UNREADABLE = "plan_unreadable"
    BUILD_ERROR = "build_error"


RETRY_DAYS = 7  # after the end of its request a part can be retried

LIVE: frozenset[PartState] = frozenset({PartState.PENDING, PartState.PROCESSING})
LIVE_REQUEST: frozenset[RequestState] = frozenset({RequestState.PENDING, RequestState.PROCESSING})
RETRYABLE: frozenset[PartState] = frozenset({PartState.FAILED, PartState.CANCELLED, PartState.EXPIRED})

MOVES: dict[Move, tuple[frozenset[PartState], frozenset[PartState]]] = {
    Move.CLAIM: (frozenset({PartState.PENDING}), frozenset({PartState.PROCESSING})),
    Move.FINISH: (frozenset({PartState.PROCESSING}), frozenset({PartState.COMPLETED})),
    Move.FAIL: (frozenset({PartState.PROCESSING}), frozenset({PartState.FAILED})),
    Move.CANCEL: (LIVE, frozenset({PartState.CANCELLED})),
    Move.HAND_BACK: (frozenset({PartState.PROCESSING}), frozenset({PartState.PENDING})),
    Move.REAP: (frozenset({PartState.PROCESSING}), frozenset({PartState.PENDING, PartState.FAILED})),
    Move.RETRY: (RETRYABLE, frozenset({PartState.PENDING})),
    Move.EXPIRE: (frozenset({PartState.COMPLETED}), frozenset({PartState.EXPIRED})),
}


def check_move(move: Move, before: PartState, after: PartState) -> None:
    """Raise IllegalMove unless the table has this move."""
    sources, targets = MOVES[move]
    if before not in sources or after not in targets:
        raise IllegalMove(f"{move}: {before} → {after}")


def request_state(parts: Collection[PartState]) -> RequestState:
    """A request's state from its parts' (at least one): live first, then the worst of what ended.

    It is `pending` while every part is, so before any has started.
    """
    if any(state in LIVE for state in parts):
        waiting = all(state == PartState.PENDING for state in parts)
        return RequestState.PENDING if waiting else RequestState.PROCESSING
    if PartState.FAILED in parts:
        return RequestState.FAILED
    if PartState.CANCELLED in parts:
        return RequestState.CANCELLED
    if all(state == PartState.EXPIRED for state in parts):
        return RequestState.EXPIRED
    return RequestState.COMPLETED
