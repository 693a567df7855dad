"""Whose session a cookie names: Django's own checks, key fallbacks included, and nothing deleted on the way.

Channels' `get_user` ignores SECRET_KEY_FALLBACKS and flushes the session, so a key rotation logs people out.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from sam.events import session_group
from sam.models import Usuario
from sam.planning.batches import in_batches

SESSION_KEY_FORM = re.compile(r"[a-z0-9]{8,40}")


@dataclass(frozen=True, slots=True)
class SessionUser:
    """Who a living session belongs to, and the group that is told when it ends."""

    user_id: int
    is_staff: bool
    session_group: str


def session_user(session_key: str | None) -> SessionUser | None:
    """The usuario of a session that lives now: not expired, not logged out, active, same password."""
    if session_key is None or not is_session_key(session_key):
        return None
    data = _sessions([session_key]).get(session_key, {})
    user_id = _user_id(data)
    user = Usuario.objects.filter(pk=user_id).first() if user_id is not None else None
    if user is None or not _belongs(data, user):
        return None
    return SessionUser(user_id=user.pk, is_staff=user.is_staff, session_group=session_group(session_key))


def is_session_key(text: str) -> bool:
    """Whether a cookie's text can be a key that Django made."""
    return SESSION_KEY_FORM.fullmatch(text) is not None


def sessions_alive(session_keys: Collection[str]) -> set[str]:
    """Those of the keys whose session still belongs to somebody; two queries for each batch of them."""
    alive = set[str]()
    for batch in in_batches(session_keys):
        found = _sessions(batch)
        users = Usuario.objects.in_bulk({user_id for data in found.values() if (user_id := _user_id(data))})
        alive |= {key for key, data in found.items() if _belongs(data, users.get(_user_id(data) or 0))}
    return alive


def _sessions(keys: list[str]) -> dict[str, dict[str, Any]]:
    """What the sessions that have not expired hold, by key."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    rows = store.model.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return {row.session_key: store.decode(row.session_data) for row in rows}


def _belongs(data: dict[str, Any], user: Usuario | None) -> bool:
    return (
        user is not None
        and user.is_active
        and data.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and _same_password(user, str(data.get(HASH_SESSION_KEY, "")))
    )


def _user_id(data: dict[str, Any]) -> int | None:
    text = str(data.get(SESSION_KEY, ""))
    return int(text) if text.isdecimal() else None


def _same_password(user: Usuario, known: str) -> bool:
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(known, one) for one in hashes)
