"""Whose session a cookie names: Django's own checks, key fallbacks included, and nothing deleted on the way.

Channels' `get_user` ignores SECRET_KEY_FALLBACKS and flushes the session, so a key rotation logs people out.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from sam.events import session_group
from sam.models import Usuario


@dataclass(frozen=True, slots=True)
class SessionUser:
    """Who a living session belongs to, and the group that is told when it ends."""

    user_id: int
    is_staff: bool
    session_group: str


def session_user(session_key: str | None) -> SessionUser | None:
    """The usuario of a session that lives now: not expired, not logged out, active, same password."""
    if not session_key:
        return None
    data = _session_data(session_key)
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user_id = _user_id(data)
    user = Usuario.objects.filter(pk=user_id, is_active=True).first() if user_id is not None else None
    if user is None or not _same_password(user, str(data.get(HASH_SESSION_KEY, ""))):
        return None
    return SessionUser(user_id=user.pk, is_staff=user.is_staff, session_group=session_group(session_key))


def sessions_alive(session_keys: Collection[str]) -> set[str]:
    """Those of the keys whose session still belongs to somebody."""
    return {key for key in session_keys if session_user(key) is not None}


def _session_data(session_key: str) -> dict[str, Any]:
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    data: dict[str, Any] = store.load()
    return data


def _user_id(data: dict[str, Any]) -> int | None:
    text = str(data.get(SESSION_KEY, ""))
    return int(text) if text.isdecimal() else None


def _same_password(user: Usuario, known: str) -> bool:
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(known, one) for one in hashes)
