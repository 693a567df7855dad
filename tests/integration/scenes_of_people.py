"""What usuarios do to what they see, as scenes: before the `yield` so it was, after it the service."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

from sam.models import Notificacion, Usuario, ZipRequest
from sam.services import entrega
from sam.services.cuidado import expire_parts, reap_lost_parts
from sam.services.notificaciones import read_notification
from sam.services.operar import Order, operate
from sam.services.partes import fail_part, hand_back, show_progress
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request, extend_part, give_download, retry_part, retry_request, retry_request_parts
from sam.states import FailureReason
from tests.integration.making import make_usuario
from tests.integration.staging import SHOWN_REQUESTS, about, asked, claim, finish, let_expire, lose, over, somebody


@about(request_zip)
def the_first_request() -> Iterator[Usuario]:
    user = somebody(parts=2)
    yield user
    request_zip(actor=user)


@about(request_zip)
def a_request_beside_one_that_is_over() -> Iterator[Usuario]:
    user = somebody()
    finish(asked(user))
    yield user
    request_zip(actor=user)


@about(request_zip)
def of_more_parts_than_are_told_in_frames() -> Iterator[Usuario]:
    user = somebody(parts=3)
    yield user
    with patch.object(entrega, "FRAMES_AT_MOST", 2):
        request_zip(actor=user)


@about(request_zip)
def one_more_than_a_page_shows() -> Iterator[Usuario]:
    user = somebody()
    over(user, requests=SHOWN_REQUESTS)
    yield user
    request_zip(actor=user)


@about(cancel_request)
def of_which_one_part_is_built_and_one_waits() -> Iterator[Usuario]:
    user = somebody(parts=3)
    mine = asked(user)
    finish(mine)
    claim()
    yield user
    cancel_request(actor=user, request_id=mine.request_id)


@about(cancel_request)
def by_an_operator() -> Iterator[Usuario]:
    user = somebody()
    request_id, _ = request_zip(actor=user)
    yield user
    cancel_request(actor=make_usuario(None, staff=True, is_superuser=True), request_id=request_id)


@about(retry_request)
def of_parts_that_failed_and_were_cancelled() -> Iterator[Usuario]:
    user = somebody(parts=3)
    mine = asked(user)
    finish(mine)
    fail_part(claim(), FailureReason.BUILD_ERROR)
    cancel_request(actor=user, request_id=mine.request_id)
    yield user
    retry_request(actor=user, request_id=mine.request_id)


@about(retry_request)
def whose_time_was_over_before_anybody_marked_it() -> Iterator[Usuario]:
    user = somebody(parts=2)
    mine = asked(user)
    finish(mine)
    finish(claim())
    let_expire(mine.part_id)
    yield user
    retry_request(actor=user, request_id=mine.request_id)


@about(retry_request)
def that_had_expired_and_was_shown_no_more() -> Iterator[Usuario]:
    user = somebody(parts=2)
    mine = asked(user)
    finish(mine)
    finish(claim())
    let_expire(mine.part_id, mine.part_id + 1)
    expire_parts()
    yield user
    retry_request(actor=user, request_id=mine.request_id)


@about(retry_request)
def older_than_all_that_a_page_shows() -> Iterator[Usuario]:
    user = somebody()
    over(user, requests=SHOWN_REQUESTS + 1)
    oldest = ZipRequest.objects.earliest("created_at")
    yield user
    retry_request(actor=user, request_id=oldest.pk)


@about(retry_part)
def of_two_that_failed() -> Iterator[Usuario]:
    user = somebody(parts=2)
    mine = asked(user)
    fail_part(mine, FailureReason.BUILD_ERROR)
    fail_part(claim(), FailureReason.BUILD_ERROR)
    yield user
    retry_part(actor=user, part_id=mine.part_id)


@about(retry_request_parts)
def by_an_operator_of_one_of_two_that_failed() -> Iterator[Usuario]:
    user = somebody(parts=2)
    mine = asked(user)
    fail_part(mine, FailureReason.BUILD_ERROR)
    fail_part(claim(), FailureReason.BUILD_ERROR)
    operator = make_usuario(None, staff=True, is_superuser=True)
    yield user
    operate(actor=operator, order=Order(action="retry", parts=(mine.part_id,)))


@about(extend_part)
def for_as_long_again() -> Iterator[Usuario]:
    user = somebody()
    mine = asked(user)
    finish(mine)
    yield user
    extend_part(actor=user, part_id=mine.part_id)


@about(give_download)
def for_the_first_time() -> Iterator[Usuario]:
    user = somebody()
    mine = asked(user)
    finish(mine)
    yield user
    give_download(actor=user, part_id=mine.part_id)


@about(read_notification)
def one_of_the_latest() -> Iterator[Usuario]:
    user = somebody()
    finish(asked(user))
    fail_part(asked(user), FailureReason.BUILD_ERROR)
    yield user
    read_notification(user_id=user.pk, notificacion_id=Notificacion.objects.earliest("pk").pk)


@about(read_notification)
def older_than_the_latest() -> Iterator[Usuario]:
    user = somebody()
    texts = [f"Aviso {number}" for number in range(1, 23)]
    for text in texts:
        Notificacion.objects.create(usuario=user, kind="zip_ready", text=text)
    yield user
    read_notification(user_id=user.pk, notificacion_id=Notificacion.objects.earliest("pk").pk)


@about(request_zip)
def and_all_that_follows() -> Iterator[Usuario]:
    user = somebody(parts=2)
    yield user
    first = asked(user)
    show_progress(first, done=5, current="EQ-005")
    hand_back(first)
    second = claim()
    lose(claim(), crashes=0)
    reap_lost_parts()
    fail_part(second, FailureReason.BUILD_ERROR)
    finish(claim(), missing=1)
    retry_part(actor=user, part_id=second.part_id)
    finish(claim())
    for one in Notificacion.objects.filter(usuario=user):
        read_notification(user_id=user.pk, notificacion_id=one.pk)
    give_download(actor=user, part_id=second.part_id)
    extend_part(actor=user, part_id=second.part_id)
    let_expire(second.part_id)
    expire_parts()
    retry_request(actor=user, request_id=second.request_id)
    cancel_request(actor=user, request_id=second.request_id)
