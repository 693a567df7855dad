"""*apply = refetch*: for every service, what a tab knew, the frames it got, and what a reload would show.

The vectors are in `tests/vectors/entrega.json`, where tests/js/vectors.test.js applies them with the real store. They
are recorded anew in every run and compared with the file. Where what is sent was changed on purpose, write it anew:

    RECORD_VECTORS=1 bin/test tests/integration/test_vectors.py
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration import scenes_of_people, scenes_of_workers
from tests.integration.making import real_database
from tests.integration.recording import Json, Stage, recorded_vectors, write_vectors
from tests.integration.staging import SCENES, Named

pytestmark = real_database

MODULES = (scenes_of_people, scenes_of_workers)  # which add their scenes to SCENES
ROOT = Path(__file__).resolve().parents[2]
ANNOUNCE = "sam.services.entrega.announce"
# What the services are made of; nobody else calls these.
PIECES = ("sam.services.entrega.", "sam.services.movimientos.")
UNCOUNTED = {"sam.services.partes.show_progress"}  # live: told without a `seq`


@pytest.fixture
def stage(published: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(published, monkeypatch)


@pytest.mark.parametrize("one", SCENES, ids=lambda one: one.name)
def test_the_file_says_what_the_services_do(one: Named, stage: Stage) -> None:
    vector = {"name": one.name, **stage.play(one.scene)}
    assert qualified(one.service) in stage.announcing | UNCOUNTED
    if os.environ.get("RECORD_VECTORS"):
        record(vector)
    assert recorded_vectors().get(one.name) == vector, "out of date; the module's docstring says how to record it"


def record(vector: Json) -> None:
    known = {**recorded_vectors(), vector["name"]: vector}
    write_vectors([known[one.name] for one in SCENES if one.name in known])


def test_the_file_has_these_scenes_and_no_others() -> None:
    assert list(recorded_vectors()) == [one.name for one in SCENES]


def test_every_service_that_announces_has_a_scene() -> None:
    assert {qualified(one.service) for one in SCENES} == announcing_services() | UNCOUNTED


def test_nobody_announces_past_the_services() -> None:
    for path in (path for package in ("sam", "realtime", "zipworker") for path in (ROOT / package).rglob("*.py")):
        if path.is_relative_to(ROOT / "sam" / "services"):
            continue
        imported = {name for _, name in imports_of(ast.parse(path.read_text(encoding="utf-8")))}
        assert not imported & {ANNOUNCE, "sam.services.movimientos.settle_request"}, path


# ── the calls in sam/services, as its source has them ──


def announcing_services() -> set[str]:
    """The public functions from which a way leads to `announce`."""
    calls = {name: named for path in (ROOT / "sam" / "services").glob("*.py") for name, named in functions_of(path)}
    found, more = {ANNOUNCE}, {ANNOUNCE}
    while more:
        more = {name for name, named in calls.items() if named & found} - found
        found |= more
    return {name for name in found if not name.startswith(PIECES) and "._" not in name}


def functions_of(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Each function of a module with the functions of sam/services that it names."""
    module = f"sam.services.{path.stem}"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = dict(imports_of(tree))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    known |= {function.name: f"{module}.{function.name}" for function in functions}
    for function in functions:
        names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        yield f"{module}.{function.name}", {known[name] for name in names & known.keys()}


def imports_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(name here, qualified name) of everything that is imported by name, wherever in the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def qualified(service: Callable[..., object]) -> str:
    return f"{service.__module__}.{service.__name__}"
