"""Rows for tests: an empresa with so many equipos and documentos, its usuarios, and storage in a folder."""

from __future__ import annotations

import hashlib
import itertools
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from sam.models import Calibracion, Documento, Empresa, Equipo, Procedimiento, Usuario
from sam.services.partes import claim_part
from sam.storage import Storage, get_storage
from zipworker.build import build_part

real_database = pytest.mark.django_db(transaction=True)

_numbers = itertools.count(1)


def make_empresa(nombre: str = "CERTIBOY S.A.S.", *, equipos: int = 3, documents: bool = False) -> Empresa:
    """An empresa with equipos EQ-001…; with `documents` each has a manual and a calibración with its certificate."""
    number = next(_numbers)
    empresa = Empresa.objects.create(nombre=nombre, nit=f"900.{number}")
    rows = [Equipo(empresa=empresa, codigo_interno=f"EQ-{n:03}", nombre=f"Balanza {n}") for n in range(1, equipos + 1)]
    for row in Equipo.objects.bulk_create(rows):
        if documents:
            give_documents(row)
    return empresa


def give_documents(equipo: Equipo) -> None:
    """A manual, and a calibración with a certificate; each with bytes of its own."""
    code = equipo.codigo_interno
    manual = store_document(equipo.empresa, "manual.pdf", f"%PDF manual de {code}".encode() * 40)
    Equipo.objects.filter(pk=equipo.pk).update(manual=manual)
    certificate = store_document(equipo.empresa, "certificado.pdf", f"%PDF certificado de {code}".encode() * 40)
    Calibracion.objects.create(
        equipo=equipo, fecha=date(2026, 1, 15), numero_certificado=f"C-{code}", certificado=certificate
    )


def store_document(empresa: Empresa, nombre: str, data: bytes, *, storage: Storage | None = None) -> Documento:
    sha256 = hashlib.sha256(data).hexdigest()
    key = f"documentos/{empresa.pk}/{sha256[:2]}/{sha256}.pdf"
    (storage or get_storage()).write(key, [data])
    known = Documento.objects.filter(key=key).first()
    return known or Documento.objects.create(
        empresa=empresa, key=key, nombre=nombre, bytes=len(data), crc32=zlib.crc32(data), sha256=sha256
    )


def make_procedimiento(empresa: Empresa, codigo: str) -> Procedimiento:
    document = store_document(empresa, f"{codigo}.pdf", f"%PDF procedimiento {codigo}".encode() * 40)
    return Procedimiento.objects.create(empresa=empresa, codigo=codigo, nombre=f"Calibrar {codigo}", documento=document)


def make_usuario(
    empresa: Empresa | None, *, username: str = "", staff: bool = False, password: str | None = None, **extra: object
) -> Usuario:
    """A usuario; without a password (hashing one takes a third of a second) they enter by `force_login`."""
    name = username or f"usuario{next(_numbers)}"
    user = Usuario(username=name, empresa=empresa, is_staff=staff, **extra)
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    user.save()
    return user


def build_next(*, owner: str, storage: Storage, stopping: threading.Event) -> bool:
    """Claim and build the next part; False when nothing may start now."""
    claim = claim_part(owner=owner)
    if claim is not None:
        build_part(claim, storage=storage, stopping=stopping)
    return claim is not None


@contextmanager
def held(rows: QuerySet[Any]) -> Iterator[threading.Thread]:
    """Another transaction holds these rows, asked for by `select_for_update`, while this lasts; its thread."""
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(rows.all())
            holding.set()
            done.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert holding.wait(10)
        yield holder
    finally:
        done.set()
        holder.join()
