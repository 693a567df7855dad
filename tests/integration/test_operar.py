"""What operators do to the queue: it takes effect, it is recorded, and nobody else may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from sam import words
from sam.models import Empresa, OperatorAction, QueueControl, Usuario, WorkerBeat, ZipPart, ZipRequest
from sam.selectors.dia import retriable_reasons
from sam.selectors.tablero import digest
from sam.services import operar
from sam.services.cuidado import worker_seen
from sam.services.movimientos import settle_request
from sam.services.operar import Order, operate
from sam.services.partes import claim_part, fail_part
from sam.services.solicitudes import request_zip
from sam.states import FailureReason
from tests.integration.making import make_empresa, make_usuario, real_database

pytestmark = real_database

JSON = {"Accept": "application/json"}


@pytest.fixture
def operator() -> Usuario:
    user = make_usuario(None, username="operadora", staff=True)
    user.user_permissions.add(Permission.objects.get(codename="operate"))
    return Usuario.objects.get(pk=user.pk)


def order(actor: Usuario, action: str, **body: Any) -> Any:
    client = Client()
    client.force_login(actor)
    return client.post("/cola/acciones/", {"action": action, **body}, content_type="application/json", headers=JSON)


def changed(actor: Usuario, action: str, **body: Any) -> int:
    answer = order(actor, action, **body)
    assert answer.status_code == 200, answer.content
    found: int = answer.json()["changed"]
    return found


def waiting(*, equipos: int = 1) -> list[int]:
    """The parts of a new request of a new empresa."""
    request_id, _ = request_zip(actor=make_usuario(make_empresa(equipos=equipos)))
    return list(ZipPart.objects.filter(request=request_id).order_by("number").values_list("pk", flat=True))


def states(ids: list[int]) -> list[str]:
    return list(ZipPart.objects.filter(pk__in=ids).order_by("pk").values_list("state", flat=True))


def fail(reason: FailureReason) -> int:
    claim = claim_part(owner="w")
    assert claim is not None
    fail_part(claim, reason)
    return claim.part_id


def fail_database(*_args: Any, **_kwargs: Any) -> None:
    raise OperationalError("the connection was lost")


def test_cancel_ends_the_parts_that_live_and_no_others(operator: Usuario) -> None:
    one, other = waiting(equipos=36), waiting()
    assert changed(operator, "cancel", ids=[one[0], *other]) == 2
    assert states(one) == ["cancelled", "pending"]
    assert states(other) == ["cancelled"]
    assert changed(operator, "cancel", ids=[one[0]]) == 0


def test_retry_of_a_reason_retries_those_that_failed_so(operator: Usuario) -> None:
    ids = [part for _ in range(3) for part in waiting()]
    first = fail(FailureReason.STORAGE_UNAVAILABLE)
    second = fail(FailureReason.BUILD_ERROR)
    third = fail(FailureReason.STORAGE_UNAVAILABLE)
    assert {first, second, third} == set(ids)
    assert changed(operator, "retry_reason", reason="storage_unavailable") == 2
    assert set(ZipPart.objects.filter(state="pending").values_list("pk", flat=True)) == {first, third}


def test_what_may_not_be_retried_takes_no_place_from_what_may(
    operator: Usuario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operar, "MOST_IDS", 2)
    older = [part for _ in range(3) for part in waiting()]
    for _ in older:
        fail(FailureReason.STORAGE_UNAVAILABLE)
    for _ in range(2):  # the newest, of usuarios who have asked again since
        user = make_usuario(make_empresa(equipos=1))
        request_zip(actor=user)
        fail(FailureReason.STORAGE_UNAVAILABLE)
        request_zip(actor=user)
        changed(operator, "pause", empresa=user.empresa_id)
    assert changed(operator, "retry_reason", reason="storage_unavailable") == 2
    assert changed(operator, "retry_reason", reason="storage_unavailable") == 1
    assert states(older) == ["pending"] * 3
    assert OperatorAction.objects.latest("pk").changed == 1


def test_the_digest_says_what_may_be_retried_and_how_many(operator: Usuario) -> None:
    assert digest()["reasons"] == []
    waiting(), waiting()
    fail(FailureReason.BUILD_ERROR), fail(FailureReason.BUILD_ERROR)
    assert [(one["reason"], one["n"]) for one in digest()["reasons"]] == [("build_error", 2)]
    changed(operator, "retry_reason", reason="build_error")
    assert digest()["reasons"] == []


def test_a_part_that_is_retried_is_no_longer_before_all_others(operator: Usuario) -> None:
    (part,) = waiting()
    changed(operator, "priority", ids=[part], why="auditoría mañana")
    changed(operator, "cancel", ids=[part])
    changed(operator, "retry", ids=[part])
    assert ZipPart.objects.get(pk=part).priority == 0


def test_to_resume_what_is_not_paused_leaves_everything_where_it_is(operator: Usuario) -> None:
    (part,) = waiting()
    empresa = ZipRequest.objects.get().empresa_id
    ZipPart.objects.filter(pk=part).update(turn=-5.0)
    assert changed(operator, "resume", empresa=empresa) == 0
    assert ZipPart.objects.get(pk=part).turn == -5.0


def test_an_order_about_hundreds_of_parts_is_recorded_whole_and_told_in_a_line(operator: Usuario) -> None:
    many = list(range(10**6, 10**6 + 500))
    changed(operator, "cancel", ids=many)
    assert OperatorAction.objects.get().target == f"partes {', '.join(map(str, many))}"
    (told,) = digest()["orders"]
    assert told["what"] == f"Cancelar: partes {', '.join(map(str, many[:8]))} y 492 más"
    changed(operator, "cancel", ids=[5, 6])
    assert digest()["orders"][0]["what"] == "Cancelar: partes 5, 6"


def test_what_failed_too_long_ago_to_be_retried_hides_nothing_that_can_be(operator: Usuario) -> None:
    waiting()
    old = fail(FailureReason.BUILD_ERROR)
    long_ago = timezone.now() - timedelta(days=8)
    ZipPart.objects.filter(pk=old).update(finished_at=long_ago)
    ZipRequest.objects.update(ended_at=long_ago)
    waiting()
    new = fail(FailureReason.BUILD_ERROR)
    assert [reason["n"] for reason in retriable_reasons()] == [1]
    assert changed(operator, "retry_reason", reason="build_error") == 1
    assert states([old, new]) == ["failed", "pending"]


def test_retry_leaves_alone_a_request_whose_requester_has_a_newer_one(operator: Usuario) -> None:
    user = make_usuario(make_empresa(equipos=1))
    request_zip(actor=user)
    failed = fail(FailureReason.BUILD_ERROR)
    request_zip(actor=user)
    other = waiting()
    changed(operator, "cancel", ids=other)
    assert changed(operator, "retry", ids=[failed, *other]) == 1
    assert states([failed]) == ["failed"]
    assert states(other) == ["pending"]


def test_priority_puts_a_part_before_all_others_and_needs_a_reason(operator: Usuario) -> None:
    waiting()
    last = waiting()
    refused = order(operator, "priority", ids=last)
    assert refused.status_code == 400
    assert refused.json()["message"] == "Escriba por qué."
    assert changed(operator, "priority", ids=last, why="auditoría mañana") == 1
    claim = claim_part(owner="w")
    assert claim is not None
    assert claim.part_id == last[0]
    assert OperatorAction.objects.get().why == "auditoría mañana"


def test_a_paused_queue_begins_nothing_until_it_goes_on(operator: Usuario) -> None:
    waiting()
    assert changed(operator, "pause", why="mantenimiento") == 1
    assert changed(operator, "pause") == 0
    assert claim_part(owner="w") is None
    assert changed(operator, "resume") == 1
    assert claim_part(owner="w") is not None
    assert QueueControl.objects.get().paused_at is None


def test_a_paused_empresa_waits_while_others_are_built(operator: Usuario) -> None:
    mine, others = waiting(), waiting()
    empresa = Empresa.objects.get(solicitudes__parts=mine[0])
    assert changed(operator, "pause", empresa=empresa.pk) == 1
    claim = claim_part(owner="w")
    assert claim is not None
    assert claim.part_id == others[0]
    assert claim_part(owner="w") is None
    assert changed(operator, "resume", empresa=empresa.pk) == 1
    assert claim_part(owner="w") is not None


def test_a_worker_is_asked_to_be_quiet_and_hears_it_with_its_next_beat(operator: Usuario) -> None:
    about: dict[str, Any] = {"name": "w", "host": "h", "version": "1", "slots": 2, "memory_bytes": 5}
    assert worker_seen(**about) is False
    assert changed(operator, "quiet", workers=["w", "nobody"]) == 1
    assert worker_seen(**about) is True
    assert changed(operator, "unquiet", ids=["w"]) == 1
    assert worker_seen(**about) is False
    assert WorkerBeat.objects.get().memory_bytes == 5


def test_a_quiet_worker_takes_nothing_from_the_moment_of_the_answer(operator: Usuario) -> None:
    (part,) = waiting()
    worker_seen(name="w", host="h", version="1", slots=2, memory_bytes=5)
    changed(operator, "quiet", workers=["w"])
    assert claim_part(owner="w") is None
    assert states([part]) == ["pending"]
    assert claim_part(owner="another") is not None


def test_each_order_is_recorded_with_who_what_and_why_though_it_changed_nothing(operator: Usuario) -> None:
    part = waiting()[0]
    changed(operator, "cancel", ids=[part], why=" duplicada ")
    changed(operator, "cancel", ids=[part])
    changed(operator, "pause")
    rows = OperatorAction.objects.order_by("id").values_list("usuario", "action", "target", "changed", "why")
    assert list(rows) == [
        (operator.pk, "cancel", f"parte {part}", 1, "duplicada"),
        (operator.pk, "cancel", f"parte {part}", 0, ""),
        (operator.pk, "pause", "toda la cola", 1, ""),
    ]


def test_the_record_of_an_order_that_fails_half_way_tells_of_the_half(
    operator: Usuario, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = waiting(), waiting()
    settled = iter([settle_request])

    def settle_one(*args: Any, **kwargs: Any) -> None:
        next(settled, fail_database)(*args, **kwargs)

    monkeypatch.setattr(operar, "settle_request", settle_one)
    with pytest.raises(OperationalError):
        operate(actor=operator, order=Order(action="cancel", parts=(*one, *other)))
    assert [*states(one), *states(other)] == ["cancelled", "pending"]
    assert OperatorAction.objects.get().changed == 1


def test_a_form_goes_back_to_the_page(operator: Usuario) -> None:
    one, other = waiting()[0], waiting()[0]
    client = Client()
    client.force_login(operator)
    form = {"action": "cancel", "ids": [str(one), str(other)], "why": ""}
    asked = client.post("/cola/acciones/", form)
    assert states([one, other]) == ["pending", "pending"], "it is asked first"
    page = asked.content.decode()
    assert "¿Cancelar?" in page
    assert [f'name="ids" value="{part}"' in page for part in (one, other)] == [True, True]
    answer = client.post("/cola/acciones/", {**form, "confirmada": "1"})
    assert (answer.status_code, answer["Location"]) == (303, "/cola/")
    assert states([one, other]) == ["cancelled", "cancelled"]


def test_a_form_that_makes_no_sense_is_refused_before_it_is_asked(operator: Usuario) -> None:
    client = Client()
    client.force_login(operator)
    for form in ({"action": "explode"}, {"action": "cancel"}, {"action": "retry_reason", "reason": "x"}):
        assert client.post("/cola/acciones/", form).status_code == 400
    assert not OperatorAction.objects.exists()


@pytest.mark.parametrize("about", ["parts", "workers", "empresa", "reason", "queue"])
def test_a_form_is_asked_with_what_it_is_about(operator: Usuario, about: str) -> None:
    (part,) = waiting()
    row = ZipPart.objects.select_related("request__empresa").get()
    forms: dict[str, tuple[dict[str, Any], str]] = {
        "parts": ({"action": "priority", "ids": [part]}, f"Parte 1 de 1 · solicitud {row.request_id}"),
        "workers": ({"action": "quiet", "workers": ["w<1>"]}, "w&lt;1&gt;"),
        "empresa": ({"action": "pause", "empresa": row.request.empresa_id}, row.request.empresa.nombre),
        "reason": ({"action": "retry_reason", "reason": "worker_lost"}, words.ERRORS["worker_lost"]),
        "queue": ({"action": "pause"}, "Toda la cola"),
    }
    form, said = forms[about]
    client = Client()
    client.force_login(operator)
    page = client.post("/cola/acciones/", form).content.decode()
    assert said in page
    assert (" required" in page.partition("<textarea")[2].partition(">")[0]) == (about == "parts")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": 5},
        {"action": "explode", "ids": [1]},
        {"action": "cancel"},
        {"action": "cancel", "ids": []},
        {"action": "cancel", "ids": "1"},
        {"action": "cancel", "ids": [True]},
        {"action": "cancel", "ids": [-1]},
        {"action": "cancel", "ids": ["x"]},
        {"action": "cancel", "ids": [2**63]},
        {"action": "cancel", "ids": list(range(1, 502))},
        {"action": "quiet"},
        {"action": "quiet", "workers": "w"},
        {"action": "retry_reason"},
        {"action": "retry_reason", "reason": "mala suerte"},
        {"action": "retry_reason", "reason": ["build_error"]},
        {"action": "priority", "ids": [1], "why": "   "},
        {"action": "pause", "empresa": "todas"},
        {"action": "cancel", "ids": [1], "why": {}},
        {"action": "cancel", "ids": [1], "why": "nulo \0"},
        {"action": "quiet", "workers": ["medio \ud800"]},
        {"action": "quiet", "workers": ["w" * 101]},
        {"action": "pause", "ids": [1]},
        {"action": "resume", "reason": "build_error"},
        {"action": "retry_reason", "reason": "build_error", "ids": [1]},
        {"action": "cancel", "ids": [1], "empresa": 1},
    ],
)
def test_an_order_that_makes_no_sense_is_refused_in_words_and_changes_nothing(
    operator: Usuario, body: dict[str, Any]
) -> None:
    part = waiting()
    client = Client()
    client.force_login(operator)
    answer = client.post("/cola/acciones/", body, content_type="application/json", headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"] == "bad_input"
    assert answer.json()["message"].endswith(".")
    assert states(part) == ["pending"]
    assert not OperatorAction.objects.exists()


def test_an_order_to_an_empresa_that_is_not_there_is_404(operator: Usuario) -> None:
    assert order(operator, "pause", empresa=999_999).status_code == 404


def test_read_only_staff_and_usuarios_are_refused_by_the_server(operator: Usuario) -> None:
    part = waiting()
    reader = make_usuario(None, staff=True)
    usuario = make_usuario(make_empresa())
    usuario.user_permissions.add(Permission.objects.get(codename="operate"))
    for actor in (reader, usuario):
        for action in ("cancel", "retry", "pause", "quiet"):
            answer = order(actor, action, ids=part, workers=["w"])
            assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert states(part) == ["pending"]
    assert not OperatorAction.objects.exists()
    assert not QueueControl.objects.exists()
