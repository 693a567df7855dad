"""What is written twice is compared: libraries and their reasons, links between pages, errors and their tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sam import errors
from zipworker.package.missing import WORDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_library_has_its_line() -> None:
    page = (ROOT / "docs" / "decisions" / "libraries.md").read_text()
    named = set(re.findall(r"^\| ([a-z0-9-]+) \|", page, re.MULTILINE))
    lines = [line for name in ("run.in", "dev.in") for line in (ROOT / "requirements" / name).read_text().splitlines()]
    wanted = {re.split(r"[\[<>=~! ]", line)[0] for line in lines if line and not line.startswith(("-", "#"))}
    assert named == wanted


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_tree_of_errors_shows_every_class_with_its_code() -> None:
    tree = errors.__doc__ or ""
    shown = set(re.findall(r"[├└]── (\w+)", tree))
    for name, found in vars(errors).items():
        if isinstance(found, type) and issubclass(found, errors.SamError) and found is not errors.SamError:
            assert name in shown, name
            if "code" in vars(found) and name not in {"Refused", "StorageError"}:
                assert found.code in tree, found.code


def test_the_page_of_the_package_knows_every_reason_for_something_missing() -> None:
    page = (ROOT / "docs" / "paquete.md").read_text()
    for words in WORDS.values():
        assert f"| {words} |" in page


def test_the_page_of_operations_explains_every_word_that_a_worker_says() -> None:
    page = (ROOT / "docs" / "operacion.md").read_text()
    explained = set(re.findall(r"^\| `(\[[A-Z]+\])` \|", page, re.MULTILINE))
    said = set(re.findall(r"\[[A-Z]{4,}\]", (ROOT / "zipworker" / "telling.py").read_text()))
    assert said <= explained
    assert explained - said <= {"[INFO]"}


def test_every_test_that_the_page_of_the_promises_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "fiabilidad.md").read_text()))
    sources = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert named
    assert named <= set(re.findall(r"def (test_\w+)", sources))
