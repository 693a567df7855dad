"""Which pages may open the socket: those of this very site, as their Origin says (RFC 6455, section 10.2).

A browser sends the session cookie with a WebSocket handshake from any page of the web; only the Origin tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
DEBUG_HOSTS: Final = (".localhost", "127.0.0.1", "[::1]")  # Django's own, for DEBUG without ALLOWED_HOSTS


def comes_from_this_site(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a handshake with these headers may go on, by the settings that Django checks forms with."""
    host = headers.get(b"host", b"").decode("latin-1")
    if settings.USE_X_FORWARDED_HOST:
        host = headers.get(b"x-forwarded-host", host.encode("latin-1")).decode("latin-1")
    hosts = settings.ALLOWED_HOSTS or (DEBUG_HOSTS if settings.DEBUG else ())
    if not validate_host(split_domain_port(host)[0], hosts):
        return False
    return is_allowed_origin(
        headers.get(b"origin", b"").decode("latin-1"),
        host=host,
        is_secure=_is_secure(headers),
        trusted=settings.CSRF_TRUSTED_ORIGINS,
    )


def is_allowed_origin(origin: str, *, host: str, is_secure: bool, trusted: Sequence[str]) -> bool:
    """Whether `origin` is a page of `host`, or a trusted one; of a secure site, not its plain HTTP twin."""
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return False
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc or origin.lower() != _origin_of(parts):
        return False
    if any(_is_trusted(parts.scheme, parts.netloc, entry) for entry in trusted):
        return True
    if is_secure and parts.scheme != "https":
        return False
    default = DEFAULT_PORTS[parts.scheme]
    return parts.netloc.removesuffix(default) == host.lower().removesuffix(default)


def _origin_of(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _is_trusted(scheme: str, netloc: str, entry: str) -> bool:
    trusted = urlsplit(entry.lower())
    # "https://*.example.com" is Django's way to say "and its subdomains".
    return scheme == trusted.scheme and is_same_domain(netloc, trusted.netloc.removeprefix("*"))


def _is_secure(headers: Mapping[bytes, bytes]) -> bool:
    if settings.SECURE_PROXY_SSL_HEADER is None:
        return False
    name, secure_value = settings.SECURE_PROXY_SSL_HEADER  # as in WSGI: HTTP_X_FORWARDED_PROTO
    value = headers.get(name.removeprefix("HTTP_").replace("_", "-").lower().encode(), b"")
    return value.split(b",")[0].strip() == str(secure_value).encode()
