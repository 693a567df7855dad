"""Two hands on the same part at the same moment: one wins, each time, and what the tables say adds up."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.functions import Now

from sam.errors import LeaseLost, TooManyRequests
from sam.models import Archive, Empresa, Notificacion, PartEquipo, Stream, Transition, Usuario, ZipPart, ZipRequest
from sam.models.clock import in_seconds
from sam.services.cuidado import reap_lost_parts
from sam.services.partes import BuiltArchive, Claim, beat, check_lease, claim_part, finish_part
from sam.services.solicitudes import request_zip
from sam.services.vida import cancel_request
from sam.states import LIVE, PartState, RequestState, request_state
from tests.integration.making import make_empresa, make_usuario, real_database
from tests.running import wait_for

# What is published and rung is not looked at here; it must not take Redis's time.
pytestmark = [real_database, pytest.mark.sqlite, pytest.mark.usefixtures("published", "rings")]

ROUNDS = 200
FEW_ROUNDS = 40  # all of them with --slow
TOGETHER_SECONDS = 30  # a runner that has not come to the start by then will not come
STEP_SECONDS = 0.001


class Runners:
    """Each work in a thread and a connection of its own; `run` starts all of them at the same moment."""

    def __init__(self, *works: Callable[[], Any]) -> None:
        self._works = works
        self._start = threading.Barrier(len(works), timeout=TOGETHER_SECONDS)
        self._pool = ThreadPoolExecutor(len(works))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._start.reset()
        list(self._pool.map(self._one, [lambda: connection.close()] * len(self._works)))  # each its own
        self._pool.shutdown()

    def run(self) -> list[Any]:
        """What each returned, or the LeaseLost that it met."""
        return list(self._pool.map(self._one, self._works))

    def _one(self, work: Callable[[], Any]) -> Any:
        self._start.wait()
        try:
            return work()
        except LeaseLost as lost:
            return lost


class Handicap:
    """Keeps a race of two close, on a machine of any speed: the one that won starts a little later the next time."""

    def __init__(self) -> None:
        self.wins: Counter[str] = Counter()
        self._seconds = {"": 0.0}

    def of(self, name: str, work: Callable[[], Any]) -> Callable[[], Any]:
        """The work, after its handicap."""
        self._seconds[name] = 0.0

        def run() -> Any:
            time.sleep(self._seconds[name])
            return work()

        return run

    def won(self, name: str) -> None:
        self.wins[name] += 1
        self._seconds[name] += STEP_SECONDS
        least = min(seconds for runner, seconds in self._seconds.items() if runner)
        self._seconds = {runner: seconds - least for runner, seconds in self._seconds.items()}


@pytest.fixture
def user() -> Usuario:
    return make_usuario(make_empresa(equipos=1))


@pytest.fixture(params=[FEW_ROUNDS, pytest.param(ROUNDS, marks=pytest.mark.slow)])
def rounds(request: pytest.FixtureRequest) -> range:
    found: int = request.param
    return range(found)


def claims_of(user: Usuario, *, parts: int = 1) -> list[Claim]:
    """The claims of a new request's parts, to be put back to the start by `begin_again`."""
    request_id, _ = request_zip(actor=user)
    if parts > 1:
        (whole,) = ZipPart.objects.filter(request=request_id)
        ZipPart.objects.filter(pk=whole.pk).update(of=parts)
        for number in range(2, parts + 1):
            ZipPart.objects.create(request_id=request_id, number=number, of=parts, first=1, last=1)
    claims = [claim_part(owner=f"w{number}") for number in range(1, parts + 1)]
    return [claim for claim in claims if claim is not None]


def begin_again(claims: Sequence[Claim], *, claimed: bool = True) -> None:
    """The rows as they were just after the claims, or just before; nothing of an earlier round is left."""
    state = PartState.PROCESSING if claimed else PartState.PENDING
    fresh = {"state": state, "attempt": 1, "crashes": 0, "archive": None, "not_before": None, "expires_at": None}
    for claim in claims:
        held = {"owner": claim.owner, "lease_until": in_seconds(60)} if claimed else {"owner": "", "lease_until": None}
        ZipPart.objects.filter(pk=claim.part_id).update(**fresh, **held)
    ZipRequest.objects.update(state=RequestState(state.value), ended_at=None)
    delete_all(Archive, Notificacion, Transition)
    Stream.objects.update(seq=0)


