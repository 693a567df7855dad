"""Fixtures of the tests that use the database: storage in a folder of the test, and what was published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sam import dispatch, storage
from sam.models import Epoch
from sam.selectors import dia, graficas, panorama
from sam.storage import FileStorage


@pytest.fixture(autouse=True)
def file_storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileStorage]:
    """Every module's `get_storage()` is a folder of this test."""
    folder = FileStorage(tmp_path / "almacen")
    storage.get_storage.cache_clear()
    monkeypatch.setattr("sam.storage.FileStorage", lambda _root: folder)
    yield folder
    storage.get_storage.cache_clear()


@pytest.fixture(autouse=True)
def _nothing_seen_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process keeps what it read of the queue for a moment: not from one test to the next, nor of a slow machine."""
    panorama.KEPT.forget()
    graficas.KEPT.forget()
    dia.KEPT.forget()
    monkeypatch.setattr(dia, "QUICK_SECONDS", 60.0)


@pytest.fixture(autouse=True)
def _epoch(request: pytest.FixtureRequest) -> None:
    """The row that a migration made, and that emptying the tables took away."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("transactional_db")
        Epoch.objects.get_or_create(pk=1)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What left with commits, instead of its way to Redis: (group, message) in order."""
    messages: list[tuple[str, Any]] = []
    for module in ("sam.dispatch", "sam.services.partes"):
        monkeypatch.setattr(f"{module}.publish", lambda group, message: messages.append((group, message)))
    return messages


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rings that left with commits."""
    rung: list[int] = []
    monkeypatch.setattr(dispatch, "ring", lambda times=1: rung.append(times))
    return rung
