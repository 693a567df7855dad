"""The steps of bin/test, as a table: what runs, with which environment, and whether it has a test summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ready import node
from ready.places import ROOT, VENV

PROCESSES = ("tests/e2e", "tests/failures")
NO_TESTS_COLLECTED = 5  # pytest's exit status


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One check. A step with a `summary` says in its last line how many tests it ran."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    summary: bool = False


def python_lint() -> list[Step]:
    """Format, lint, types and import contracts of the Python sources."""
    return [
        Step(name="ruff format", argv=[_tool("ruff"), "format", "--check", "."]),
        Step(name="ruff check", argv=[_tool("ruff"), "check", "."]),
        Step(name="mypy", argv=[_tool("mypy")]),
        Step(name="import contracts", argv=[_tool("lint-imports")]),
    ]


def django_checks(scratch: Path) -> list[Step]:
    """What Django can tell without a test, in the environment of a production."""
    env = production_environment(scratch)
    return [
        Step(name="check --deploy", argv=_manage("check", "--deploy", "--fail-level", "WARNING"), env=env),
        Step(name="migrations", argv=_manage("makemigrations", "--check", "--dry-run"), env=env),
        Step(name="collectstatic", argv=_manage("collectstatic", "--noinput", "--verbosity", "0"), env=env),
    ]


def template_lint() -> list[Step]:
    """Format and lint of the templates."""
    templates = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "frontend" / "templates").rglob("*.html"))
    return [
        Step(name="djade", argv=[_tool("djade"), "--check", "--target-version", "5.2", *templates]),
        Step(name="djlint", argv=[_tool("djlint"), "frontend/templates", "--lint", "--quiet"]),
    ]


def browser_lint() -> list[Step]:
    """ESLint and the TypeScript compiler over the ES modules, by the scripts of package.json."""
    return [_npm_script("eslint", "lint"), _npm_script("tsc", "types")]


def browser_tests() -> list[Step]:
    """`node --test`: the pure modules of the browser side."""
    return [_npm_script("node --test", "test")]


def python_tests(*, arguments: Sequence[str], name: str = "pytest") -> Step:
    """pytest with these arguments, on PostgreSQL."""
    return Step(name=name, argv=[_tool("pytest"), *arguments])


def process_tests(*, slow: bool) -> list[Step]:
    """Real processes and Chromium, end to end and when they fail: mostly waited for, so they run beside the others.

    Two runs, and what takes long to make is made in one of them: the demo, and the servers that a test may stop.
    """
    quick = "" if slow else " and not slow"
    return [
        Step(name=name, argv=[_tool("pytest"), "-m", f"{which}{quick}", *PROCESSES], summary=True)
        for name, which in (("pytest (demostración)", "demo"), ("pytest (procesos)", "not demo"))
    ]


def sqlite_tests() -> Step:
    """The tests marked `sqlite`, on SQLite, which is what bin/dev runs on."""
    argv = [_tool("pytest"), "-m", "sqlite and not slow", "tests/integration"]
    return Step(name="pytest (SQLite)", argv=argv, env={"TEST_DATABASE": "sqlite"}, summary=True)


def production_environment(scratch: Path) -> dict[str, str]:
    """The settings of a production behind TLS, writing only under `scratch`."""
    return {
        "SECRET_KEY": "Z" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz",
        "DEBUG": "0",
        "ALLOWED_HOSTS": "sam.example",
        "CSRF_TRUSTED_ORIGINS": "https://sam.example",
        "DATABASE_URL": f"sqlite:///{scratch / 'check.sqlite3'}",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "SAM_STORAGE": "file",
        "SAM_DATA_DIR": str(scratch / "data"),
        "PYTHONWARNINGS": "default",
    }


def _tool(name: str) -> str:
    return str(VENV / "bin" / name)


def _manage(*arguments: str) -> list[str]:
    return [str(VENV / "bin" / "python"), "manage.py", *arguments]


def _npm_script(name: str, script: str) -> Step:
    program = node.find()
    return Step(
        name=name,
        argv=[*node.npm(program), "run", "--silent", script],
        env={"PATH": node.environment(program)["PATH"]},
    )
