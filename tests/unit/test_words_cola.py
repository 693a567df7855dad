"""The words and figures of the queue's pages, where only the server says them."""

from __future__ import annotations

from typing import Any

import pytest

from sam import words
from sam.events import ChartJSON
from sam.services.operar import ACTIONS
from sam.states import Move, PartState
from sam.templatetags import sam_cola

CHART: ChartJSON = {
    "end": "2026-03-02T15:00:00+00:00",
    "step": 30,
    "depth": [0, 2, 1],
    "oldest": [0, 30, 12],
    "per_minute": [0, 2, 4.5],
    "p50": [None, 3.25, 4],
    "p95": [None, 9, 11.5],
    "completed": 3,
    "duration": (3.5, 11.5),
    "failures": {"worker_lost": 1, "build_error": 3},
}


def test_every_state_every_move_and_every_action_has_its_words() -> None:
    assert set(words.QUEUE_STATES) == set(PartState)
    assert set(sam_cola.MOVES) == set(Move)
    assert set(words.ORDERS_IN_WORDS) == set(ACTIONS)


def test_the_table_of_a_chart_has_its_newest_bucket_first() -> None:
    rows = sam_cola.buckets(CHART)
    assert [row["until"] for row in rows] == ["10:00:00", "09:59:30", "09:59:00"]
    assert rows[0] == {"depth": 1, "oldest": 12, "per_minute": 4.5, "p50": 4, "p95": 11.5, "until": "10:00:00"}


def test_buckets_of_hours_are_told_with_their_day() -> None:
    assert sam_cola.buckets({**CHART, "step": 14_400})[1]["until"] == "2 mar 2026, 06:00"


def test_failures_are_told_in_words_the_commonest_first() -> None:
    assert sam_cola.failures(CHART) == [
        (words.ERRORS["build_error"], 3),
        (words.ERRORS["worker_lost"], 1),
    ]


def test_an_age_is_told_from_one_instant_to_the_other() -> None:
    assert sam_cola.since("2026-03-02T14:59:20+00:00", "2026-03-02T15:00:00+00:00") == "40 s"
    assert sam_cola.since(None, "2026-03-02T15:00:00+00:00") == ""


@pytest.mark.parametrize(
    ("actor", "said"),
    [("worker:w-1", "proceso w-1"), ("certiboy", "certiboy"), ("", ""), ("worker:", "worker:")],
)
def test_who_moved_a_part_is_told_by_name(actor: str, said: str) -> None:
    assert sam_cola.actor_words(actor) == said


def test_the_parts_of_a_worker_are_those_that_it_builds() -> None:
    rows: list[dict[str, Any]] = [{"id": 1}, {"id": 2}, {"id": 3}]
    assert sam_cola.built_by(rows, {"building": [3, 1]}) == [{"id": 1}, {"id": 3}]
