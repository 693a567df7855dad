"""The least that can be zipped, for an installation of a test's own: equipos without documentos, and who may ask.

Run inside a process of that installation: `manage.py shell -c "from tests.failures.bare_data import load; load()"`.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core.management import call_command

from sam.models import Empresa, Equipo
from sam.services.usuarios import ensure_usuario

USUARIO: Final = "ana"
OPERATOR: Final = "operadora"
LARGE: Final = "Metrología Grande"
LARGE_EQUIPOS: Final = 40  # two parts: 35 and 5
SMALL: Final = "Taller"
SMALL_EMPRESAS: Final = 100  # one part of one equipo each


def load() -> None:
    """Make the tables, the static files, one large empresa with its usuario, and many small ones for the operator."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    large = _empresa(LARGE, equipos=LARGE_EQUIPOS)
    for number in range(1, SMALL_EMPRESAS + 1):
        _empresa(f"{SMALL} {number:03}", equipos=1)
    password = settings.SAM.demo_password
    ensure_usuario(username=USUARIO, password=password, empresa_id=large.pk)
    ensure_usuario(username=OPERATOR, password=password, empresa_id=None, staff=True)


def _empresa(nombre: str, *, equipos: int) -> Empresa:
    empresa = Empresa.objects.create(nombre=nombre)
    Equipo.objects.bulk_create(
        Equipo(empresa=empresa, codigo_interno=f"EQ-{n:03}", nombre="Balanza") for n in range(1, equipos + 1)
    )
    return empresa
