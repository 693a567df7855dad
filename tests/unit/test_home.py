"""Where bin/dev keeps its data: what it makes, what it refuses, and whose settings win."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from launch.home import Home, environment_for, open_home
from ready.trouble import Trouble
from tests.services.children import free_port


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    one = open_home({"SAM_DATA_DIR": str(tmp_path / "datos"), "PORT": str(free_port())})
    yield one
    one.lock.close()


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(home: Home) -> None:
    first = environment_for(home, person={}, redis_url="unix:///r.sock")
    again = environment_for(home, person={}, redis_url="unix:///r.sock")
    assert first["SECRET_KEY"] == again["SECRET_KEY"]
    assert len(first["SECRET_KEY"]) >= 50
    assert stat.S_IMODE((home.folder / "secret_key").stat().st_mode) == 0o600


def test_what_the_person_set_wins(home: Home) -> None:
    person = {
        "DATABASE_URL": "postgres://otra",
        "REDIS_URL": "redis://otro",
        "SECRET_KEY": "suya",
        "DEBUG": "1",
    }
    environment = environment_for(home, person=person, redis_url="unix:///r.sock")
    assert {name: environment[name] for name in person} == person


def test_without_settings_everything_is_in_the_data_folder(home: Home) -> None:
    environment = environment_for(home, person={}, redis_url="unix:///r.sock")
    assert environment["DATABASE_URL"] == f"sqlite:///{home.folder}/sam.sqlite3"
    assert environment["REDIS_URL"] == "unix:///r.sock"
    assert environment["SAM_DATA_DIR"] == str(home.folder)
    assert "DEBUG" not in environment


def test_a_second_sam_on_the_same_data_is_refused(home: Home) -> None:
    with pytest.raises(Trouble, match="Ya hay un SAM corriendo"):
        open_home({"SAM_DATA_DIR": str(home.folder), "PORT": str(free_port())})


def test_a_taken_port_is_refused_with_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Trouble, match=f"El puerto {port} ya está ocupado") as refusal:
            open_home({"SAM_DATA_DIR": str(tmp_path), "PORT": str(port)})
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize("port", ["0", "65536", "ochenta", "-1", "8000.5", "²"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    with pytest.raises(Trouble, match="PORT es"):
        open_home({"SAM_DATA_DIR": str(tmp_path), "PORT": port})


def test_a_data_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "archivo").write_text("")
    with pytest.raises(Trouble, match="No se puede escribir en la carpeta"):
        open_home({"SAM_DATA_DIR": str(tmp_path / "archivo"), "PORT": str(free_port())})
