"""The product's words for templates, and the blank request that the browser clones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template

from sam import words
from sam.states import LIVE, RETRYABLE

register = template.Library()

register.filter("part_status", words.part_status)
register.filter("part_icon", words.part_icon)
register.filter("part_detail", words.part_detail)
register.filter("request_status", words.request_status)
register.filter("request_icon", words.request_icon)
register.filter("request_detail", words.request_detail)
register.filter("byte_size", words.byte_size)
register.filter("thousands", words.thousands)
register.filter("moment", words.moment)
register.filter("day", words.day)
register.filter("missing_reason", words.missing_reason)
register.filter("semaforo", words.semaforo)
register.filter("semaforo_icon", words.semaforo_icon)

BLANK_PART: dict[str, Any] = {
    "id": 0,
    "request": 0,
    "number": 0,
    "of": 0,
    "state": "pending",
    "version": 0,
    "attempt": 0,
    "equipos": 0,
    "done": 0,
    "percent": 0,
    "current": None,
    "bytes": None,
    "sha256": None,
    "missing": 0,
    "error": None,
    "position": None,
    "eta": None,
    "reason": None,
    "download": None,
    "downloaded_at": None,
    "extended": False,
    "queued_at": None,
    "started_at": None,
    "finished_at": None,
    "expires_at": None,
}
BLANK_REQUEST: dict[str, Any] = {
    "id": 0,
    "empresa": {"id": 0, "nombre": ""},
    "requester": 0,
    "state": "pending",
    "version": 0,
    "instant": None,
    "created_at": None,
    "parts": [],
}


@register.simple_tag
def blank_request() -> dict[str, Any]:
    return BLANK_REQUEST


@register.simple_tag
def blank_part() -> dict[str, Any]:
    return BLANK_PART


@register.simple_tag
def part_range(request: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    return words.part_range(request["parts"], part)


@register.simple_tag
def in_parts(equipos: int, parts: int) -> str:
    return words.in_parts(equipos, parts)


@register.simple_tag
def counted(number: int, one: str, many: str) -> str:
    return words.counted(number, one, many)


@register.filter
def versions(request: Mapping[str, Any]) -> str:
    """A request's version and its parts', by which the browser sees that a row is no longer true."""
    return ".".join(str(one["version"]) for one in (request, *request["parts"]))


@register.filter
def is_live(entity: Mapping[str, Any]) -> bool:
    """Whether a part or a request still waits or is being built."""
    return entity["state"] in LIVE


@register.filter
def is_retryable(part: Mapping[str, Any]) -> bool:
    return part["state"] in RETRYABLE


@register.filter
def is_extendable(part: Mapping[str, Any]) -> bool:
    return part["state"] == "completed" and not part["extended"]


@register.filter
def missing_total(request: Mapping[str, Any]) -> int:
    return sum(part["missing"] for part in request["parts"])


@register.filter
def retryable_parts(request: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The parts that "Reintentar" of the whole request would build again; none while it lives."""
    if is_live(request):
        return []
    return [part for part in request["parts"] if is_retryable(part)]
