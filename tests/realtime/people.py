"""Usuarios with a browser that is logged in."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from sam.models import Empresa, Epoch, Usuario

real_database = pytest.mark.django_db(transaction=True)


@dataclass
class Person:
    """A usuario and their browser."""

    id: int
    browser: Client

    @property
    def session_key(self) -> str:
        key: str = self.browser.cookies["sessionid"].value
        return key


def make_colleagues() -> tuple[Person, Person]:
    """Two usuarios of one empresa, in a database that was emptied."""
    Epoch.objects.get_or_create(pk=1)  # a migration made it, and emptying the tables took it away
    empresa = Empresa.objects.create(nombre="CERTIBOY S.A.S.")
    ana, blas = (_logged_in(Usuario.objects.create(username=name, empresa=empresa)) for name in ("ana", "blas"))
    return ana, blas


def _logged_in(usuario: Usuario) -> Person:
    browser = Client()
    browser.force_login(usuario)
    return Person(usuario.pk, browser)
