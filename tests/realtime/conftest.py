"""Fixtures of the tests of sockets."""

from __future__ import annotations

import pytest

from tests.realtime.people import Person, make_colleagues


@pytest.fixture
def people(transactional_db: None) -> tuple[Person, Person]:
    """Two colleagues of one empresa, each with a browser of their own."""
    return make_colleagues()