def adds_up(*moves: tuple[str, int], notified: int = 0) -> None:
    """These moves were made (move, attempt), each once and each told, and the tables agree with one another."""
    made = sorted(Transition.objects.values_list("move", "attempt"))
    assert made == sorted(moves)
    assert Stream.objects.get().seq == len(moves)
    for request in ZipRequest.objects.all():
        states = [PartState(state) for state in request.parts.values_list("state", flat=True)]
        assert request.state == request_state(states)
    completed = ZipPart.objects.filter(state=PartState.COMPLETED).values_list("archive_id", flat=True)
    assert sorted(completed) == sorted(Archive.objects.values_list("pk", flat=True))
    assert Notificacion.objects.count() == notified


def archive_of(claim: Claim) -> BuiltArchive:
    return BuiltArchive(
        key=f"zip_requests/part_{claim.part_id}_a{claim.attempt}.zip",
        bytes=100,
        sha256="a" * 64,
        manifest_sha256="b" * 64,
        registered=0,
        faltantes=(),
    )


def test_of_eight_workers_that_claim_a_part_one_gets_it(user: Usuario, rounds: range) -> None:
    claims = claims_of(user)

    def claim_as(owner: str) -> Callable[[], Claim | None]:
        return lambda: claim_part(owner=owner)

    with Runners(*(claim_as(f"worker {number}") for number in range(8))) as workers:
        for _ in rounds:
            begin_again(claims, claimed=False)
            (won,) = [claim for claim in workers.run() if claim is not None]
            part = ZipPart.objects.get()
            assert (part.state, part.owner, part.attempt) == ("processing", won.owner, won.attempt)
            adds_up(("claim", 1))


def test_a_part_that_is_cancelled_while_it_is_finished_ends_as_one_of_the_two(user: Usuario, rounds: range) -> None:
    (claim,) = claims = claims_of(user)
    handicap = Handicap()
    cancel = handicap.of("cancel", lambda: cancel_request(actor=user, request_id=claim.request_id))
    finish = handicap.of("finish", lambda: finish_part(claim, archive_of(claim)))
    with Runners(cancel, finish) as both:
        for _ in rounds:
            begin_again(claims)
            _, refused = both.run()
            won = "cancel" if isinstance(refused, LeaseLost) else "finish"
            state = ZipPart.objects.get().state
            assert state == {"cancel": "cancelled", "finish": "completed"}[won]
            adds_up((won, 1), notified=int(won == "finish"))
            handicap.won(won)
    assert set(handicap.wins) == {"cancel", "finish"}, "no race: one of the two always came first"


def test_a_lease_that_is_renewed_while_it_is_reaped_is_kept_or_lost_and_never_both(
    user: Usuario, rounds: range
) -> None:
    (claim,) = claims = claims_of(user)
    left = 0.005  # what is left of the lease at the start: so that it runs out between the two, now here, now there
    kept: Counter[bool] = Counter()
    with Runners(lambda: beat(claim, done=1, current="EQ-001"), reap_lost_parts) as both:
        for _ in rounds:
            begin_again(claims)
            ZipPart.objects.update(lease_until=in_seconds(left))
            lost, reaped = both.run()
            if lost is None:
                assert (reaped, reap_lost_parts()) == (0, 0)
                assert ZipPart.objects.get().state == "processing"
                adds_up()
            else:
                # The reaper may have looked just before the end of the lease; then it finds it the next time.
                assert reaped + reap_lost_parts() == 1
                with pytest.raises(LeaseLost):
                    beat(claim, done=1, current="EQ-001")
                assert ZipPart.objects.filter(state="pending", attempt=2, crashes=1).exists()
                adds_up(("reap", 1))
            kept[lost is None] += 1
            left *= 1.25 if lost else 0.8
    assert set(kept) == {True, False}, "no race: the lease always ended the same way"


def test_two_clicks_at_once_make_one_request_and_are_told_the_same(user: Usuario, rounds: range) -> None:
    claims_of(user)
    click = lambda: request_zip(actor=user)  # noqa: E731  # the same, twice
    with Runners(click, click) as clicks:
        for _ in rounds:
            forget_requests()
            Stream.objects.update(seq=0)
            (one, made), (other, made_too) = clicks.run()
            assert one == other
            assert {made, made_too} == {True, False}
            assert list(ZipRequest.objects.values_list("pk", "state")) == [(one, "pending")]
            assert list(ZipPart.objects.values_list("request", "state", "number")) == [(one, "pending", 1)]
            assert Stream.objects.get().seq == 1


