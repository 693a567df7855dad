"""The table of moves, and what a request's state follows from."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from sam.errors import IllegalMove
from sam.states import LIVE, MOVES, Move, PartState, RequestState, check_move, request_state

PAGE = Path(__file__).resolve().parents[2] / "docs" / "states.md"


def test_the_page_shows_the_table_of_moves() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|", PAGE.read_text(), re.MULTILINE)
    page = {move: (set(re.findall(r"\w+", before)), set(re.findall(r"\w+", after))) for move, before, after in rows}
    assert page == {move: (set(before), set(after)) for move, (before, after) in MOVES.items()}


@pytest.mark.parametrize("move", Move)
def test_a_move_that_the_table_does_not_have_is_refused(move: Move) -> None:
    sources, targets = MOVES[move]
    for before, after in itertools.product(PartState, PartState):
        if before in sources and after in targets:
            check_move(move, before, after)
        else:
            with pytest.raises(IllegalMove):
                check_move(move, before, after)


def test_every_state_can_be_reached_from_pending_and_none_is_a_dead_end_but_by_choice() -> None:
    reached = {PartState.PENDING}
    for _ in PartState:
        reached |= {after for sources, targets in MOVES.values() if sources & reached for after in targets}
    assert reached == set(PartState)
    assert all(any(state in sources for sources, _ in MOVES.values()) for state in PartState)


P, W, C, F, X, E = (
    PartState.PENDING,
    PartState.PROCESSING,
    PartState.COMPLETED,
    PartState.FAILED,
    PartState.CANCELLED,
    PartState.EXPIRED,
)


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ([P, P], "pending"),
        ([P, W], "processing"),
        ([P, C], "processing"),
        ([P, F], "processing"),
        ([W, X], "processing"),
        ([C, C], "completed"),
        ([C, E], "completed"),
        ([E, E], "expired"),
        ([C, F], "failed"),
        ([X, F], "failed"),
        ([E, F], "failed"),
        ([C, X], "cancelled"),
        ([E, X], "cancelled"),
    ],
)
def test_the_state_of_a_request_follows_from_its_parts(parts: list[PartState], state: str) -> None:
    assert request_state(parts) == state
    assert request_state(parts[::-1]) == state


def test_a_request_lives_exactly_while_a_part_does() -> None:
    for parts in itertools.product(PartState, repeat=3):
        live = any(part in LIVE for part in parts)
        assert (request_state(parts) in {RequestState.PENDING, RequestState.PROCESSING}) == live
