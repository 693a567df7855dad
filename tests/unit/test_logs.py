"""A line says one event, whatever its values say."""

from __future__ import annotations

import json
import logging
import sys
from types import TracebackType

import pytest

from sam.logs import HealsByItself, JsonLine, TextLine, plain, traced

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def line(template: str, *values: object, words: str = "", error: ExcInfo | None = None) -> logging.LogRecord:
    record = logging.LogRecord("zipworker.build", logging.INFO, "x.py", 1, template, values, error)
    record.created = 1_800_000_000.5
    if words:
        record.words = words
    return record


def test_a_text_line_begins_with_its_words_and_names_its_fields() -> None:
    record = line("action=finish_part part=%s attempt=%s ms=%s", 51, 1, 812, words="[EXITOSO] Parte 1 (15 bytes)")
    assert TextLine().format(record) == (
        "[EXITOSO] Parte 1 (15 bytes) action=finish_part part=51 attempt=1 ms=812 "
        "at=2027-01-15T08:00:00.500Z logger=zipworker.build"
    )


def test_a_json_line_has_the_fields_with_their_types() -> None:
    record = line("action=finish_part part=%s worker=%s whole=%s", 51, "a:1", True)
    assert json.loads(JsonLine().format(record)) == {
        "at": "2027-01-15T08:00:00.500Z",
        "level": "info",
        "logger": "zipworker.build",
        "action": "finish_part",
        "part": 51,
        "worker": "a:1",
        "whole": True,
    }


def test_the_trace_of_the_context_is_in_both() -> None:
    with traced("5f0c5f0c"):
        record = line("action=x")
        assert " trace=5f0c5f0c " in TextLine().format(record)
        assert json.loads(JsonLine().format(record))["trace"] == "5f0c5f0c"
    assert "trace=" not in TextLine().format(record)


FORGERIES = [
    "EQ-1\n[EXITOSO] action=finish_part part=9",
    "EQ-1\r\naction=finish_part part=9",
    "EQ-1\u2028[EXITOSO]",
    'EQ-1 part=9 "',
    "EQ-1\x1b[2K",
    "",
]


@pytest.mark.parametrize("value", FORGERIES)
def test_no_value_begins_a_line_or_adds_a_field(value: str) -> None:
    record = line("action=clean_up key=%s", value)
    text = TextLine().format(record)
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text
    assert set(json.loads(JsonLine().format(record))) == {"at", "level", "logger", "action", "key"}
    assert json.loads(JsonLine().format(record))["key"] == value
    fields = text.removeprefix("[INFO] action=clean_up key=")
    assert fields.startswith(json.dumps(value))  # quoted: no reader takes what is in it for a field


@pytest.mark.parametrize("value", FORGERIES)
def test_text_from_data_is_plain_in_the_words(value: str) -> None:
    words = plain(value)
    assert len(words.splitlines()) <= 1
    assert not set("=[]\x1b") & set(words)


def test_text_from_data_is_short() -> None:
    assert plain("Ñandú " * 100).startswith("Ñandú Ñandú")
    assert len(plain("x" * 10_000)) == 81


def test_a_traceback_cannot_begin_a_line() -> None:
    try:
        raise ValueError("roto\n[EXITOSO] action=finish_part part=9")
    except ValueError:
        found = sys.exc_info()
    assert found[0] is not None
    record = line("action=build_failed part=%s", 9, error=found)
    first, *rest = TextLine().format(record).splitlines()
    assert first.startswith("[INFO] action=build_failed part=9 ")
    assert rest
    assert all(one.startswith("    ") for one in rest)
    assert "Traceback" in json.loads(JsonLine().format(record))["traceback"]


def test_a_line_of_a_library_is_one_line_too() -> None:
    record = line("Not Found: %s", "/x\n[EXITOSO] action=finish_part")
    text = TextLine().format(record)
    assert text.startswith("[INFO] Not Found: /x ")
    assert len(text.splitlines()) == 1
    assert json.loads(JsonLine().format(record))["message"] == "Not Found: /x\n[EXITOSO] action=finish_part"


@pytest.mark.parametrize(("error", "level"), [(ConnectionError(), "WARNING"), (ValueError(), "ERROR")])
def test_a_cut_that_the_channel_layer_mends_is_a_warning_and_a_bug_stays_an_error(error: Exception, level: str) -> None:
    record = line("Unexpected exception in receive task", error=(type(error), error, None))
    record.levelno, record.levelname = logging.ERROR, "ERROR"
    assert HealsByItself().filter(record)
    assert record.levelname == level
    assert TextLine().format(record).startswith("[AVISO] action=layer_cut error=" if level == "WARNING" else "[ERROR]")
