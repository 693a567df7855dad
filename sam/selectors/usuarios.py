"""Usuarios by name."""

from __future__ import annotations

from collections.abc import Collection

from sam.models import Usuario


def how_many_of(usernames: Collection[str]) -> int:
    """How many of these usuarios there are."""
    return Usuario.objects.filter(username__in=usernames).count()
