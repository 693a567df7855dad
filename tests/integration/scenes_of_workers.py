"""What workers do to what a usuario sees, as scenes: before the `yield` so it was, after it the service."""

from __future__ import annotations

from collections.abc import Iterator

from sam.models import Usuario, ZipPart, ZipRequest
from sam.services.cuidado import CRASH_DELAYS_SECONDS, expire_parts, reap_lost_parts
from sam.services.partes import (
    STORAGE_DELAYS_SECONDS,
    beat,
    claim_part,
    fail_part,
    finish_part,
    hand_back,
    put_off,
    show_progress,
)
from sam.services.solicitudes import request_zip
from sam.services.vida import retry_request
from sam.states import FailureReason
from tests.integration.staging import SHOWN_REQUESTS, about, asked, claim, finish, let_expire, lose, over, somebody


@about(claim_part)
def the_first_of_two_parts() -> Iterator[Usuario]:
    user = somebody(parts=2)
    request_zip(actor=user)
    yield user
    claim()


@about(claim_part)
def the_second_of_two_parts() -> Iterator[Usuario]:
    user = somebody(parts=2)
    request_zip(actor=user)
    claim()
    yield user
    claim()


@about(claim_part)
def somebody_elses_part_which_was_ahead_in_the_queue() -> Iterator[Usuario]:
    request_zip(actor=somebody())
    user = somebody()
    request_zip(actor=user)
    yield user
    claim()


@about(show_progress)
def of_the_part_that_is_built() -> Iterator[Usuario]:
    user = somebody(parts=2)
    request_zip(actor=user)
    mine = claim()
    yield user
    for done in (3, 12):
        beat(mine, done=done, current=f"EQ-{done:03}")
        show_progress(mine, done=done, current=f"EQ-{done:03}")


@about(finish_part)
def one_of_two_parts() -> Iterator[Usuario]:
    user = somebody(parts=2)
    request_zip(actor=user)
    mine = claim()
    yield user
    finish(mine)


@about(finish_part)
def the_last_part() -> Iterator[Usuario]:
    user = somebody(parts=2)
    finish(asked(user))
    mine = claim()
    yield user
    finish(mine)


@about(finish_part)
def with_documents_missing() -> Iterator[Usuario]:
    user = somebody()
    mine = asked(user)
    yield user
    finish(mine, missing=2)


@about(finish_part)
def the_last_part_after_another_failed() -> Iterator[Usuario]:
    user = somebody(parts=2)
    fail_part(asked(user), FailureReason.BUILD_ERROR)
    mine = claim()
    yield user
    finish(mine)


@about(fail_part)
def while_another_waits() -> Iterator[Usuario]:
    user = somebody(parts=2)
    mine = asked(user)
    yield user
    fail_part(mine, FailureReason.PLAN_UNREADABLE)


@about(fail_part)
def the_only_part() -> Iterator[Usuario]:
    user = somebody()
    mine = asked(user)
    beat(mine, done=1, current="EQ-001")
    yield user
    fail_part(mine, FailureReason.BUILD_ERROR)


@about(hand_back)
def half_built() -> Iterator[Usuario]:
    user = somebody(parts=2)
    mine = asked(user)
    beat(mine, done=12, current="EQ-012")
    yield user
    hand_back(mine)


@about(put_off)
def until_storage_answers() -> Iterator[Usuario]:
    user = somebody(parts=2)
    mine = asked(user)
    # The longest of the delays, so that it lasts until the scene is recorded.
    ZipPart.objects.filter(pk=mine.part_id).update(storage_failures=len(STORAGE_DELAYS_SECONDS) - 1)
    yield user
    put_off(mine)


@about(put_off)
def once_too_often() -> Iterator[Usuario]:
    user = somebody()
    mine = asked(user)
    ZipPart.objects.filter(pk=mine.part_id).update(storage_failures=len(STORAGE_DELAYS_SECONDS))
    yield user
    put_off(mine)


@about(reap_lost_parts)
def two_parts_at_once() -> Iterator[Usuario]:
    user = somebody(parts=2)
    lose(asked(user), crashes=0)
    lose(claim(), crashes=len(CRASH_DELAYS_SECONDS) - 1)
    yield user
    reap_lost_parts()


@about(reap_lost_parts)
def one_that_killed_too_many_workers() -> Iterator[Usuario]:
    user = somebody()
    lose(asked(user), crashes=len(CRASH_DELAYS_SECONDS))
    yield user
    reap_lost_parts()


@about(fail_part)
def of_a_request_older_than_all_that_a_page_shows() -> Iterator[Usuario]:
    user = somebody()
    over(user, requests=SHOWN_REQUESTS + 1)
    retry_request(actor=user, request_id=ZipRequest.objects.earliest("created_at").pk)
    mine = claim()
    yield user
    fail_part(mine, FailureReason.BUILD_ERROR)


@about(expire_parts)
def one_of_two() -> Iterator[Usuario]:
    user = somebody(parts=2)
    mine = asked(user)
    finish(mine)
    finish(claim())
    let_expire(mine.part_id)
    yield user
    expire_parts()


@about(expire_parts)
def the_last_of_a_request() -> Iterator[Usuario]:
    user = somebody()
    mine = asked(user)
    finish(mine)
    let_expire(mine.part_id)
    yield user
    expire_parts()


@about(expire_parts)
def where_an_older_request_takes_the_place() -> Iterator[Usuario]:
    user = somebody()
    over(user, requests=SHOWN_REQUESTS)
    mine = asked(user)
    finish(mine)
    let_expire(mine.part_id)
    yield user
    expire_parts()
