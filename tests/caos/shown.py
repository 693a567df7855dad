"""What a tab shows beside what a reload would show, live fields left out; the first difference in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LIVE_FIELDS = frozenset({"done", "percent", "current", "position", "eta", "reason"})

Json = dict[str, Any]


def comparable(state: Mapping[str, Any]) -> Json:
    """A snapshot, or what a store has, in the same form."""
    return {
        "seq": state["seq"],
        "requests": {one["id"]: _without_live(one) for one in state["requests"]},
        "notifications": state["notifications"],
    }


def difference(shown: Json, wanted: Json) -> str:
    """The first thing in which they differ, in a few words; empty where they are equal."""
    for name in ("seq", "notifications"):
        if shown[name] != wanted[name]:
            return f"{name} {_short(shown[name])} en vez de {_short(wanted[name])}"
    mine, theirs = shown["requests"], wanted["requests"]
    if mine.keys() != theirs.keys():
        return f"solicitudes {sorted(mine)} en vez de {sorted(theirs)}"
    for request_id, request in mine.items():
        if found := _difference_of_requests(request, theirs[request_id]):
            return f"solicitud {request_id}: {found}"
    return ""


def _difference_of_requests(mine: Json, theirs: Json) -> str:
    for name in mine.keys() | theirs.keys():
        if name != "parts" and mine.get(name) != theirs.get(name):
            return f"{name} {_short(mine.get(name))} en vez de {_short(theirs.get(name))}"
    if mine["parts"].keys() != theirs["parts"].keys():
        return f"partes {sorted(mine['parts'])} en vez de {sorted(theirs['parts'])}"
    for part_id, part in mine["parts"].items():
        other = theirs["parts"][part_id]
        for name in part.keys() | other.keys():
            if part.get(name) != other.get(name):
                return f"parte {part_id} {name} {_short(part.get(name))} en vez de {_short(other.get(name))}"
    return ""


def _without_live(request: Json) -> Json:
    parts: Iterable[Json] = request["parts"]
    kept = {part["id"]: {name: value for name, value in part.items() if name not in LIVE_FIELDS} for part in parts}
    return {**request, "parts": kept}


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
