"""The words and figures of the queue's pages, and the blank rows that the browser clones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template

from sam import words

register = template.Library()

register.filter("queue_state", words.queue_state)
register.filter("queue_reason", words.queue_reason)
register.filter("lapse", words.lapse)
register.filter("expected", words.expected)

MOVES = {
    "claim": "La tomó un proceso",
    "finish": "Quedó lista",
    "fail": "Falló",
    "cancel": "Se canceló",
    "hand_back": "Volvió a la cola",
    "reap": "Se rescató de un proceso perdido",
    "retry": "Se pidió de nuevo",
    "expire": "Venció",
}

# Why a part moved, where it is not one of ERRORS.
WHYS = {
    "operator": "lo pidió un operador",
    "stopping": "el proceso se detenía",
}

WINDOWS = {"15min": "15 minutos", "24h": "24 horas", "7d": "7 días"}
# As long as the words fit: a window of hours is told by the clock, one of days with its date.
SHORT_STEP_SECONDS = 3600

BLANK_ROW: dict[str, Any] = {
    "id": 0,
    "request": 0,
    "empresa": 0,
    "nombre": "",
    "requester": "",
    "number": 0,
    "of": 0,
    "state": "pending",
    "attempt": 0,
    "crashes": 0,
    "priority": 0,
    "position": None,
    "eta": None,
    "reason": None,
    "done": 0,
    "equipos": 0,
    "worker": "",
    "queued_at": None,
    "started_at": None,
}
BLANK_LANE: dict[str, Any] = {
    "empresa": 0,
    "nombre": "",
    "waiting": 0,
    "building": 0,
    "done": 0,
    "oldest": None,
    "paused": False,
    "limit": None,
}
BLANK_WORKER: dict[str, Any] = {
    "name": "",
    "host": "",
    "version": "",
    "slots": 0,
    "building": [],
    "started_at": None,
    "seen_at": None,
    "age": 0,
    "memory": 0,
    "quiet": False,
    "lost": False,
}
BLANK_ORDER: dict[str, Any] = {"id": 0, "at": None, "usuario": "", "what": "", "changed": 0, "why": ""}
BLANK_REASON: dict[str, Any] = {"reason": "", "words": "", "n": 0}
BLANKS = {
    "row": BLANK_ROW,
    "lane": BLANK_LANE,
    "worker": BLANK_WORKER,
    "order": BLANK_ORDER,
    "reason": BLANK_REASON,
}


@register.simple_tag
def blank(kind: str) -> dict[str, Any]:
    """The row, lane, worker, order or reason of which the browser makes others."""
    return BLANKS[kind]


@register.simple_tag
def since(iso: str | None, at: str) -> str:
    """How long ago an instant was at another."""
    if not iso:
        return ""
    return words.lapse((datetime.fromisoformat(iso) - datetime.fromisoformat(at)).total_seconds() * -1)


@register.simple_tag
def built_by(rows: Iterable[Mapping[str, Any]], worker: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows of the parts that a worker builds now."""
    mine = set(worker["building"])
    return [row for row in rows if row["id"] in mine]


@register.filter
def windows(charts: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Each window of the charts: its name, its words, its chart."""
    return [(name, WINDOWS.get(name, name), chart) for name, chart in charts.items()]


@register.filter
def buckets(chart: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A chart as the rows of its table, the newest first."""
    series = zip(chart["depth"], chart["oldest"], chart["per_minute"], chart["p50"], chart["p95"], strict=True)
    end, step = datetime.fromisoformat(chart["end"]), timedelta(seconds=chart["step"])
    found = [
        {"depth": depth, "oldest": oldest, "per_minute": per_minute, "p50": p50, "p95": p95}
        for depth, oldest, per_minute, p50, p95 in series
    ]
    for before_end, bucket in enumerate(reversed(found)):
        until = (end - step * before_end).astimezone(words.ZONE)
        bucket["until"] = f"{until:%H:%M:%S}" if chart["step"] < SHORT_STEP_SECONDS else words.moment(until.isoformat())
    return found[::-1]


@register.filter
def decimal(value: float | None) -> str:
    """One digit behind a comma; a dash for what is not known."""
    return "—" if value is None else f"{value:.1f}".replace(".", ",")


@register.filter
def failures(chart: Mapping[str, Any]) -> Sequence[tuple[str, int]]:
    """Why parts failed in the window, in words, the commonest first."""
    counts = sorted(chart["failures"].items(), key=lambda item: (-item[1], item[0]))
    return [(words.ERRORS.get(reason, words.UNKNOWN_ERROR), number) for reason, number in counts]


@register.filter
def move_words(name: str) -> str:
    return MOVES.get(name, name)


@register.filter
def actor_words(actor: str) -> str:
    """Who moved a part: "worker:w-1" as "proceso w-1", people and the rest by their name."""
    kind, _, name = actor.partition(":")
    return f"proceso {name}" if kind == "worker" and name else actor


@register.filter
def why_words(reason: str) -> str:
    return words.ERRORS.get(reason) or WHYS.get(reason, reason)
