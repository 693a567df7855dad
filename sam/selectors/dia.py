"""What the last 24 hours brought and what failed lately, counted for a page that is made anew each second."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q, QuerySet

from sam.events import ReasonJSON
from sam.models import ZipPart
from sam.models.clock import in_seconds
from sam.states import RETRY_DAYS, PartState
from sam.words import ERRORS, UNKNOWN_ERROR

DAY_SECONDS: Final = 86_400
# Of the time, for counting: a day of tens of thousands of parts is counted less often than one of a hundred.
SHARE: Final = 0.05
# What takes no longer is counted anew each time.
QUICK_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class Day:
    """Parts that ended in the last 24 hours, `done` by empresa; and why parts failed that can still be retried."""

    completed: int
    failed: int
    missing: int
    done: Mapping[int, int]
    reasons: Sequence[ReasonJSON] = ()


def read_day() -> Day:
    ended = ZipPart.objects.filter(finished_at__gt=in_seconds(-DAY_SECONDS)).order_by()
    rows = ended.values_list("request__empresa").annotate(
        completed=Count("pk", filter=Q(state__in=[PartState.COMPLETED, PartState.EXPIRED])),
        failed=Count("pk", filter=Q(state=PartState.FAILED)),
        missing=Count("pk", filter=Q(archive__missing__gt=0)),
        done=Count("pk", filter=Q(archive__isnull=False)),
    )
    found = list(rows)
    completed, failed, missing = (sum(row[column] for row in found) for column in (1, 2, 3))
    return Day(completed, failed, missing, {row[0]: row[4] for row in found if row[4]}, retriable_reasons())


def retriable_parts() -> QuerySet[ZipPart]:
    """Those that failed within the days in which they can be retried."""
    return ZipPart.objects.filter(state=PartState.FAILED, finished_at__gt=in_seconds(-RETRY_DAYS * DAY_SECONDS))


def retriable_reasons() -> list[ReasonJSON]:
    """Why parts failed that can still be retried, and how many for each reason."""
    counts = retriable_parts().values_list("error").annotate(parts=Count("pk")).order_by("error")
    return [{"reason": reason, "words": ERRORS.get(reason, UNKNOWN_ERROR), "n": parts} for reason, parts in counts]


class KeptDay:
    """The last count of this process, for twenty times as long as it took."""

    def __init__(self, read: Callable[[], Day] = read_day, clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._clock = read, clock
        self._day: Day | None = None
        self._until = 0.0

    def get(self) -> Day:
        kept, until, began = self._day, self._until, self._clock()
        if kept is not None and began < until:
            return kept
        self._day = found = self._read()
        ended = self._clock()
        self._until = ended + (ended - began) / SHARE if ended - began > QUICK_SECONDS else ended
        return found

    def forget(self) -> None:
        self._day = None


KEPT: Final = KeptDay()
