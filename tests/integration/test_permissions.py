"""Who may do what: every path, every order to the queue and every topic, for each kind of person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern, get_resolver

from realtime.session import Session
from sam.models import Usuario, ZipPart
from sam.selectors.sesiones import session_user
from sam.selectors.tablero import digest_for
from sam.services.operar import ACTIONS
from sam.services.solicitudes import request_zip
from tests.integration.making import make_empresa, make_usuario, real_database

pytestmark = real_database

PEOPLE: Final = ("anonymous", "stranger", "requester", "reader", "operator", "superuser")
JSON: Final = {"Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class World:
    """A requester with one part that waits, and the ids that paths name."""

    requester: Usuario
    part_id: int
    request_id: int


def make_world() -> World:
    requester = make_usuario(make_empresa(equipos=1))
    request_id, _ = request_zip(actor=requester)
    return World(requester, ZipPart.objects.get(request=request_id).pk, request_id)


def person(kind: str, world: World) -> Usuario | None:
    match kind:
        case "anonymous":
            return None
        case "stranger":
            return make_usuario(make_empresa(equipos=1))
        case "requester":
            return world.requester
        case "superuser":
            return make_usuario(None, staff=True, is_superuser=True)
    staff = make_usuario(None, staff=True)
    if kind == "operator":
        staff.user_permissions.add(Permission.objects.get(codename="operate"))
    return staff


def client_of(user: Usuario | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def row(*statuses: int) -> Mapping[str, int]:
    return dict(zip(PEOPLE, statuses, strict=True))


# Each named path: its method, its address, and what each person gets who asks as a program does.
#                                                anonymous stranger requester reader operator superuser
EVERYBODY = row(200, 200, 200, 200, 200, 200)
SIGNED_IN = row(401, 200, 200, 200, 200, 200)
STAFF = row(401, 403, 403, 200, 200, 200)
PATHS: Final[dict[str, tuple[str, str, Mapping[str, int]]]] = {
    "inicio": ("GET", "/", row(302, 302, 302, 302, 302, 302)),
    "entrar": ("GET", "/entrar/", row(200, 302, 302, 302, 302, 302)),
    "salir": ("POST", "/salir/", row(302, 302, 302, 302, 302, 302)),
    "informes": ("GET", "/informes/", SIGNED_IN),
    "historial": ("GET", "/historial/", SIGNED_IN),
    "notificaciones": ("GET", "/notificaciones/", SIGNED_IN),
    "zip-solicitar": ("POST", "/zip/solicitudes/", row(401, 201, 200, 400, 400, 400)),
    "zip-cancelar": ("POST", "/zip/solicitudes/{request}/cancelar/", row(401, 404, 200, 403, 200, 200)),
    "zip-reintentar": ("POST", "/zip/solicitudes/{request}/reintentar/", row(401, 404, 409, 403, 409, 409)),
    "faltantes": ("GET", "/zip/solicitudes/{request}/faltantes/", row(401, 404, 200, 200, 200, 200)),
    "parte-reintentar": ("POST", "/zip/partes/{part}/reintentar/", row(401, 404, 409, 403, 409, 409)),
    "parte-ampliar": ("POST", "/zip/partes/{part}/ampliar/", row(401, 404, 409, 403, 409, 409)),
    "parte-descargar": ("GET", "/zip/partes/{part}/descargar/", row(401, 404, 409, 409, 409, 409)),
    "cola": ("GET", "/cola/", STAFF),
    "cola-parte": ("GET", "/cola/partes/{part}/", STAFF),
    "cola-acciones": ("POST", "/cola/acciones/", row(401, 403, 403, 403, 400, 400)),
    "cola-rendimiento": ("GET", "/cola/rendimiento/", STAFF),
    "cola-rendimiento-csv": ("GET", "/cola/rendimiento.csv", STAFF),
    "verificar": ("GET", "/verificar/", EVERYBODY),
    "verificar-manifiesto": ("GET", f"/verificar/manifiesto/{'a' * 64}/", EVERYBODY),
    "healthz": ("GET", "/healthz", EVERYBODY),
    "readyz": ("GET", "/readyz", EVERYBODY),
    "healthz-worker": ("GET", "/healthz/worker", row(503, 503, 503, 503, 503, 503)),
    "metrics": ("GET", "/metrics", row(404, 404, 404, 404, 404, 404)),
}


def test_every_path_is_in_the_table() -> None:
    named = {one.name for one in get_resolver().url_patterns if isinstance(one, URLPattern)}
    assert named == set(PATHS)


@pytest.mark.parametrize("name", PATHS)
def test_each_person_gets_of_a_path_what_is_theirs(name: str) -> None:
    method, address, expected = PATHS[name]
    world = make_world()
    found = {}
    for kind in PEOPLE:
        path = address.format(request=world.request_id, part=world.part_id)
        ask: Callable[..., Any] = getattr(client_of(person(kind, world)), method.lower())
        found[kind] = ask(path, headers=JSON).status_code
    assert found == expected


PAGES_OF_STAFF = ("/cola/", "/cola/rendimiento/", "/cola/partes/{part}/")


@pytest.mark.parametrize("path", PAGES_OF_STAFF)
def test_the_pages_of_staff_lead_an_anonymous_person_to_the_login_and_a_usuario_nowhere(path: str) -> None:
    world = make_world()
    address = path.format(part=world.part_id)
    anonymous = Client().get(address)
    assert anonymous.status_code == 302
    assert anonymous["Location"].startswith("/entrar/?next=%2Fcola%2F")
    assert client_of(world.requester).get(address).status_code == 403


BODIES: Final[dict[str, Callable[[World], dict[str, Any]]]] = {
    "cancel": lambda world: {"ids": [world.part_id]},
    "retry": lambda world: {"ids": [world.part_id]},
    "retry_reason": lambda world: {"reason": "build_error"},
    "priority": lambda world: {"ids": [world.part_id], "why": "urge"},
    "pause": lambda world: {"empresa": world.requester.empresa_id},
    "resume": lambda world: {"empresa": world.requester.empresa_id},
    "quiet": lambda world: {"workers": ["w"]},
    "unquiet": lambda world: {"workers": ["w"]},
}


def test_every_order_is_in_the_table() -> None:
    assert set(BODIES) == set(ACTIONS)


@pytest.mark.parametrize("action", BODIES)
def test_only_operators_give_orders(action: str) -> None:
    world = make_world()
    found = {}
    for kind in PEOPLE:
        body = {"action": action, **BODIES[action](world)}
        client = client_of(person(kind, world))
        answer = client.post("/cola/acciones/", body, content_type="application/json", headers=JSON)
        found[kind] = answer.status_code
    assert found == row(401, 403, 403, 403, 200, 200)


def test_only_staff_may_watch_the_queue() -> None:
    """The one topic: what a socket of each person is told, and whether the digest is made for them."""
    world = make_world()
    found = {}
    for kind in PEOPLE:
        user = person(kind, world)
        client = client_of(user)
        known = session_user(client.session.session_key if user else None)
        if known is None:
            found[kind] = "no session"
            continue
        session = Session(is_staff=known.is_staff, now=0)
        step = session.on_client('{"type":"subscribe","topic":"queue"}', None, now=1)
        allowed, _ = digest_for([known.user_id])
        assert session.watches_queue == (known.user_id in allowed)
        assert step.close is None
        found[kind] = "queue" if session.watches_queue else "nothing"
    assert found == dict(zip(PEOPLE, ["no session", "nothing", "nothing", "queue", "queue", "queue"], strict=True))
