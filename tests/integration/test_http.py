"""The HTTP contract: who gets what, which status, and errors that a person and a program can read."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from sam.models import Usuario, ZipPart, ZipRequest
from sam.services.partes import BuiltArchive, claim_part, finish_part
from sam.storage import FileStorage
from tests.integration.making import make_empresa, make_usuario, real_database

pytestmark = real_database

JSON = {"Accept": "application/json"}
BYTES = bytes(range(256)) * 5000
PART_FIELDS = """
    id request number of state version attempt equipos done percent current bytes sha256 missing error position
    eta reason download downloaded_at extended queued_at started_at finished_at expires_at
"""


@pytest.fixture
def user() -> Usuario:
    return make_usuario(make_empresa(equipos=40, documents=False))


def signed_in(user: Usuario) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(client: Client, body: Any = None, **headers: str) -> Any:
    return client.post("/zip/solicitudes/", body or {}, content_type="application/json", headers={**JSON, **headers})


def finished_part(user: Usuario, storage: FileStorage) -> ZipPart:
    ask(signed_in(user))
    claim = claim_part(owner="w")
    assert claim is not None
    storage.write("zip_requests/x.zip", [BYTES])
    sha256 = hashlib.sha256(BYTES).hexdigest()
    finish_part(
        claim,
        BuiltArchive(
            key="zip_requests/x.zip",
            bytes=len(BYTES),
            sha256=sha256,
            manifest_sha256=sha256,
            registered=0,
            faltantes=[],
        ),
    )
    return ZipPart.objects.get(pk=claim.part_id)


PAGES = ["/informes/", "/historial/", "/notificaciones/"]


@pytest.mark.parametrize("path", PAGES)
def test_an_anonymous_person_is_led_to_the_login_and_back(path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 302
    assert response["Location"] == f"/entrar/?next={path.replace('/', '%2F')}"


def test_an_anonymous_program_gets_401() -> None:
    response = ask(Client())
    assert response.status_code == 401
    assert response.json()["error"] == "not_signed_in"


@pytest.mark.parametrize("path", PAGES)
def test_a_usuario_sees_the_pages(user: Usuario, path: str) -> None:
    response = signed_in(user).get(path)
    assert response.status_code == 200
    assert "text/html" in response["Content-Type"]


def test_the_root_leads_to_informes() -> None:
    assert Client().get("/")["Location"] == "/informes/"


def test_the_login_takes_username_and_password(user: Usuario) -> None:
    person = make_usuario(user.empresa, username="ana", password="una-clave-larga-9")
    response = Client().post("/entrar/", {"username": "ana", "password": "una-clave-larga-9"})
    assert (response.status_code, response["Location"]) == (302, "/informes/")
    refused = Client().post("/entrar/", {"username": person.username, "password": "otra"})
    assert refused.status_code == 200
    assert 'role="alert"' in refused.content.decode()


def test_logging_out_is_by_post_and_tells_the_sessions_sockets(user: Usuario, published: list[tuple[str, Any]]) -> None:
    client = signed_in(user)
    assert client.get("/salir/").status_code == 405
    assert client.post("/salir/").status_code == 302
    assert [message["type"] for _, message in published] == ["sam.session_ended"]
    assert client.get("/informes/").status_code == 302


def test_a_new_request_is_201_and_the_live_one_200(user: Usuario) -> None:
    client = signed_in(user)
    created = ask(client)
    assert created.status_code == 201
    assert [part["equipos"] for part in created.json()["parts"]] == [35, 5]
    again = ask(client)
    assert again.status_code == 200
    assert again.json()["id"] == created.json()["id"]


def test_a_form_goes_back_to_the_page(user: Usuario) -> None:
    response = signed_in(user).post("/zip/solicitudes/")
    assert (response.status_code, response["Location"]) == (303, "/informes/")
    assert ZipRequest.objects.count() == 1


def test_the_part_json_has_the_fields_of_the_contract(user: Usuario) -> None:
    (part, _) = ask(signed_in(user)).json()["parts"]
    assert set(part) == set(PART_FIELDS.split())
    assert part["state"] == "pending"
    assert part["position"] == 1
    assert part["reason"] == "no_workers"
    assert part["download"] is None


def test_no_equipos_is_422(user: Usuario) -> None:
    response = ask(signed_in(make_usuario(make_empresa("VACÍA", equipos=0))))
    assert (response.status_code, response.json()["error"]) == (422, "empty")


def test_past_the_hourly_limit_is_429_with_the_time_to_wait(user: Usuario) -> None:
    client = signed_in(user)
    for _ in range(settings.SAM.requests_per_hour):
        request_id = ask(client).json()["id"]
        client.post(f"/zip/solicitudes/{request_id}/cancelar/", headers=JSON)
    response = ask(client)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600


def test_staff_without_an_empresa_is_400_and_with_one_201(user: Usuario) -> None:
    client = signed_in(make_usuario(None, staff=True))
    assert ask(client).status_code == 400
    assert ask(client, {"empresa": user.empresa_id}).status_code == 201
    assert ask(client, {"empresa": 10**12}).status_code == 404


WRONG_BODIES: dict[str, Any] = {
    "a text": {"empresa": "uno"},
    "a list": {"empresa": [1]},
    "an object": {"empresa": {"id": 1}},
    "true": {"empresa": True},
    "a fraction": {"empresa": 1.5},
    "below nothing": {"empresa": -1},
    "nothing": {"empresa": 0},
    "more than a database holds": {"empresa": 2**63},
    "not an object": [1, 2],
    "not JSON": "{",
    "deep": "[" * 100_000,
    "a lone surrogate": '{"empresa": "\\ud800"}',
}


@pytest.mark.parametrize("body", WRONG_BODIES.values(), ids=WRONG_BODIES)
def test_a_wrong_body_is_400_in_spanish(user: Usuario, body: Any) -> None:
    for client in (signed_in(user), signed_in(make_usuario(None, staff=True))):
        response = ask(client, body)
        assert response.status_code == 400
        assert response.json()["error"] == "bad_input"
        assert response.json()["message"]
    assert not ZipRequest.objects.exists()


POSTS = [
    "/zip/solicitudes/",
    "/zip/solicitudes/1/cancelar/",
    "/zip/solicitudes/1/reintentar/",
    "/zip/partes/1/reintentar/",
    "/zip/partes/1/ampliar/",
]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_a_wrong_method_is_405(user: Usuario, path: str, method: str) -> None:
    response = getattr(signed_in(user), method)(path, headers=JSON)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert response.json()["error"] == "wrong_method"


@pytest.mark.parametrize("path", [*POSTS[1:], "/zip/partes/1/descargar/", "/zip/solicitudes/1/faltantes/"])
@pytest.mark.parametrize("number", ["1", "999999", "99999999999999999999999", "-1", "x"])
def test_what_is_not_there_is_404(user: Usuario, path: str, number: str) -> None:
    client = signed_in(user)
    path = path.replace("/1/", f"/{number}/")
    call = client.get if path.endswith(("descargar/", "faltantes/")) else client.post
    response = call(path, headers=JSON)
    assert response.status_code == 404
    assert response.json()["error"] == "not_found"


def test_the_objects_of_another_usuario_are_404(user: Usuario, file_storage: FileStorage) -> None:
    part = finished_part(user, file_storage)
    strangers = [make_usuario(user.empresa), make_usuario(make_empresa("OTRA"))]
    for client in map(signed_in, strangers):
        assert client.get(f"/zip/partes/{part.pk}/descargar/").status_code == 404
        assert client.get(f"/zip/solicitudes/{part.request_id}/faltantes/").status_code == 404
        for path in (f"/zip/solicitudes/{part.request_id}/cancelar/", f"/zip/partes/{part.pk}/reintentar/"):
            assert client.post(path).status_code == 404
        assert f'data-part-id="{part.pk}"' not in client.get("/informes/").content.decode()
        assert f"#{part.request_id}" not in client.get("/historial/").content.decode()


def test_a_foreign_page_cannot_post(user: Usuario) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    response = ask(client)
    assert (response.status_code, response.json()["error"]) == (403, "csrf")
    assert not ZipRequest.objects.exists()


def test_cancel_answers_the_same_again(user: Usuario) -> None:
    client = signed_in(user)
    request_id = ask(client).json()["id"]
    answers = [client.post(f"/zip/solicitudes/{request_id}/cancelar/", headers=JSON) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["state"] == "cancelled"


def test_retry_while_another_lives_is_409_with_its_id(user: Usuario) -> None:
    client = signed_in(user)
    older = ask(client).json()["id"]
    client.post(f"/zip/solicitudes/{older}/cancelar/")
    newer = ask(client).json()["id"]
    response = client.post(f"/zip/solicitudes/{older}/reintentar/", headers=JSON)
    assert response.status_code == 409
    assert response.json()["error"] == "live_request_exists"
    assert response.json()["request"] == newer


def test_a_refused_form_gets_the_same_status_as_a_page_that_says_why(user: Usuario) -> None:
    client = signed_in(user)
    request_id = ask(client).json()["id"]
    response = client.post(f"/zip/solicitudes/{request_id}/reintentar/")
    assert response.status_code == 409
    assert "No hay partes fallidas" in response.content.decode()
    assert signed_in(make_usuario(None, staff=True)).post("/zip/solicitudes/").status_code == 400


def test_a_session_cookie_that_is_none_is_an_anonymous_person() -> None:
    for cookie in ("a\0b", "x" * 100, "ñ", "../../etc"):
        client = Client()
        client.cookies["sessionid"] = cookie
        assert client.get("/informes/").status_code == 302


def test_a_part_that_is_not_ready_is_409_and_an_expired_one_410(user: Usuario, file_storage: FileStorage) -> None:
    part = finished_part(user, file_storage)
    client = signed_in(user)
    waiting = ZipPart.objects.get(request=part.request, state="pending")
    assert client.get(f"/zip/partes/{waiting.pk}/descargar/", headers=JSON).json()["error"] == "not_ready"
    ZipPart.objects.filter(pk=part.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(f"/zip/partes/{part.pk}/descargar/").status_code == 410


def body_of(response: Any) -> bytes:
    """What a client of the ASGI server would get."""

    async def collect() -> bytes:
        return b"".join([chunk async for chunk in response.streaming_content])

    body = async_to_sync(collect)() if response.streaming else response.content
    response.close()
    return bytes(body)


def download(user: Usuario, part: ZipPart, **headers: str) -> Any:
    return signed_in(user).get(f"/zip/partes/{part.pk}/descargar/", headers=headers)


def test_a_download_has_its_bytes_and_what_a_client_needs_to_go_on(user: Usuario, file_storage: FileStorage) -> None:
    part = finished_part(user, file_storage)
    response = download(user, part)
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(BYTES))
    assert response["Accept-Ranges"] == "bytes"
    assert response["ETag"] == f'"{hashlib.sha256(BYTES).hexdigest()}"'
    assert response["Content-Disposition"].startswith(
        'attachment; filename="SAM_Equipos_CERTIBOY_S.A.S_P1de2_EQ001-035_'
    )
    assert body_of(response) == BYTES


RANGES: dict[str, tuple[int, str | None, bytes]] = {
    "bytes=0-9": (206, f"bytes 0-9/{len(BYTES)}", BYTES[:10]),
    "bytes=1000000-": (206, f"bytes 1000000-{len(BYTES) - 1}/{len(BYTES)}", BYTES[1000000:]),
    "bytes=-5": (206, f"bytes {len(BYTES) - 5}-{len(BYTES) - 1}/{len(BYTES)}", BYTES[-5:]),
    "bytes=5-99999999999": (206, f"bytes 5-{len(BYTES) - 1}/{len(BYTES)}", BYTES[5:]),
    f"bytes={len(BYTES)}-": (416, f"bytes */{len(BYTES)}", b""),
    "bytes=-0": (416, f"bytes */{len(BYTES)}", b""),
    "bytes=0-": (206, f"bytes 0-{len(BYTES) - 1}/{len(BYTES)}", BYTES),
    "bytes=9-1": (200, None, BYTES),
    "bytes=0-1,5-6": (200, None, BYTES),
    "lines=0-1": (200, None, BYTES),
    "bytes=-": (200, None, BYTES),
}


@pytest.mark.parametrize(("asked", "answer"), RANGES.items(), ids=RANGES)
def test_a_range_is_answered_by_the_rfc(
    user: Usuario, file_storage: FileStorage, asked: str, answer: tuple[int, str | None, bytes]
) -> None:
    part = finished_part(user, file_storage)
    response = download(user, part, Range=asked)
    status, content_range, body = answer
    assert (response.status_code, response.get("Content-Range")) == (status, content_range)
    assert body_of(response) == body


def test_a_range_of_another_archive_is_answered_whole(user: Usuario, file_storage: FileStorage) -> None:
    part = finished_part(user, file_storage)
    response = download(user, part, Range="bytes=0-9", **{"If-Range": '"another"'})
    assert response.status_code == 200
    assert body_of(response) == BYTES


def test_head_tells_the_size_and_sends_nothing(user: Usuario, file_storage: FileStorage) -> None:
    part = finished_part(user, file_storage)
    response = signed_in(user).head(f"/zip/partes/{part.pk}/descargar/")
    assert response["Content-Length"] == str(len(BYTES))
    assert response.content == b""


def test_a_download_that_lasts_holds_no_connection_of_the_pool(user: Usuario, file_storage: FileStorage) -> None:
    part = finished_part(user, file_storage)
    client = signed_in(user)
    response = client.get(f"/zip/partes/{part.pk}/descargar/")
    assert response.status_code == 200
    assert connection.connection is None
    response.close()


def test_a_download_whose_bytes_are_gone_says_so_and_is_not_remembered(
    user: Usuario, file_storage: FileStorage
) -> None:
    part = finished_part(user, file_storage)
    file_storage.delete("zip_requests/x.zip")
    response = signed_in(user).get(f"/zip/partes/{part.pk}/descargar/", headers=JSON)
    assert (response.status_code, response.json()["error"]) == (503, "missing_object")
    assert ZipPart.objects.get(pk=part.pk).downloaded_at is None


def test_staff_open_what_a_usuario_may_not(user: Usuario) -> None:
    assert signed_in(user).get("/admin/").status_code == 302
    assert signed_in(make_usuario(None, staff=True, is_superuser=True)).get("/admin/").status_code == 200


def test_every_model_has_its_place_in_the_administration(user: Usuario) -> None:
    from django.apps import apps
    from django.contrib import admin

    client = signed_in(make_usuario(None, staff=True, is_superuser=True))
    for model in apps.get_app_config("sam").get_models():
        assert model in admin.site._registry, model
        assert client.get(f"/admin/sam/{model._meta.model_name}/").status_code == 200


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/readyz", 200), ("/healthz/worker", 503)])
def test_health_answers_without_a_session(path: str, status: int) -> None:
    assert Client().get(path).status_code == status


def test_pages_forbid_what_is_inline_or_from_elsewhere(user: Usuario) -> None:
    response = signed_in(user).get("/informes/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert "style=" not in page
    assert "<script>" not in page


def test_spanish_whatever_the_browser_prefers(user: Usuario) -> None:
    page = signed_in(user).get("/informes/", headers={"Accept-Language": "en"}).content.decode()
    assert '<html lang="es' in page
    assert "Solicitar ZIP" in page
