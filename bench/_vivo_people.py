"""The usuarios of the benchmark, logged in without a password; runs inside a process of the installation."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.utils import timezone
from django.utils.crypto import get_random_string

from sam.models import Empresa, Equipo, Notificacion, Stream, Usuario, ZipPart, ZipRequest
from sam.models.entrega import NotificacionKind
from sam.services.solicitudes import request_zip
from sam.states import PartState, RequestState

EQUIPOS = 35  # of the empresa whose part is watched: one whole part
BATCH = 1000
ANSWERS = "abcdefghijklmnopqrstuvwxyz0123456789"
# A snapshot of some hundred kilobytes: soon the kernel's buffers are full.
LONG_TEXT = "\N{LINK SYMBOL}" * 400


def load(target: str, crowd: int) -> None:
    """Make all tables, static files and usuarios, and write who they are to the file `target`."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    large, small = _empresa("Metrología del Banco", EQUIPOS), _empresa("Taller", 1)
    many = _usuarios([f"vigia{number:05}" for number in range(crowd)], large)
    watcher, slow, mute = _usuarios(["mirona", "lenta", "muda"], large)
    (clicker,) = _usuarios(["clicadora"], small)
    part = _part_in_work(watcher)
    _one_request_each(many, ZipRequest.objects.get(parts=part))
    _notes(many, "El ZIP de Metrología del Banco está listo para descargar.")
    _notes([mute] * 20, LONG_TEXT)
    (note,) = _notes([slow], "El ZIP de Metrología del Banco está listo para descargar.")
    keys = _sessions([*many, watcher, slow, mute, clicker])
    people = {
        "crowd": [[usuario.pk, keys[usuario.pk]] for usuario in many],
        "watcher": {"id": watcher.pk, "key": keys[watcher.pk], "part": part},
        "slow": {"id": slow.pk, "key": keys[slow.pk], "note": note},
        "mute": {"id": mute.pk, "key": keys[mute.pk]},
        "clicker": {"id": clicker.pk, "key": keys[clicker.pk]},
    }
    Path(target).write_text(json.dumps(people))


def _empresa(nombre: str, equipos: int) -> Empresa:
    empresa = Empresa.objects.create(nombre=nombre)
    Equipo.objects.bulk_create(
        Equipo(empresa=empresa, codigo_interno=f"EQ-{n:03}", nombre="Balanza") for n in range(1, equipos + 1)
    )
    return empresa


def _usuarios(names: list[str], empresa: Empresa) -> list[Usuario]:
    nobody_enters = make_password(None)
    made = Usuario.objects.bulk_create(
        [Usuario(username=name, empresa=empresa, password=nobody_enters) for name in names],
        batch_size=BATCH,
    )
    Stream.objects.bulk_create([Stream(usuario=usuario, seq=0) for usuario in made], batch_size=BATCH)
    return made


def _sessions(usuarios: list[Usuario]) -> dict[int, str]:
    """A session each, as a login makes it; the keys by usuario."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    until = timezone.now() + timedelta(days=1)
    keys = {usuario.pk: get_random_string(32, ANSWERS) for usuario in usuarios}
    store.model.objects.bulk_create(
        [
            store.model(
                session_key=keys[usuario.pk],
                expire_date=until,
                session_data=store.encode(
                    {
                        SESSION_KEY: str(usuario.pk),
                        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                        HASH_SESSION_KEY: usuario.get_session_auth_hash(),
                    }
                ),
            )
            for usuario in usuarios
        ],
        batch_size=BATCH,
    )
    return keys


def _part_in_work(usuario: Usuario) -> int:
    """A part that is being built, by a worker that lives on and never says a word."""
    request, _ = request_zip(actor=usuario)
    ZipRequest.objects.filter(pk=request).update(state=RequestState.PROCESSING)
    parts = ZipPart.objects.filter(request=request)
    parts.update(state=PartState.PROCESSING, owner="bench", lease_until=timezone.now() + timedelta(days=1))
    return parts.get().pk


def _one_request_each(usuarios: list[Usuario], like: ZipRequest) -> None:
    """A request that is over: a snapshot has something in it, and nothing is left to do."""
    now = timezone.now()
    over = {"state": RequestState.CANCELLED, "instant": now, "ended_at": now, "root": like.root, "lists": like.lists}
    requests = ZipRequest.objects.bulk_create(
        [ZipRequest(empresa=like.empresa, requester=usuario, **over) for usuario in usuarios], batch_size=BATCH
    )
    shape = {"number": 1, "of": 1, "first": 1, "last": EQUIPOS, "first_codigo": "EQ-001", "last_codigo": "EQ-035"}
    ZipPart.objects.bulk_create(
        [ZipPart(request=request, state=PartState.CANCELLED, finished_at=now, **shape) for request in requests],
        batch_size=BATCH,
    )


def _notes(usuarios: list[Usuario], text: str) -> list[int]:
    made = Notificacion.objects.bulk_create(
        [Notificacion(usuario=usuario, kind=NotificacionKind.READY, text=text) for usuario in usuarios],
        batch_size=BATCH,
    )
    return [note.pk for note in made]
