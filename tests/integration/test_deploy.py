"""The small programs of the containers, against a real PostgreSQL and a real S3."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from deploy import create_bucket, worker_alive
from sam.models import WorkerBeat
from tests.services.postgres import PostgresServer
from tests.services.s3_server import S3Server


@pytest.fixture
def database(postgres: PostgresServer, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """DATABASE_URL leads to the test database."""
    monkeypatch.setenv("DATABASE_URL", postgres.url(str(connection.settings_dict["NAME"])))


def beat(*, host: str, seconds_ago: int) -> None:
    seen_at = timezone.now() - timedelta(seconds=seconds_ago)
    WorkerBeat.objects.create(name=f"{host}:1:abc", host=host, seen_at=seen_at)


@pytest.mark.usefixtures("database")
@pytest.mark.django_db(transaction=True)
class TestWorkerAlive:
    def test_a_fresh_beat_of_this_container_is_well(self) -> None:
        beat(host=socket.gethostname(), seconds_ago=1)
        assert worker_alive.main() == 0

    def test_an_old_beat_is_not(self) -> None:
        beat(host=socket.gethostname(), seconds_ago=120)
        assert worker_alive.main() == 1

    def test_the_beat_of_another_container_does_not_count(self) -> None:
        beat(host="otro", seconds_ago=1)
        assert worker_alive.main() == 1


def test_a_database_that_is_away_does_not_condemn_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://sam@127.0.0.1:1/sam")
    assert worker_alive.main() == 0


def test_the_bucket_is_made_and_making_it_again_is_no_error(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAM_S3_BUCKET", "recien-hecho")
    monkeypatch.setenv("SAM_S3_ENDPOINT_URL", s3_server.url)
    create_bucket.main()
    create_bucket.main()
    names = [bucket["Name"] for bucket in s3_server.client().list_buckets()["Buckets"]]
    assert names.count("recien-hecho") == 1
