"""The words that people see: the SPEC's for each state, and the same as in the browser by shared vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sam import words
from sam.services.operar import ACTIONS
from sam.states import FailureReason, PartState, RequestState
from sam.templatetags import sam_words
from zipworker.package.missing import WORDS

ROOT = Path(__file__).parents[2]
VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "vectors" / "words.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("call", sorted({vector["call"] for vector in VECTORS}))
def test_the_server_says_what_the_vectors_say(call: str) -> None:
    for vector in VECTORS:
        if vector["call"] == call:
            assert getattr(words, call)(*vector["args"]) == vector["words"], vector["args"]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("pending", "Calculando..."),
        ("processing", "Calculando..."),
        ("completed", "Descargar"),
        ("failed", "Fallida"),
        ("cancelled", "Cancelada"),
        ("expired", "Vencida"),
    ],
)
def test_the_status_of_a_part_is_the_public_word(state: str, word: str) -> None:
    assert words.part_status({"state": state, "missing": 0}) == word


def test_a_part_with_missing_documents_never_looks_whole() -> None:
    assert words.part_status({"state": "completed", "missing": 1}) == "Lista con faltantes"
    assert words.part_icon({"state": "completed", "missing": 1}) == "warn"


def test_every_state_and_every_failure_has_its_words() -> None:
    assert set(words.PART_STATUS) == set(words.ICONS) == set(PartState)
    assert set(words.REQUEST_STATUS) == set(RequestState)
    assert set(words.ERRORS) == set(FailureReason)


def test_the_page_says_why_a_document_is_missing_as_the_package_does() -> None:
    assert {reason.value: said for reason, said in WORDS.items()} == words.MISSING_REASONS


def test_every_word_is_in_the_vectors_so_that_the_browser_has_it_too() -> None:
    said = {vector["words"] for vector in VECTORS}
    assert {*words.PART_STATUS.values(), words.WITH_MISSING, *words.REQUEST_STATUS.values()} <= said
    assert {*words.ERRORS.values(), words.UNKNOWN_ERROR} <= said
    for sentence in words.REASONS.values():
        assert any(sentence in detail for detail in said)


def test_an_order_says_what_will_happen_as_the_dialog_in_the_browser_does() -> None:
    dialog = (ROOT / "frontend" / "static" / "sam" / "js" / "cola" / "order.js").read_text(encoding="utf-8")
    assert set(words.ORDERS_WILL) == set(words.ORDERS_IN_WORDS) == set(ACTIONS)
    for action, will in words.ORDERS_WILL.items():
        assert will in dialog, action


def test_the_versions_of_a_request_are_its_own_and_then_its_parts() -> None:
    assert sam_words.versions({"version": 4, "parts": [{"version": 2}, {"version": 3}]}) == "4.2.3"


def test_the_blank_part_of_the_templates_has_every_field_of_a_part() -> None:
    part = next(vector["args"][0] for vector in VECTORS if vector["call"] == "part_status")
    request = next(vector["args"][0] for vector in VECTORS if vector["call"] == "request_status")
    assert set(sam_words.BLANK_PART) == set(part)
    assert set(sam_words.BLANK_REQUEST) == set(request)
