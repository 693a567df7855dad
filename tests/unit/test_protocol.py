"""The wire: what a client may send, and that nothing it sends breaks the decoder."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.protocol import (
    MAX_CLIENT_BYTES,
    BadField,
    BinaryFrame,
    FrameError,
    FrameTooLarge,
    NotAnObject,
    NotJson,
    SnapshotFrame,
    UnknownTopic,
    UnknownType,
    WrongFrame,
    decode,
    encode,
)
from tests.realtime.frames import a_snapshot

GOOD: list[dict[str, object]] = [
    {"type": "ping"},
    {"type": "resync"},
    {"type": "subscribe", "topic": "queue"},
    {"type": "unsubscribe", "topic": "queue"},
    {"type": "read", "notification": 51},
]

MALFORMED: list[tuple[str, type[WrongFrame]]] = [
    ("", NotJson),
    ("hola", NotJson),
    ('{"type": "ping"', NotJson),
    ('{"type": "ping"} {}', NotJson),
    ("{'type': 'ping'}", NotJson),
    ('{"type": "read", "notification": NaN}', NotJson),
    ('{"type": "read", "notification": -Infinity}', NotJson),
    ("[" * 60_000, NotJson),
    ('{"a":' * 10_000, NotJson),
    ("1" * 60_000, NotJson),
    ("\ufeff{}", NotJson),
    ("null", NotAnObject),
    ("true", NotAnObject),
    ("1e400", NotAnObject),
    ('"ping"', NotAnObject),
    ('[{"type": "ping"}]', NotAnObject),
    ("{}", UnknownType),
    ('{"type": null}', UnknownType),
    ('{"type": ["ping"]}', UnknownType),
    ('{"type": {"ping": 1}}', UnknownType),
    ('{"type": "PING"}', UnknownType),
    ('{"type": "snapshot"}', UnknownType),
    ('{"type": "\\ud800"}', UnknownType),
    ('{"type": "subscribe"}', BadField),
    ('{"type": "subscribe", "topic": 1}', BadField),
    ('{"type": "subscribe", "topic": ["queue"]}', BadField),
    ('{"type": "subscribe", "topic": "\\udfff"}', UnknownTopic),
    ('{"type": "subscribe", "topic": "user.1"}', UnknownTopic),
    ('{"type": "unsubscribe", "topic": ""}', UnknownTopic),
    ('{"type": "read"}', BadField),
    ('{"type": "read", "notification": null}', BadField),
    ('{"type": "read", "notification": "51"}', BadField),
    ('{"type": "read", "notification": 51.0}', BadField),
    ('{"type": "read", "notification": true}', BadField),
    ('{"type": "read", "notification": 0}', BadField),
    ('{"type": "read", "notification": -1}', BadField),
    ('{"type": "read", "notification": 9223372036854775808}', BadField),
    ('{"type": "read", "notification": [51]}', BadField),
]


@pytest.mark.parametrize("frame", GOOD, ids=json.dumps)
def test_what_a_client_may_send_is_read_as_it_was_sent(frame: dict[str, object]) -> None:
    assert decode(json.dumps(frame), None) == frame


def test_fields_that_the_server_does_not_know_are_ignored() -> None:
    assert decode('{"type": "ping", "at": 1, "tab": "x"}', None) == {"type": "ping"}


@pytest.mark.parametrize(("text", "error"), MALFORMED, ids=[text[:40] for text, _ in MALFORMED])
def test_a_malformed_frame_has_an_error_of_its_own(text: str, error: type[WrongFrame]) -> None:
    with pytest.raises(error):
        decode(text, None)


@pytest.mark.parametrize("data", [b"", b'{"type": "ping"}', b"\xff\xfe"])
def test_a_binary_frame_is_fatal(data: bytes) -> None:
    with pytest.raises(BinaryFrame):
        decode(None, data)


def test_a_message_with_neither_text_nor_bytes_is_fatal() -> None:
    with pytest.raises(BinaryFrame):
        decode(None, None)


def test_the_size_limit_counts_bytes_and_not_characters() -> None:
    fits = json.dumps({"type": "ping", "x": ""})
    fits = fits.replace('""', '"' + "x" * (MAX_CLIENT_BYTES - len(fits)) + '"')
    assert len(fits) == MAX_CLIENT_BYTES
    assert decode(fits, None) == {"type": "ping"}
    with pytest.raises(FrameTooLarge):
        decode(fits + " ", None)
    with pytest.raises(FrameTooLarge):
        decode("ñ" * (MAX_CLIENT_BYTES // 2 + 1), None)


def test_each_error_has_a_code_of_its_own() -> None:
    errors = [NotJson, NotAnObject, UnknownType, UnknownTopic, BadField]
    assert len({error.code for error in errors}) == len(errors)
    assert not issubclass(BinaryFrame, WrongFrame)


# The machine that runs this may be busy: neither is about time.
ANY_TIME = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)


@ANY_TIME
@given(st.text() | st.binary())
def test_nothing_that_a_client_sends_raises_anything_but_a_frame_error(sent: str | bytes) -> None:
    text, data = (sent, None) if isinstance(sent, str) else (None, sent)
    with contextlib.suppress(FrameError):
        decode(text, data)


@ANY_TIME
@given(
    st.sampled_from([frame["type"] for frame in GOOD]),
    st.dictionaries(st.sampled_from(["topic", "notification"]), SCALARS | st.lists(SCALARS)),
)
def test_a_known_type_with_any_fields_is_a_frame_or_a_frame_error(kind: object, fields: dict[str, object]) -> None:
    with contextlib.suppress(FrameError):
        frame: dict[str, object] = {**decode(json.dumps({"type": kind, **fields}), None)}
        assert frame["type"] == kind


def test_frames_are_compact() -> None:
    assert encode({"type": "beat", "seq": 3}) == '{"type":"beat","seq":3}'


def test_text_with_a_lone_surrogate_can_still_be_sent_as_utf_8() -> None:
    frame: SnapshotFrame = {"type": "snapshot", "v": 1, "build": "", **a_snapshot(epoch="ñ\ud800")}
    assert json.loads(encode(frame).encode("utf-8")) == frame
