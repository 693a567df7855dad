"""The log of moves, added up by the database into equal buckets of time: few rows come back, however long the log is.

A wait matters to a chart only where it spans the end of a bucket, so those that surely span none are left out, and the
others are counted by the buckets of both their ends. Durations are counted on a ladder of logarithmic rungs: exact
percentiles would sort all of a week twice, by bucket and as a whole, where rungs add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection
from django.db.models import BigIntegerField, Case, Count, F, Func, Min, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from sam.models import Transition, ZipPart, ZipRequest
from sam.models.clock import reading
from sam.planning.historia import Finished, Waits
from sam.states import Move, PartState

# Up to FINEST_MS << n, a duration is told by the middle of a rung of 1 << n ms: at most 1.6 % away.
FINEST_MS: Final = 64
DOUBLINGS: Final = 24  # six days; what took longer is told as that
UNKNOWN: Final = FINEST_MS << DOUBLINGS  # the rung of what nobody timed


class _Milliseconds(Func):
    """Of a time, since 1970, to the nearest. Django's own functions of time are Python that SQLite calls."""

    arity = 1
    output_field = BigIntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "(date_part('epoch', %(expressions)s) * 1000)::bigint"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "CAST((julianday(%(expressions)s) - 2440587.5) * 86400000 + 0.5 AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **extra)


def _rungs() -> str:
    rungs = [(FINEST_MS << doubling, 1 << doubling) for doubling in range(DOUBLINGS)]
    ms, (longest, _) = "%(expressions)s", rungs[-1]
    whens = (f"WHEN {ms} < {below} THEN {ms} / {width} * {width} + {width // 2}" for below, width in rungs)
    return f"CASE {' '.join(whens)} WHEN {ms} >= {longest} THEN {longest} ELSE {UNKNOWN} END"


class _Rung(Func):
    """Of a duration in milliseconds. As text: Django takes longer over so many expressions than the database."""

    arity = 1
    template = _rungs()
    output_field = BigIntegerField()


@dataclass(frozen=True, slots=True)
class Buckets:
    """So many of `step` seconds, the first of which begins at `begin` (whole seconds since 1970)."""

    begin: int
    step: int
    buckets: int

    def waits(self) -> Iterator[Waits]:
        """Of the parts that wait, or waited since the beginning, when a bucket ended; all as of one moment."""
        # One statement sees one moment on both databases, where two would lose a part that is claimed between them.
        rows = self._spanning().union(self._still(), all=True)
        for entered, left, since, parts in rows:
            yield Waits(entered=entered, left=left, since=since / 1000, parts=parts)

    def finished(self) -> Iterator[Finished]:
        """How many parts in which bucket took how long, to 1.6 %."""
        # One number: SQLite sorts what it groups, and takes 0.25 s for a week's instead of 0.4 s for two.
        cell = self._bucket_since_begin(_Milliseconds("at")) * (UNKNOWN + 1) + _Rung("ms")
        counted = self._moves(move=Move.FINISH).annotate(cell=cell).values_list("cell").order_by()
        for number, parts in counted.annotate(parts=Count("*")):
            bucket, ms = divmod(number, UNKNOWN + 1)
            yield Finished(bucket=bucket, seconds=None if ms == UNKNOWN else ms / 1000, parts=parts)

    def failures(self) -> dict[str, int]:
        """How many attempts failed, by reason."""
        counted = self._moves(after=PartState.FAILED).values_list("reason").order_by().annotate(parts=Count("*"))
        return dict(counted)

    def _spanning(self) -> Any:
        """The waits that ended in a later bucket than they may have begun in."""
        at = _Milliseconds("at")
        into_bucket = (at - Value(self.begin * 1000)) % Value(self.step * 1000)
        # A claim wrote how old the wait was. Of a cancel, and of claims from before they did, it has to be looked up.
        since = Coalesce(at - F("ms"), _last(_retries()), _created(), output_field=BigIntegerField())
        return self._sums(
            self._moves(before=PartState.PENDING).filter(Q(ms__isnull=True) | Q(ms__gt=into_bucket)),
            since=since,
            returned=_returned(OuterRef("part")),
            left=self._bucket_since_begin(at),
        )

    def _still(self) -> Any:
        return self._sums(
            ZipPart.objects.filter(state=PartState.PENDING),
            since=_Milliseconds("queued_at"),
            returned=_returned(OuterRef("pk")),
            left=Value(self.buckets, output_field=BigIntegerField()),
        )

    def _sums(self, rows: Any, *, since: Any, returned: Any, left: Any) -> Any:
        # A return that the log has forgotten was long before the first bucket, as was what its wait counts from.
        entered = self._bucket(Coalesce(returned, since, output_field=BigIntegerField()))
        found = rows.annotate(entered=entered, left=left).values_list("entered", "left").order_by()
        return found.annotate(since=Min(since), parts=Count("*"))

    def _moves(self, **which: Any) -> QuerySet[Transition]:
        return Transition.objects.filter(at__gte=datetime.fromtimestamp(self.begin, UTC), **which)

    def _bucket(self, ms: Any) -> Any:
        """The number of the bucket, -1 for all that was before the first."""
        earliest = Value((self.begin - self.step) * 1000)
        return self._bucket_since_begin(Greatest(ms, earliest, output_field=BigIntegerField()))

    def _bucket_since_begin(self, ms: Any) -> Any:
        return (ms - Value(self.begin * 1000)) / Value(self.step * 1000)


@contextmanager
def one_look() -> Iterator[None]:
    """Sums that belong together are read within it."""
    with reading():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Look-ups that few rows need are dear to the planner: to compile them took 1 s, to run them 0.3 s.
                cursor.execute("SET LOCAL jit = off")
        yield


def _returned(part: Any) -> Case:
    """When the attempt before came back to the queue."""
    return _last(Transition.objects.filter(part=part, attempt=OuterRef("attempt") - 1, after=PartState.PENDING))


def _retries() -> QuerySet[Transition]:
    return Transition.objects.filter(part=OuterRef("part"), attempt__lt=OuterRef("attempt"), move=Move.RETRY)


def _last(moves: QuerySet[Transition]) -> Case:
    """When the last of them was; not looked up for a first attempt, which has none before it."""
    return Case(When(attempt__gt=1, then=Subquery(moves.order_by("-id").values(ms_at=_Milliseconds("at"))[:1])))


def _created() -> Subquery:
    return Subquery(ZipRequest.objects.filter(pk=OuterRef("request")).values(ms_at=_Milliseconds("created_at")))
