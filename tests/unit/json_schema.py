"""Values against JSON Schemas: those words of draft 7 that docs/asyncapi.json uses; any other word is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

Json = Mapping[str, Any]

ANNOTATIONS: Final = frozenset({"description", "title"})
TYPES: Final[Mapping[str, type]] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None),
}  # fmt: skip


class Schemas:
    """The schemas of one document, whose `$ref`s are looked up in it."""

    def __init__(self, document: Json) -> None:
        self._document = document

    def named(self, reference: str) -> Any:
        """What a `$ref` of the document points to."""
        found: Any = self._document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        return found

    def problems(self, value: object, schema: Json, *, strict: bool = True, at: str = "$") -> list[str]:
        """What is wrong with the value; `strict`: also each field that the schema does not name."""
        return list(self._problems(value, schema, strict, at))

    def _problems(self, value: object, schema: Json, strict: bool, at: str) -> Iterator[str]:
        if "$ref" in schema:
            assert set(schema) == {"$ref"}, "what stands beside a $ref is ignored"
            schema = self.named(schema["$ref"])
        for word, said in schema.items():
            if word not in ANNOTATIONS and not self._holds(word, said, value, strict):
                yield f"{at}: {value!r:.80} is not {word} {said!r:.80}"
        if isinstance(value, dict):
            yield from self._fields(value, schema, strict, at)
        if isinstance(value, list) and "items" in schema:
            for place, item in enumerate(value):
                yield from self._problems(item, schema["items"], strict, f"{at}[{place}]")

    def _fields(self, value: Json, schema: Json, strict: bool, at: str) -> Iterator[str]:
        for name, item in value.items():
            known = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if known is not None:
                yield from self._problems(item, known, strict, f"{at}.{name}")
            elif strict and "type" in schema:
                yield f"{at}.{name}: in no schema"

    def _holds(self, word: str, said: Any, value: Any, strict: bool) -> bool:
        match word:
            case "type":
                return any(_is(value, name) for name in ([said] if isinstance(said, str) else said))
            case "const":
                return bool(value == said)
            case "enum":
                return value in said
            case "minimum":
                return not _is(value, "integer") or value >= said
            case "maximum":
                return not _is(value, "integer") or value <= said
            case "pattern":
                return not isinstance(value, str) or re.search(said, value) is not None
            case "format":
                assert said == "date-time"
                return not isinstance(value, str) or _is_instant(value)
            case "required":
                return not isinstance(value, dict) or value.keys() >= set(said)
            case "minItems":
                return not isinstance(value, list) or len(value) >= said
            case "maxItems":
                return not isinstance(value, list) or len(value) <= said
            case "oneOf":
                return sum(not self.problems(value, one, strict=strict) for one in said) == 1
            case "properties" | "additionalProperties" | "items":
                return True  # looked at one by one
            case _:
                raise AssertionError(f"{word} is no word of these schemas")


def _is(value: object, name: str) -> bool:
    # For Python `True` is an int.
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
