"""The tables: what they hold, and what the database itself refuses."""

from sam.models.documentos import Documento, Ficha
from sam.models.empresas import Empresa, Procedimiento, Proveedor, Usuario
from sam.models.entrega import Epoch, Notificacion, Stream
from sam.models.equipos import Baja, Equipo, Prestamo
from sam.models.historial import Calibracion, Comprobacion, Mantenimiento
from sam.models.huellas import Download, Transition
from sam.models.solicitudes import Archive, PartEquipo, ZipPart, ZipRequest
from sam.models.trabajo import WorkerBeat

__all__ = [
    "Archive",
    "Baja",
    "Calibracion",
    "Comprobacion",
    "Documento",
    "Download",
    "Empresa",
    "Epoch",
    "Equipo",
    "Ficha",
    "Mantenimiento",
    "Notificacion",
    "PartEquipo",
    "Prestamo",
    "Procedimiento",
    "Proveedor",
    "Stream",
    "Transition",
    "Usuario",
    "WorkerBeat",
    "ZipPart",
    "ZipRequest",
]
