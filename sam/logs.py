"""One line an event, for people or for machines: what is logged, in which shape, and under which trace.

    logger.info("action=finish_part part=%s ms=%s", 51, 812, extra={"words": "[EXITOSO] …"})

    text   [EXITOSO] … action=finish_part part=51 ms=812 trace=5f0c… at=2026-11-24T08:10:00.123Z logger=zipworker.build
    JSON   {"at": "…", "level": "info", "logger": "zipworker.build", "action": "finish_part", "part": 51, "ms": 812, …}

The names of a line's fields are read from the template, which is ours, and their values are its arguments: no
value can add a field, and in text no value, message or traceback can begin a line of its own.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

HEALTH_PATHS = ("/healthz", "/healthz/worker", "/readyz", "/metrics")
TRACE = re.compile(r"[0-9A-Za-z_-]{8,32}")
FIELD = re.compile(r"(\w+)=(\S+)")
# A line's first word where the event has no words of its own.
LEVEL_WORDS = {"DEBUG": "[DETALLE]", "INFO": "[INFO]", "WARNING": "[AVISO]", "ERROR": "[ERROR]", "CRITICAL": "[ERROR]"}
DATA_CHARACTERS = 80

_trace: ContextVar[str] = ContextVar("trace", default="")
_notes: ContextVar[Lines | None] = ContextVar("notes", default=None)


def current_trace() -> str:
    """The word that joins the lines of one request of a person, wherever they were written; may be empty."""
    return _trace.get()


@contextmanager
def traced(trace: str) -> Iterator[None]:
    """Lines (and moves) of this context carry the trace."""
    token = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(token)


@contextmanager
def noted(lines: Lines) -> Iterator[None]:
    """Lines of this context are also kept in `lines`, as people read them."""
    token = _notes.set(lines)
    try:
        yield
    finally:
        _notes.reset(token)


class Lines:
    """The first lines of what was logged, and how many followed; may be filled by several threads."""

    def __init__(self, *, most: int = 200) -> None:
        self._most = most
        self._lines: list[str] = []
        self.seen = 0

    def add(self, line: str) -> None:
        self.seen += 1
        if len(self._lines) < self._most:
            self._lines.append(line)

    def text(self) -> str:
        left_out = self.seen - len(self._lines)
        return "\n".join([*self._lines, f"… y {left_out} líneas más"] if left_out > 0 else self._lines)


class Notes(logging.Handler):
    """Gives each line to the `noted` of its context, if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        lines = _notes.get()
        if lines is not None:
            lines.add(self.format(record))


def plain(text: str) -> str:
    """Text from data as a piece of a line: visible, short, and no field or first word of a line."""
    visible = "".join(_visible(character) for character in text[: DATA_CHARACTERS + 1])
    cut = visible if len(text) <= DATA_CHARACTERS else f"{visible[:DATA_CHARACTERS]}…"
    return " ".join(cut.translate({ord("="): "-", ord("["): "(", ord("]"): ")"}).split())


def _visible(character: str) -> str:
    if character == " ":
        return character
    return " " if unicodedata.category(character)[0] in "CZ" else character


class NotHealth(logging.Filter):
    """Drops Django's line for each health check that answers 503: the one who asks knows, and asks every second."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return not path.startswith(HEALTH_PATHS)


class HealsByItself(logging.Filter):
    """Makes one warning of the traceback of a cut that its library mends: an [ERROR] has to mean something."""

    def filter(self, record: logging.LogRecord) -> bool:
        kind = record.exc_info[0] if record.exc_info else None
        if record.levelno == logging.ERROR and kind is not None and _is_a_cut(kind):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.msg, record.args, record.exc_info = "action=layer_cut error=%s", (kind.__name__,), None
        return True


def _is_a_cut(kind: type[BaseException]) -> bool:
    return issubclass(kind, OSError) or kind.__module__ == "redis.exceptions"


class TextLine(logging.Formatter):
    """For people: first the words, then the fields; a traceback follows, indented."""

    def format(self, record: logging.LogRecord) -> str:
        words = getattr(record, "words", "") or LEVEL_WORDS.get(record.levelname, "[INFO]")
        pieces = [_one_line(words), _message(record)]
        if trace := _trace.get():
            pieces.append(f"trace={trace}")
        pieces.append(f"at={_at(record)} logger={record.name}")
        line = " ".join(pieces)
        return "\n    ".join([line, *_traceback(self, record).splitlines()])


class JsonLine(logging.Formatter):
    """For machines: one JSON object a line, its fields typed as they were logged."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            **(_fields(record) or {"message": record.getMessage()}),
        }
        if trace := _trace.get():
            line["trace"] = trace
        if words := getattr(record, "words", ""):
            line["words"] = words
        if traceback := _traceback(self, record):
            line["traceback"] = traceback
        return json.dumps(line, ensure_ascii=False, default=str)


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """The event's fields by name; empty where the line is not one of ours."""
    template = str(record.msg)
    if not template.startswith("action="):
        return {}
    values = iter(record.args if isinstance(record.args, tuple) else ())
    return {name: _filled(value, values) for name, value in FIELD.findall(template)}


def _filled(value: str, values: Iterator[object]) -> object:
    """A field's value from its template (at most one conversion), with its type where it is nothing but that."""
    if "%" not in value:
        return value
    found = next(values, None)
    return found if value in {"%s", "%d"} and isinstance(found, int | float | None) else value % found


def _message(record: logging.LogRecord) -> str:
    fields = _fields(record)
    if not fields:
        return _one_line(record.getMessage())
    return " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())


def _quoted(value: object) -> str:
    text = str(value)
    return text if re.fullmatch(r"[^\s\"=\x00-\x1f\x7f-\x9f\u2028\u2029]+", text) else json.dumps(text)


def _one_line(text: str) -> str:
    return "".join(" " if unicodedata.category(one) in {"Cc", "Zl", "Zp"} else one for one in text)


def _at(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if record.exc_info and record.exc_info[0] is not None:
        return formatter.formatException(record.exc_info)
    return record.exc_text or ""
