"""The pages of a storm are the page's own scripts, and what they show is compared with what a reload would show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.caos.pages import Heard, Pages
from tests.caos.shown import comparable, difference
from tests.realtime.frames import a_change, a_part, a_request, a_snapshot

USER = 7


@pytest.fixture
def pages() -> Iterator[Pages]:
    opened = Pages()
    yield opened
    opened.close()


def snapshot(seq: int, *states: str, done: int = 0) -> dict[str, Any]:
    parts = [{**a_part(n, state=state, done=done), "number": n} for n, state in enumerate(states, start=1)]
    return {"type": "snapshot", "v": 1, "build": "b", **a_snapshot(seq, a_request(1, *parts))}  # type: ignore[arg-type]


def test_a_page_hears_a_snapshot_then_changes_and_asks_again_after_a_gap(pages: Pages) -> None:
    pages.load(3, user=USER)
    assert pages.hear(3, json.dumps(snapshot(5, "processing", "pending"))) == Heard("snapshot", "nothing", 5)
    assert pages.hear(3, json.dumps(a_change(6, a_part(1, state="completed")))) == Heard("change", "nothing", 6)
    assert pages.hear(3, json.dumps(a_change(8, a_part(1, state="completed")))) == Heard("change", "resync", 6)
    assert pages.hear(3, "{}").type == "unreadable"
    states = [part["state"] for part in pages.shown(3)["requests"][0]["parts"]]
    assert states == ["completed", "pending"]


def test_what_a_page_shows_after_a_snapshot_is_that_snapshot(pages: Pages) -> None:
    pages.load(1, user=USER)
    pages.hear(1, json.dumps(snapshot(5, "processing", "pending")))
    shown = comparable(pages.shown(1))
    assert difference(shown, comparable(snapshot(5, "processing", "pending", done=9))) == ""
    assert "parte 2 state pending en vez de completed" in difference(
        shown, comparable(snapshot(5, "processing", "completed"))
    )
    assert "seq 5 en vez de 6" in difference(shown, comparable(snapshot(6, "processing", "pending")))
