"""The virtual environment is filled once for each lock, and made again where it cannot work any more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ready import venv


class Workshop:
    """An environment in a temporary folder whose making and filling are only noted down."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requirements = folder / "requirements"
        self.requirements.mkdir()
        self.write_lock("run", "django==1")
        self.write_lock("dev", "django==1 pytest==1")
        self.environment = folder / ".venv"
        self.noted: list[str] = []
        monkeypatch.setattr(venv, "REQUIREMENTS", self.requirements)
        monkeypatch.setattr(venv, "VENV", self.environment)
        monkeypatch.setattr(venv, "PYTHON", self.environment / "bin" / "python")
        monkeypatch.setattr(venv, "STAMP", self.environment / "sam-installed.json")
        monkeypatch.setattr(venv, "_create", self._create)
        monkeypatch.setattr(venv, "_install", lambda lock: self.noted.append(f"install {lock}"))

    def write_lock(self, name: str, text: str) -> None:
        (self.requirements / f"{name}.lock").write_text(text)

    def done_since_last_asked(self) -> list[str]:
        done, self.noted = self.noted, []
        return done

    def _create(self) -> None:
        self.noted.append("create")
        python = self.environment / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.unlink(missing_ok=True)
        python.symlink_to(sys.executable)


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    return Workshop(tmp_path, monkeypatch)


def test_the_first_time_makes_and_fills_it_and_the_second_does_nothing(workshop: Workshop) -> None:
    venv.ensure("run")
    assert workshop.done_since_last_asked() == ["create", "install run"]
    venv.ensure("run")
    assert workshop.done_since_last_asked() == []


def test_what_bin_test_made_is_good_for_bin_dev(workshop: Workshop) -> None:
    venv.ensure("dev")
    workshop.done_since_last_asked()
    venv.ensure("run")
    assert workshop.done_since_last_asked() == []


def test_a_changed_lock_is_installed_into_the_same_environment(workshop: Workshop) -> None:
    venv.ensure("run")
    workshop.done_since_last_asked()
    workshop.write_lock("run", "django==2")
    venv.ensure("run")
    assert workshop.done_since_last_asked() == ["install run"]


def test_bin_test_adds_its_tools_to_what_bin_dev_made(workshop: Workshop) -> None:
    venv.ensure("run")
    workshop.done_since_last_asked()
    venv.ensure("dev")
    assert workshop.done_since_last_asked() == ["install dev"]


def test_another_python_under_the_same_name_asks_for_a_new_one(workshop: Workshop, tmp_path: Path) -> None:
    venv.ensure("run")
    workshop.done_since_last_asked()
    newer = tmp_path / "python3.99"
    newer.touch()
    venv.PYTHON.unlink()
    venv.PYTHON.symlink_to(newer)
    venv.ensure("run")
    assert workshop.done_since_last_asked() == ["create", "install run"]


def test_a_vanished_python_asks_for_a_new_one(workshop: Workshop) -> None:
    venv.ensure("run")
    workshop.done_since_last_asked()
    venv.PYTHON.unlink()
    venv.PYTHON.symlink_to("/nowhere/python")
    venv.ensure("run")
    assert workshop.done_since_last_asked() == ["create", "install run"]


def test_a_moved_environment_is_made_again_since_its_scripts_name_the_old_place(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv.ensure("run")
    workshop.done_since_last_asked()
    monkeypatch.setattr(venv, "VENV", tmp_path / "another" / ".venv")
    venv.ensure("run")
    assert workshop.done_since_last_asked() == ["create", "install run"]
