"""The small programs of the containers, against a real S3."""

from __future__ import annotations

import pytest

from deploy import create_bucket
from tests.services.s3_server import S3Server


def test_the_bucket_is_made_and_making_it_again_is_no_error(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAM_S3_BUCKET", "recien-hecho")
    monkeypatch.setenv("SAM_S3_ENDPOINT_URL", s3_server.url)
    create_bucket.main()
    create_bucket.main()
    names = [bucket["Name"] for bucket in s3_server.client().list_buckets()["Buckets"]]
    assert names.count("recien-hecho") == 1
