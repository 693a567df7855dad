"""docs/asyncapi.json says what the types of the wire say, and what real frames are; neither changes without the other.

The frames are those of tests/vectors/entrega.json, which the real services made, and what a real session answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NotRequired, get_args, get_origin, get_type_hints

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from realtime import protocol
from realtime.protocol import ClientFrame, CloseCode, ErrorCode, FrameError, ServerFrame, decode, encode
from realtime.session import Session
from sam.events import PROTOCOL_VERSION
from sam.models.entrega import NotificacionKind
from sam.selectors.entrega import LATEST_NOTIFICATIONS
from sam.states import FailureReason, PartState, RequestState
from sam.words import ERRORS, REASONS
from tests.realtime.frames import a_snapshot
from tests.unit.json_schema import Schemas
from tests.unit.wire_types import plain, schema_of, types_of

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = json.loads((ROOT / "docs" / "asyncapi.json").read_text(encoding="utf-8"))
VECTORS = json.loads((ROOT / "tests" / "vectors" / "entrega.json").read_text(encoding="utf-8"))
CHANNEL = DOCUMENT["channels"]["live"]
MESSAGES = DOCUMENT["components"]["messages"]
NAMED = DOCUMENT["components"]["schemas"]
SCHEMAS = Schemas(DOCUMENT)

Json = dict[str, Any]

# Words that a `str` of the types may be: each list, and where the code has it.
WORDS = {
    "PartState": list(PartState),
    "RequestState": list(RequestState),
    "FailureReason": list(FailureReason),
    "WaitReason": list(REASONS),
    "NotificacionKind": NotificacionKind.values,
    "ErrorCode": list(get_args(ErrorCode)),
}
# What the types call `int`, `str` and a pair of `str`, said more exactly.
SCALARS = {"Id", "Count", "Instant", "Span"}
TYPES = types_of(ServerFrame, ClientFrame)


# ── the types ──


@pytest.mark.parametrize("name", TYPES)
def test_a_type_and_its_schema_have_the_same_fields(name: str) -> None:
    hints = get_type_hints(TYPES[name], include_extras=True)
    schema = NAMED[name]
    assert schema["type"] == "object"
    assert schema["required"] == [field for field, hint in hints.items() if get_origin(hint) is not NotRequired]
    assert {field: plain(one, SCHEMAS, TYPES) for field, one in schema["properties"].items()} == {
        field: schema_of(hint) for field, hint in hints.items()
    }


def test_there_is_no_schema_but_of_a_type_a_list_of_words_or_a_scalar() -> None:
    assert set(NAMED) == set(TYPES) | set(WORDS) | SCALARS


@pytest.mark.parametrize("name", WORDS)
def test_a_list_of_words_is_the_codes(name: str) -> None:
    assert NAMED[name]["enum"] == WORDS[name]


def test_the_words_are_where_they_are_meant() -> None:
    part, error = NAMED["PartJSON"]["properties"], NAMED["ErrorFrame"]["properties"]["code"]
    request, notification = NAMED["RequestSummaryJSON"]["properties"], NAMED["NotificationJSON"]["properties"]
    used = [part["state"], request["state"], *nullable(part, "error", "reason"), notification["kind"], error]
    assert [one["$ref"].rsplit("/", 1)[1] for one in used] == list(WORDS)
    assert set(ERRORS) == set(FailureReason)


def test_numbers_are_the_codes() -> None:
    assert NAMED["Id"]["maximum"] == protocol.MAX_ID
    assert NAMED["NotificationsJSON"]["properties"]["latest"]["maxItems"] == LATEST_NOTIFICATIONS


# ── the document around them ──


@pytest.mark.parametrize(("action", "union"), [("send", ServerFrame), ("receive", ClientFrame)])
def test_each_frame_is_a_message_of_its_direction(action: str, union: Any) -> None:
    operations = [one for one in DOCUMENT["operations"].values() if one["action"] == action]
    names = [SCHEMAS.named(SCHEMAS.named(ref["$ref"])["$ref"])["name"] for one in operations for ref in one["messages"]]
    assert names == [get_args(get_type_hints(frame)["type"])[0] for frame in get_args(union)]
    for name, frame in zip(names, get_args(union), strict=True):
        assert CHANNEL["messages"][name] == {"$ref": f"#/components/messages/{name}"}
        assert MESSAGES[name]["payload"] == {"$ref": f"#/components/schemas/{frame.__name__}"}


def test_every_message_has_its_operation() -> None:
    operations = DOCUMENT["operations"].values()
    told = [ref["$ref"].rsplit("/", 1)[1] for one in operations for ref in one["messages"]]
    assert told == list(CHANNEL["messages"]) == list(MESSAGES)


def test_every_reference_leads_somewhere() -> None:
    references = list(references_in(DOCUMENT))
    assert len(references) > len(NAMED)
    for reference in references:
        assert SCHEMAS.named(reference)


def test_close_codes_are_the_codes() -> None:
    assert [(one["code"], one["name"]) for one in CHANNEL["x-close-codes"]] == [(one, one.name) for one in CloseCode]


def test_limits_are_the_codes() -> None:
    limits = {name: value for name, value in vars(protocol).items() if name.isupper() and isinstance(value, int)}
    del limits["MAX_ID"]
    assert {name: one["value"] for name, one in CHANNEL["x-limits"].items()} == limits


def test_what_the_page_says_of_limits_and_codes_is_said_here_too() -> None:
    page = (ROOT / "docs" / "protocolo.md").read_text(encoding="utf-8")
    for name, limit in CHANNEL["x-limits"].items():
        assert f"| `{name}` | {limit['value']} | {limit['description']} |" in page
    for one in CHANNEL["x-close-codes"]:
        assert f"| {one['code']} | `{one['name']}` | {one['when']} | {one['client']} |" in page


def test_version_cookie_and_address_are_the_codes() -> None:
    session = DOCUMENT["components"]["securitySchemes"]["session"]
    assert DOCUMENT["info"]["version"] == str(PROTOCOL_VERSION)
    assert (session["name"], session["in"]) == (settings.SESSION_COOKIE_NAME, "cookie")
    assert f'SOCKET_PATH = "{CHANNEL["address"]}"' in (ROOT / "realtime" / "asgi.py").read_text()


# ── real frames ──


def recorded() -> Iterator[tuple[str, Json]]:
    for vector in VECTORS:
        for frame in (vector["before"], *vector["frames"], vector["after"]):
            yield vector["name"], frame


def answered() -> Iterator[Json]:
    """What a session says by itself."""
    session = Session(is_staff=False, now=0.0, build="3f2a9c41")
    session.need_snapshot()
    frames = [*session.on_snapshot(a_snapshot(7)).send, *session.beat().send]
    for minute, code in enumerate(get_args(ErrorCode)):
        frames += session.complain(code, now=60.0 * minute).send
    for frame in frames:
        yield json.loads(encode(frame))


def problems(frame: Json, *, strict: bool = True) -> list[str]:
    if frame.get("type") not in list(MESSAGES):
        return ["no message"]
    return SCHEMAS.problems(frame, MESSAGES[frame["type"]]["payload"], strict=strict)


def test_every_recorded_frame_is_as_the_document_says() -> None:
    for name, frame in recorded():
        assert problems(frame) == [], name


def test_every_answer_of_a_session_is_as_the_document_says() -> None:
    frames = list(answered())
    assert [frame["code"] for frame in frames if frame["type"] == "error"] == list(get_args(ErrorCode))
    for frame in frames:
        assert problems(frame) == []


def test_all_that_the_server_sends_was_seen() -> None:
    seen = {frame["type"] for _, frame in recorded()} | {frame["type"] for frame in answered()}
    server = {get_args(get_type_hints(frame)["type"])[0] for frame in get_args(ServerFrame)}
    assert server - seen == {"queue"}  # nothing publishes it yet


def test_a_frame_with_a_field_left_out_renamed_or_of_another_kind_is_none() -> None:
    kinds = {frame["type"]: frame for _, frame in recorded()} | {frame["type"]: frame for frame in answered()}
    full = next(f for _, f in recorded() if {"part", "request", "notification"} <= f.keys())
    for frame in [full, *kinds.values()]:
        for place, field in list(fields_of(frame)):
            value = place.pop(field)
            assert problems(frame) or field in {"part", "request", "notification"}, field
            place["otro"] = value
            assert problems(frame), f"{field} renamed"
            del place["otro"]
            place[field] = {} if isinstance(value, list) else []
            assert problems(frame), f"{field} of another kind"
            place[field] = value
        assert problems(frame) == []


def test_examples_are_real() -> None:
    for name, message in MESSAGES.items():
        assert message["examples"]
        for example in message["examples"]:
            assert (example["payload"]["type"], problems(example["payload"])) == (name, [])


junk = st.one_of(st.none(), st.booleans(), st.integers(), st.just(2**63), st.text(max_size=5), st.just([]))
said = st.fixed_dictionaries(
    {"type": st.sampled_from(["ping", "resync", "subscribe", "unsubscribe", "read", "beat", "nada"])},
    optional={"topic": st.just("queue") | junk, "notification": st.integers(1, protocol.MAX_ID) | junk, "x": junk},
)


@given(said)
def test_what_the_server_takes_from_a_client_is_what_the_document_lets_it_say(frame: Json) -> None:
    try:
        decode(json.dumps(frame), None)
    except FrameError:
        taken = False
    else:
        taken = True
    client = {get_args(get_type_hints(one)["type"])[0] for one in get_args(ClientFrame)}
    assert taken == (frame["type"] in client and problems(frame, strict=False) == [])


def nullable(properties: Json, *fields: str) -> list[Json]:
    return [properties[field]["oneOf"][0] for field in fields]


def references_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from references_in(one)


def fields_of(value: Any) -> Iterator[tuple[Json, str]]:
    """Each field of a frame, and of the first of each list in it: (where it is, its name)."""
    if isinstance(value, dict):
        for name in list(value):
            yield value, name
            if not (name == "parts" and isinstance(value[name], dict)):
                yield from fields_of(value[name])
    if isinstance(value, list) and value:
        yield from fields_of(value[0])
