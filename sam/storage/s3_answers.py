"""What S3 answers, read with care: what says that it is away, what is about an object, and what is not S3's at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from sam.errors import MissingObject, StorageUnavailable, UnreadableObject

ABSENT = frozenset({"NoSuchKey"})
UNREADABLE = frozenset({"InvalidObjectState", "AccessDenied"})
# The answer to a HEAD has no body: only its status speaks. Elsewhere a bare 404 or 403 is not S3's and says nothing of
# the object: a gateway that lost its way must not make documentos "missing".
BARE = {"404": MissingObject, "403": UnreadableObject}


class NotS3(Exception):
    """Something answered in the place of S3: the page of a gateway, with a status that means success."""


# What a call raises: no answer, an answer that says no, and one that is not S3's.
FAILURES = (BotoCoreError, ClientError, NotS3)
# What reading a body raises besides: botocore passes on what TLS says as it is.
BODY_FAILURES = (BotoCoreError, HTTPError, OSError)


@contextmanager
def answering() -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        raise StorageUnavailable from error


def now_of(page: Mapping[str, Any]) -> datetime:
    """The store's clock when it answered; ours may differ from it."""
    told = page["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(told) if told else datetime.now(UTC)


def etag_of(answer: Mapping[str, Any]) -> str:
    return said(answer, "ETag")


def said(answer: Mapping[str, Any], name: str) -> str:
    """What S3 always says in this answer; raises NotS3."""
    value = answer.get(name)
    if not isinstance(value, str):
        raise NotS3(name)
    return value


def reading_failed(error: Exception, *, bare: bool = False) -> Exception:
    """Which of our errors this is; `bare` where S3 answers with a status and no words."""
    code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""
    if bare and code in BARE:
        return BARE[code]()
    if code in ABSENT:
        return MissingObject()
    if code in UNREADABLE:
        return UnreadableObject()
    return StorageUnavailable()
