"""Every failure that SAM expects, in one tree; each has a stable code, and the edges turn codes into answers.

SamError
├── Refused                what a person asked for cannot be done; shown to them
│   ├── BadInput           bad_input           400
│   │   └── EmpresaRequired  empresa_required  400
│   ├── NotSignedIn        not_signed_in       401
│   ├── WrongMethod        wrong_method        405 (carries the methods that are allowed)
│   ├── NotVisible         not_found           404
│   ├── Forbidden          forbidden           403
│   ├── WrongState         wrong_state         409
│   │   ├── NotReady       not_ready           409
│   │   └── LiveRequestExists  live_request_exists  409 (carries the request's id)
│   ├── Gone               expired             410
│   ├── NothingToZip       empty               422
│   └── TooManyRequests    too_many_requests   429 (carries the seconds to wait)
├── DatabaseUnavailable    database_unavailable  503: the database does not answer
├── DumpError              bad_dump            a dump that is refused whole, with the first wrong place
├── BadEnvironment         bad_environment     a setting of the environment that cannot be used
├── IllegalMove            illegal_move        a move that the table of states does not have
├── LeaseLost              lease_lost          the part belongs to somebody else now: stop at once
├── Stopped                stopped             this process was asked to stop: hand the part back
└── StorageError
    ├── MissingObject      missing_object      the key is not there
    ├── UnreadableObject   unreadable_object   the key is there and its bytes cannot be read
    └── StorageUnavailable storage_unavailable the store itself does not answer
"""

from __future__ import annotations

from typing import ClassVar


class SamError(Exception):
    """A failure that somebody planned for."""

    code: ClassVar[str] = "error"
    words: ClassVar[str] = "Algo no salió bien."

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.words)

    @property
    def message(self) -> str:
        """The Spanish sentence for a person."""
        return str(self.args[0])


class Refused(SamError):
    """A person asked for something that cannot be done; `status` is the HTTP answer."""

    status: ClassVar[int] = 400


class BadInput(Refused):
    code = "bad_input"
    words = "La solicitud no se entiende."


class EmpresaRequired(BadInput):
    code = "empresa_required"
    words = "Elija primero la empresa."


class NotSignedIn(Refused):
    status = 401
    code = "not_signed_in"
    words = "Su sesión terminó. Entre de nuevo."


class WrongMethod(Refused):
    status = 405
    code = "wrong_method"
    words = "Esta dirección no admite ese método."

    def __init__(self, *allowed: str) -> None:
        super().__init__()
        self.allowed = allowed


class NotVisible(Refused):
    status = 404
    code = "not_found"
    words = "No existe, o no es suyo."


class Forbidden(Refused):
    status = 403
    code = "forbidden"
    words = "No tiene permiso para esto."


class WrongState(Refused):
    status = 409
    code = "wrong_state"
    words = "En su estado actual esto no es posible."


class NotReady(WrongState):
    code = "not_ready"
    words = "La parte todavía no está lista."


class LiveRequestExists(WrongState):
    code = "live_request_exists"
    words = "Ya hay una solicitud en curso; espere a que termine o cancélela."

    def __init__(self, request_id: int) -> None:
        super().__init__()
        self.request_id = request_id


class Gone(Refused):
    status = 410
    code = "expired"
    words = "La parte venció. Pídala de nuevo con «Reintentar»."


class NothingToZip(Refused):
    status = 422
    code = "empty"
    words = "La empresa no tiene equipos registrados: no hay nada que empaquetar."


class TooManyRequests(Refused):
    status = 429
    code = "too_many_requests"
    words = "Demasiadas solicitudes en la última hora. Intente más tarde."

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class DatabaseUnavailable(SamError):
    code = "database_unavailable"
    words = "La base de datos no responde en este momento. Intente de nuevo en unos segundos."


class DumpError(SamError):
    """A dump that is refused whole; `place` is the first wrong one, such as `equipos[3].fecha`."""

    code = "bad_dump"

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}" if place else problem)
        self.place = place


class BadEnvironment(SamError):
    code = "bad_environment"


class IllegalMove(SamError):
    code = "illegal_move"
    words = "Ese cambio de estado no existe."


class LeaseLost(SamError):
    code = "lease_lost"
    words = "La parte ya es de otro proceso."


class Stopped(SamError):
    code = "stopped"
    words = "El proceso se está deteniendo."


class StorageError(SamError):
    code = "storage_error"
    words = "El almacenamiento falló."


class MissingObject(StorageError):
    code = "missing_object"
    words = "El archivo no está en el almacenamiento."


class UnreadableObject(StorageError):
    code = "unreadable_object"
    words = "El archivo está, pero no se puede leer."


class StorageUnavailable(StorageError):
    code = "storage_unavailable"
    words = "El almacenamiento no responde."