def test_two_usuarios_of_an_empresa_that_click_at_once_do_not_pass_its_hourly_limit(user: Usuario) -> None:
    Empresa.objects.update(solicitudes_por_hora=1)
    with Runners(*(asking(one) for one in (user, colleague_of(user)))) as both:
        for _ in range(FEW_ROUNDS):
            forget_requests()
            made = [answer for answer in both.run() if not isinstance(answer, TooManyRequests)]
            assert [whole for _, whole in made] == [True]
            assert ZipRequest.objects.count() == 1


def test_two_usuarios_of_an_empresa_that_click_at_once_get_one_turn_after_the_other(user: Usuario) -> None:
    with Runners(*(asking(one) for one in (user, colleague_of(user)))) as both:
        for _ in range(FEW_ROUNDS):
            forget_requests()
            both.run()
            first, second = ZipPart.objects.order_by("turn")
            assert second.turn == first.turn + first.work


def colleague_of(user: Usuario) -> Usuario:
    assert user.empresa is not None
    return make_usuario(user.empresa)


def asking(user: Usuario) -> Callable[[], Any]:
    """A click, and what it was told: the request, or that there were too many."""

    def click() -> tuple[int, bool] | TooManyRequests:
        try:
            return request_zip(actor=user)
        except TooManyRequests as refused:
            return refused

    return click


def forget_requests() -> None:
    delete_all(Transition, PartEquipo, ZipPart, ZipRequest)


def delete_all(*models: type[Model]) -> None:
    """Their rows, in this order; nothing is collected, nor asked who points to them."""
    for model in models:
        rows = model._default_manager.all()
        rows._raw_delete(rows.db)


def test_two_last_parts_that_finish_at_once_end_the_request_and_tell_of_it_once(user: Usuario, rounds: range) -> None:
    claims = claims_of(user, parts=2)
    finishes = [lambda claim=claim: finish_part(claim, archive_of(claim)) for claim in claims]
    with Runners(*finishes) as both:
        for _ in rounds:
            begin_again(claims)
            assert both.run() == [None, None]
            assert not ZipPart.objects.filter(state__in=LIVE).exists()
            request = ZipRequest.objects.get()
            assert (request.state, request.ended_at is not None) == ("completed", True)
            adds_up(("finish", 1), ("finish", 1), notified=1)


def test_a_beat_that_waited_while_its_lease_ran_out_still_keeps_it_from_the_reaper(user: Usuario) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer: nobody comes between the reaper's look and its write")
    (claim,) = claims_of(user)
    ZipPart.objects.update(lease_until=in_seconds(1))
    with Runners(lambda: beat(claim, done=1, current="EQ-001")) as beats, Runners(reap_lost_parts) as reaps:
        with ThreadPoolExecutor(2) as both, transaction.atomic():
            ZipPart.objects.select_for_update().get()
            beating = both.submit(beats.run)
            wait_for(lambda: waiting_for_rows() == 1, seconds=10, what="the beat asks in time, and waits")
            wait_for(ZipPart.objects.filter(lease_until__lt=Now()).exists, seconds=10, what="the lease runs out")
            reaping = both.submit(reaps.run)
            wait_for(lambda: waiting_for_rows() == 2, seconds=10, what="the reaper has looked, and waits behind it")
        assert (beating.result(), reaping.result()) == ([None], [0])
    check_lease(claim)


def test_a_lease_that_runs_out_between_the_look_and_the_write_of_a_finish_is_lost(user: Usuario) -> None:
    (claim,) = claims_of(user)

    def run_out(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "sam_zippart"'):
            with connection.cursor() as cursor:
                cursor.cursor.execute(f"UPDATE sam_zippart SET lease_until = started_at WHERE id = {claim.part_id}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run_out), pytest.raises(LeaseLost):
        finish_part(claim, archive_of(claim))
    assert ZipPart.objects.get().state == "processing"
    assert not Archive.objects.exists()


def waiting_for_rows() -> int:
    """How many sessions wait for a lock that another one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])
