"""An equipo's record in the dump, with the papers that it names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sam.demo import certificates, commercial, confirmations, manuals, own_forms, quirks
from sam.demo.blocks import Paper
from sam.demo.lives import Birth, Life, live
from sam.demo.measuring import as_dump
from sam.demo.spanish import thousands
from sam.demo.subjects import Calibracion, Comprobacion, Mantenimiento, Subject

# Of so many equipos, one has its numbers as text with a comma, and one has no costs.
COMMAS_EVERY: Final = 4
NO_COST_EVERY: Final = 7


@dataclass(frozen=True, slots=True)
class Entry:
    """One equipo of the dump; its record names its picture and each of its papers by their paths."""

    subject: Subject
    record: dict[str, Any]
    papers: tuple[Paper, ...]


def entry(birth: Birth) -> Entry:
    """The record and the papers of one equipo."""
    return _Writer(birth, live(birth)).entry()


@dataclass(slots=True)
class _Writer:
    """Writes the record of one life, and gathers the papers as the record names them."""

    birth: Birth
    life: Life
    papers: list[Paper] = field(default_factory=list)

    def entry(self) -> Entry:
        life = self.life
        record = {
            **self._identity(),
            **self._plan(),
            "documentos": self._documentos(),
            "imagen": life.subject.imagen,
            "calibraciones": [self._calibracion(index) for index in range(len(life.calibraciones))],
            "mantenimientos": [self._mantenimiento(done) for done in life.mantenimientos],
            "comprobaciones": [self._comprobacion(done) for done in life.comprobaciones],
            "baja": self._baja(),
        }
        return Entry(life.subject, record, tuple(self.papers))

    def _file(self, wanted: bool, paper: Paper) -> str | None:
        if not wanted:
            return None
        self.papers.append(paper)
        return paper.path

    @property
    def _with_comma(self) -> bool:
        return self.birth.ordinal % COMMAS_EVERY == 0

    def _costo(self, costo: int | None) -> float | str | None:
        if costo is None or self.birth.ordinal % NO_COST_EVERY == 0:
            return None
        return f"{thousands(costo)},00" if self._with_comma else float(costo)

    def _identity(self) -> dict[str, Any]:
        subject, instrument = self.life.subject, self.birth.instrument
        ours = self.birth.is_certiboy
        return {
            "codigo_interno": subject.codigo,
            "nombre": instrument.nombre,
            "tipo_equipo": instrument.tipo,
            "marca": instrument.marca,
            "modelo": instrument.modelo,
            "numero_serie": subject.numero_serie,
            "proveedor": subject.vendedor.issuer.nombre,
            "ubicacion": instrument.ubicacion,
            "responsable": subject.responsable.nombre,
            "estado": quirks.ESTADOS.get(subject.ordinal, "Activo") if ours else "Activo",
            "fecha_adquisicion": subject.comprado.isoformat(),
            "fecha_registro": self._registered.isoformat(),
            "rango_medida": instrument.rango,
            "resolucion": instrument.resolucion,
            "error_maximo_permisible": instrument.emp,
            "unidad": instrument.unidad,
            "puntos_calibracion": "; ".join(commercial.points(instrument)),
            "observaciones": quirks.OBSERVACIONES.get(subject.ordinal, "") if ours else "",
        }

    @property
    def _registered(self) -> date:
        return self.life.subject.comprado + timedelta(days=10)

    def _plan(self) -> dict[str, Any]:
        life = self.life
        done = {
            "calibracion": [c.fecha for c in life.calibraciones],
            "mantenimiento": [m.fecha for m in life.mantenimientos],
            "comprobacion": [c.fecha for c in life.comprobaciones],
        }
        last = {key: max(days).isoformat() if days else None for key, days in done.items()}
        return {
            "frecuencia_calibracion_meses": life.calibracion.meses,
            "frecuencia_mantenimiento_meses": life.mantenimiento.meses,
            "frecuencia_comprobacion_meses": life.comprobacion.meses,
            "fecha_ultima_calibracion": last["calibracion"],
            "fecha_ultima_comprobacion": last["comprobacion"],
            "fecha_ultimo_mantenimiento": last["mantenimiento"],
            "proxima_calibracion": _iso(life.calibracion.proxima),
            "proxima_comprobacion": _iso(life.comprobacion.proxima),
            "proximo_mantenimiento": _iso(life.mantenimiento.proxima),
        }

    def _documentos(self) -> dict[str, Any]:
        subject, brief = self.life.subject, self.birth.brief
        return {
            "manual": self._file(not brief, manuals.manual(subject)),
            "ficha_tecnica": self._file(True, commercial.data_sheet(subject)),
            "compra": self._file(True, commercial.invoice(subject)),
            "otros_documentos": self._file(
                not brief and subject.ordinal % 3 == 0, commercial.reception(subject, self._registered)
            ),
        }

    def _calibracion(self, index: int) -> dict[str, Any]:
        life = self.life
        done: Calibracion = life.calibraciones[index]
        is_last = index == len(life.calibraciones) - 1
        reviewed = is_last and index > 0
        return {
            "fecha": done.fecha.isoformat(),
            "proveedor": done.proveedor.issuer.nombre,
            "resultado": done.resultado,
            "numero_certificado": done.numero,
            "observaciones": "" if done.conforme else "Un punto fuera del EMP; se retira de servicio y se ajusta.",
            "costo": self._costo(done.costo),
            "certificado": self._file(True, certificates.certificate(life.subject, done)),
            "confirmacion": self._file(not self.birth.brief, confirmations.confirmation(life.subject, done)),
            "intervalos": self._file(reviewed, confirmations.intervals(life.subject, life.calibraciones[: index + 1])),
            "magnitudes": [as_dump(serie, with_comma=self._with_comma) for serie in done.series],
        }

    def _mantenimiento(self, done: Mantenimiento) -> dict[str, Any]:
        ordinal, subject = self.birth.ordinal, self.life.subject

        def report(wanted: bool, kind: str, title: str) -> str | None:
            name = f"mantenimiento_{kind}{done.fecha:%Y-%m-%d}.pdf"
            writer = None if kind == "interno_" else done.proveedor
            paper = own_forms.maintenance(subject, done, name=name, title=title, supplier=writer)
            return self._file(wanted, paper)

        return {
            "fecha": done.fecha.isoformat(),
            "tipo": done.tipo,
            "proveedor": done.proveedor.issuer.nombre if done.proveedor else subject.company.issuer.nombre,
            "responsable": subject.responsable.nombre,
            "costo": self._costo(done.costo),
            "descripcion": ". ".join(done.actividades) + ".",
            "observaciones": done.hallazgo,
            "documento": report(True, "", "Informe de mantenimiento"),
            "documento_externo": report(
                done.proveedor is not None and ordinal % 4 == 1, "externo_", "Reporte externo de mantenimiento"
            ),
            "documento_interno": report(ordinal % 6 == 0, "interno_", "Registro interno de mantenimiento"),
        }

    def _comprobacion(self, done: Comprobacion) -> dict[str, Any]:
        ordinal, subject, brief = self.birth.ordinal, self.life.subject, self.birth.brief

        def report(wanted: bool, kind: str, title: str) -> str | None:
            name = f"comprobacion_{kind}{done.fecha:%Y-%m-%d}.pdf"
            return self._file(wanted, own_forms.check(subject, done, name=name, title=title))

        return {
            "fecha": done.fecha.isoformat(),
            "proveedor": subject.company.issuer.nombre,
            "responsable": subject.responsable.nombre,
            "resultado": "Aprobado",
            "observaciones": "",
            "consecutivo": done.consecutivo,
            "equipo_referencia": done.referencia,
            "certificado": report(True, "", "Certificado de comprobación"),
            "documento": report(not brief and ordinal % 5 == 0, "general_", "Lista de comprobación"),
            "documento_externo": report(not brief and ordinal % 8 == 1, "externo_", "Reporte externo"),
            "documento_interno": report(not brief and ordinal % 7 == 2, "interno_", "Registro interno"),
            "magnitudes": [as_dump(serie, with_comma=self._with_comma) for serie in done.series],
        }

    def _baja(self) -> dict[str, Any] | None:
        if not self.birth.is_certiboy or self.birth.ordinal not in quirks.BAJAS:
            return None
        day, reason = quirks.BAJAS[self.birth.ordinal]
        return {
            "fecha": day.isoformat(),
            "razon": reason,
            "observaciones": "Conservar la hoja de vida y los certificados durante cinco años.",
            "documento": self._file(True, own_forms.withdrawal(self.life.subject, day, reason)),
        }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
