"""The tables: what they hold, and what the database itself refuses."""

from sam.models.cuentas import Tally
from sam.models.documentos import Documento, Ficha
from sam.models.empresas import Empresa, Procedimiento, Proveedor, Usuario
from sam.models.entrega import Epoch, Notificacion, Stream
from sam.models.equipos import Baja, Equipo, Prestamo
from sam.models.historial import Calibracion, Comprobacion, Mantenimiento
from sam.models.huellas import AttemptLog, Download, Transition
from sam.models.solicitudes import Archive, PartEquipo, ZipPart, ZipRequest
from sam.models.trabajo import OperatorAction, QueueControl, WorkerBeat

__all__ = [
    "Archive",
    "AttemptLog",
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
    "OperatorAction",
    "PartEquipo",
    "Prestamo",
    "Procedimiento",
    "Proveedor",
    "QueueControl",
    "Stream",
    "Tally",
    "Transition",
    "Usuario",
    "WorkerBeat",
    "ZipPart",
    "ZipRequest",
]
