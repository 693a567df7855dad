"""The types of the wire as JSON Schemas, and the schemas of the document without what a type cannot say."""

from __future__ import annotations

import json
from collections.abc import Collection
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from tests.unit.json_schema import Schemas

# Words that say more of a value than its type does.
REFINEMENTS = {"description", "minimum", "maximum", "pattern", "format"}

Json = dict[str, Any]


def types_of(*unions: Any) -> dict[str, Any]:
    """Every TypedDict that these reach, by name."""
    found: dict[str, Any] = {}
    for union in unions:
        if is_typeddict(union) and union.__name__ not in found:
            found[union.__name__] = union
            found |= types_of(*get_type_hints(union).values())
        else:
            found |= types_of(*get_args(union))
    return found


def schema_of(hint: Any) -> Json:
    """The schema that a type is, without what it cannot say."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return schema_of(args[0])
    if origin in {Union, UnionType}:
        (other,) = (one for one in args if one is not NoneType)
        return {"nullable": schema_of(other)}
    if origin is Literal:
        return {"const": args[0]} if len(args) == 1 else {"type": "string"}
    if origin is list:
        return {"type": "array", "items": schema_of(args[0])}
    if origin is tuple:
        (item,) = {json.dumps(schema_of(one)) for one in args}
        return {"type": "array", "items": json.loads(item), "minItems": len(args), "maxItems": len(args)}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(args[1])}
    if is_typeddict(hint):
        return {"type": hint.__name__}
    return {"type": {int: "integer", float: "number", str: "string", bool: "boolean"}[hint]}


def plain(schema: Json, schemas: Schemas, types: Collection[str]) -> Json:
    """The same of a schema of the document."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return {"type": name} if name in types else plain(schemas.named(schema["$ref"]), schemas, types)
    if "oneOf" in schema:
        other, null = schema["oneOf"]
        assert null == {"type": "null"}
        return {"nullable": plain(other, schemas, types)}
    if "const" in schema:
        return {"const": schema["const"]}
    kept = {word: said for word, said in schema.items() if word not in REFINEMENTS}
    if isinstance(kept["type"], list):
        kept["type"], null = kept["type"]
        assert null == "null"
        return {"nullable": kept}
    if kept["type"] == "string":
        kept.pop("enum", None)  # compared by itself
    if "items" in kept:
        kept["items"] = plain(kept["items"], schemas, types)
        if "minItems" not in kept:
            kept.pop("maxItems", None)
    if "additionalProperties" in kept:
        kept["additionalProperties"] = plain(kept["additionalProperties"], schemas, types)
    return kept
