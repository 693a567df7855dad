"""A second bin/dev skips the preparation, and only when nothing that it reads has changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from launch import preparation
from launch.home import Home, environment_for, open_home
from tests.services.children import free_port


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of sources with one file, instead of the product's own."""
    folder = tmp_path / "sam"
    folder.mkdir()
    (folder / "models.py").write_text("x = 1")
    monkeypatch.setattr(preparation, "FOLDERS", (folder,))
    monkeypatch.setattr(preparation, "FILES", ())
    return folder / "models.py"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    one = open_home({"SAM_DATA_DIR": str(tmp_path / "datos"), "PORT": str(free_port())})
    yield one
    one.lock.close()


@pytest.fixture
def environment(home: Home, source: Path) -> dict[str, str]:
    """The environment of a prepared folder."""
    values = environment_for(home, person={}, redis_url="unix:///r.sock")
    home.database.touch()
    home.demo.touch()
    preparation.note_done(home, values)
    return values


def test_a_prepared_folder_stays_prepared(home: Home, environment: dict[str, str]) -> None:
    assert preparation.is_done(home, environment)


def test_a_changed_source_asks_for_it_again(home: Home, environment: dict[str, str], source: Path) -> None:
    source.write_text("x = 12")
    assert not preparation.is_done(home, environment)


def test_a_new_source_asks_for_it_again(home: Home, environment: dict[str, str], source: Path) -> None:
    source.with_name("0003_more.py").write_text("")
    assert not preparation.is_done(home, environment)


@pytest.mark.parametrize("name", ["SAM_DEMO_PASSWORD", "DEBUG", "SAM_STORAGE", "DATABASE_URL"])
def test_another_setting_asks_for_it_again(home: Home, environment: dict[str, str], name: str) -> None:
    assert not preparation.is_done(home, {**environment, name: "otro"})


@pytest.mark.parametrize("name", ["sam.sqlite3", "demo.json"])
def test_a_lost_file_asks_for_it_again(home: Home, environment: dict[str, str], name: str) -> None:
    (home.folder / name).unlink()
    assert not preparation.is_done(home, environment)


def test_a_database_of_the_person_is_looked_at_each_time(home: Home, environment: dict[str, str]) -> None:
    theirs = {**environment, "DATABASE_URL": "postgres://suya"}
    preparation.note_done(home, theirs)
    assert not preparation.is_done(home, theirs)


def test_a_preparation_that_began_and_did_not_end_is_not_done(home: Home, environment: dict[str, str]) -> None:
    preparation.forget(home)
    assert not preparation.is_done(home, environment)
