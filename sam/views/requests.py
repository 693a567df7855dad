"""Reading a request: who asks, what form the answer shall have, and typed values from an untrusted body."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from sam.errors import BadInput, Forbidden, NotSignedIn, WrongMethod
from sam.models import Usuario

P = ParamSpec("P")
LARGEST_ID = 2**63 - 1
JSON = "application/json"


def wants_json(request: HttpRequest) -> bool:
    """Whether the client prefers JSON to a page, or sent JSON and does not care."""
    preferred = request.get_preferred_type(["text/html", JSON])
    if preferred == "text/html" and "text/html" not in request.headers.get("Accept", ""):
        return request.content_type == JSON
    return preferred == JSON


def signed_in(
    *methods: str, staff: bool = False
) -> Callable[
    [Callable[Concatenate[HttpRequest, Usuario, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """A view for these methods and for somebody who is signed in (staff, where so said); passes the usuario on."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, Usuario, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in methods:
                raise WrongMethod(*methods)
            user = request.user
            if not isinstance(user, Usuario):
                raise NotSignedIn
            if staff and not user.is_staff:
                raise Forbidden
            return view(request, user, *args, **kwargs)

        return guarded

    return decorate


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The fields of a form or of a JSON object; raises BadInput for anything else."""
    if request.content_type != JSON:
        return request.POST.dict()
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadInput("El cuerpo no es JSON válido.") from error
    if not isinstance(body, dict):
        raise BadInput("El cuerpo JSON tiene que ser un objeto.")
    return body


def id_in(body: dict[str, Any], name: str) -> int | None:
    """A positive whole number, or None where it is absent; raises BadInput naming the field."""
    value = body.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST_ID:
        raise BadInput(f"«{name}» tiene que ser un número entero positivo.")
    return value


def storable(text: str, name: str) -> str:
    """Text that every database takes; raises BadInput naming the field for a NUL or half a surrogate pair."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput(f"«{name}» tiene caracteres que no son texto.")
    return text
