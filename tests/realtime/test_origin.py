"""Which pages may open the socket."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from realtime.origin import comes_from_this_site, is_allowed_origin


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://sam.example:8000", "sam.example:8000"),
        ("https://sam.example", "sam.example"),
        ("https://sam.example", "sam.example:443"),
        ("http://sam.example", "sam.example:80"),
        ("https://SAM.example", "sam.EXAMPLE"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_a_page_of_the_same_host_and_port_may(origin: str, host: str) -> None:
    assert is_allowed_origin(origin, host=host, is_secure=False, trusted=())


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://evil.example",
        "http://sam.example:8001",
        "https://sam.example:8000",
        "https://sam.example.evil.example",
        "https://evil.example/sam.example",
        "https://evil@sam.example",
        "https://sam.example/",
        "https://sam.example?x",
        "https://sam.example,https://evil.example",
        "ftp://sam.example",
        "file://",
        "sam.example",
        "//sam.example",
        "https://[",
        "https://sam.example\x00",
    ],
)
def test_any_other_page_may_not(origin: str) -> None:
    assert not is_allowed_origin(origin, host="sam.example", is_secure=False, trusted=())


def test_the_plain_twin_of_a_secure_site_may_not() -> None:
    assert not is_allowed_origin("http://sam.example", host="sam.example", is_secure=True, trusted=())
    assert is_allowed_origin("https://sam.example", host="sam.example", is_secure=True, trusted=())


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("https://app.example", True),
        ("https://one.sam.example", True),
        ("http://app.example", False),
        ("https://sam.example.evil", False),
        ("https://evilsam.example", False),
    ],
)
def test_trusted_origins_are_djangos_own(origin: str, may: bool) -> None:
    trusted = ["https://app.example", "https://*.sam.example"]
    assert is_allowed_origin(origin, host="inner:8000", is_secure=True, trusted=trusted) is may


def test_a_host_that_is_not_ours_is_refused_though_the_origin_agrees(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["sam.example"]
    assert comes_from_this_site({b"host": b"sam.example", b"origin": b"https://sam.example"})
    assert not comes_from_this_site({b"host": b"evil.example", b"origin": b"https://evil.example"})
    assert not comes_from_this_site({b"origin": b"https://"})
    assert not comes_from_this_site({})


def test_what_the_proxy_says_about_tls_counts_where_the_settings_believe_it(
    settings: Settings,
) -> None:
    settings.ALLOWED_HOSTS = ["sam.example"]
    plain = {b"host": b"sam.example", b"origin": b"http://sam.example", b"x-forwarded-proto": b"https"}
    settings.SECURE_PROXY_SSL_HEADER = None
    assert comes_from_this_site(plain)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert not comes_from_this_site(plain)
