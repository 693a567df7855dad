"""How often things happened, ever: what was folded into the tally, and what was written since.

A counter must not go down when old rows are forgotten, and a scrape must not read the log of 90 days. So the rows
that are surely committed are added up once an hour (`sam.services.cuentas`), and only later ones are counted here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from django.db.models import Count, Q, Sum

from sam.models import Archive, Tally, Transition
from sam.states import FailureReason, Move

# In seconds. Sums of the past are kept for each of these: a new one would begin at 0.
BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
TIMED: Final = {Move.CLAIM: "wait", Move.FINISH: "run"}
REASONS: Final = frozenset({*FailureReason, "", "stopping", "operator", "requester"})
OTHER: Final = "other"
LE: Final = {f"le_{index}": str(bound) for index, bound in enumerate(BUCKETS)}  # column → label

# (name, labels); the labels of one name are always as many.
Key = tuple[str, tuple[str, ...]]
Counts = Mapping[Key, float]


def all_counts() -> Counts:
    """Everything, ever. What is folded meanwhile changes nothing: the tally is read in one piece, and rows stay."""
    tally = {(name, labels): value for name, labels, value in Tally.objects.values_list("name", "labels", "value")}
    folded = tally.pop((Tally.FOLDED, ""), 0.0)
    found = defaultdict(float, counts_between(moment(folded), None))
    for (name, labels), value in tally.items():
        found[name, tuple(labels.split(","))] += value
    return found


def counts_between(begin: datetime, end: datetime | None) -> Counts:
    """What was written since `begin`, and before `end`."""
    found: defaultdict[Key, float] = defaultdict(float)
    moves = Transition.objects.filter(*_within("at", begin, end)).values("move", "after", "reason").order_by()
    bounds = {name: Count("pk", filter=Q(ms__lte=round(float(bound) * 1000))) for name, bound in LE.items()}
    for row in moves.annotate(moves=Count("pk"), timed=Count("ms"), all_ms=Sum("ms"), **bounds):
        move = Move(row["move"])
        found["moves", (move, row["after"], _reason(move, row["reason"]))] += row["moves"]
        if name := TIMED.get(move):
            found[f"{name}_ms", ("",)] += row["all_ms"] or 0
            found[f"{name}_count", ("",)] += row["timed"]
            for column, bound in LE.items():
                found[f"{name}_le", (bound,)] += row[column]
    return found | _archives_between(begin, end)


def _archives_between(begin: datetime, end: datetime | None) -> dict[Key, float]:
    row = Archive.objects.filter(*_within("created_at", begin, end)).aggregate(
        whole=Count("pk", filter=Q(missing=0)),
        incomplete=Count("pk", filter=Q(missing__gt=0)),
        all_bytes=Sum("bytes"),
        all_missing=Sum("missing"),
    )
    return {
        ("archives", ("whole",)): row["whole"],
        ("archives", ("incomplete",)): row["incomplete"],
        ("archive_bytes", ("",)): row["all_bytes"] or 0,
        ("missing", ("",)): row["all_missing"] or 0,
    }


def moment(seconds: float) -> datetime:
    """Seconds since 1970, aware."""
    return datetime.fromtimestamp(seconds, UTC)


def _within(field: str, begin: datetime, end: datetime | None) -> list[Q]:
    return [Q(**{f"{field}__gte": begin})] + ([Q(**{f"{field}__lt": end})] if end else [])


def _reason(move: Move, reason: str) -> str:
    if move == Move.CANCEL and not reason:
        return "requester"
    return reason if reason in REASONS else OTHER
