"""docs/protocolo.md says what realtime/protocol.py does: frames and their fields, errors, codes, limits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from realtime import protocol
from realtime.protocol import ClientFrame, CloseCode, ErrorCode, ServerFrame

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "protocolo.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`]+)`")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def frames_of(union: Any) -> dict[str, set[str]]:
    """The fields of each frame in a union, by its type."""
    fields = [get_type_hints(member) for member in get_args(union)]
    return {get_args(hints.pop("type"))[0]: set(hints) for hints in fields}


@pytest.mark.parametrize(("heading", "union"), [("From the server", ServerFrame), ("From a client", ClientFrame)])
def test_the_page_has_each_frame_with_its_fields(heading: str, union: Any) -> None:
    written = {CODE.findall(kind)[0]: set(CODE.findall(fields)) for kind, fields, _ in rows(heading)}
    assert written == frames_of(union)


def test_the_page_has_each_error_code() -> None:
    assert [CODE.findall(code)[0] for code, _ in rows("Errors")] == list(get_args(ErrorCode))


def test_the_page_has_each_close_code() -> None:
    written = [(int(code), CODE.findall(name)[0]) for code, name, *_ in rows("Close codes")]
    assert written == [(code.value, code.name) for code in CloseCode]


def test_the_page_has_each_limit_with_its_value() -> None:
    written = {CODE.findall(name)[0]: int(value) for name, value, _ in rows("Limits")}
    limits = {name: value for name, value in vars(protocol).items() if name.isupper() and isinstance(value, int)}
    del limits["MAX_ID"]  # what the database can hold
    assert written == limits
