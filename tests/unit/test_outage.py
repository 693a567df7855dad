"""While the database is away one request in two seconds asks it, and the others do not wait for the answer."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import RequestFactory

from sam.views import outage
from sam.views.outage import RETRY_SECONDS, Gate, database_failure


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_of_many_requests_one_tries_until_it_answers() -> None:
    clock = Clock()
    gate = Gate(clock)
    assert gate.may_try()
    gate.failed()
    assert [gate.may_try() for _ in range(3)] == [False] * 3
    clock.now += RETRY_SECONDS
    assert [gate.may_try() for _ in range(3)] == [True, False, False]
    gate.answered()
    assert [gate.may_try() for _ in range(3)] == [True] * 3


class Refused(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "away"), [(None, True), ("57P01", True), ("08006", True), ("55P03", False), ("57014", False)]
)
def test_a_statement_that_was_given_up_does_not_close_the_gate(
    monkeypatch: pytest.MonkeyPatch, sqlstate: str | None, away: bool
) -> None:
    gate = Gate()
    monkeypatch.setattr(outage, "GATE", gate)
    error = OperationalError("…")
    error.__cause__ = Refused(sqlstate)
    answer = database_failure(RequestFactory().get("/informes/"), error)
    assert gate.may_try() is not away
    assert answer.status_code == 503
    assert answer["Retry-After"] == str(RETRY_SECONDS)
    assert "La base de datos no responde" in answer.content.decode()
