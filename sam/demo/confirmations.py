"""What the empresa makes of a certificate: the confirmation of fitness for use, and the interval to the next."""

from __future__ import annotations

from collections.abc import Sequence

from sam.demo import blocks
from sam.demo.blocks import Block, Paper
from sam.demo.measuring import Serie
from sam.demo.own_forms import identity, on_form
from sam.demo.spanish import comma, long_day
from sam.demo.subjects import Calibracion, Subject

FIT = "El equipo es apto para el uso previsto y se libera con su etiqueta de calibración."
UNFIT = (
    "El equipo se retira de servicio, se ajusta y se calibra de nuevo; se evalúan los trabajos hechos con él "
    "desde la última confirmación (ISO/IEC 17025:2017, 7.10)."
)


def confirmation(subject: Subject, done: Calibracion) -> Paper:
    """Confirmación metrológica: whether what the certificate says is good enough for the intended use."""
    verdict = "CUMPLE" if done.conforme else "NO CUMPLE"
    content = [
        *identity(subject),
        blocks.heading("Certificado evaluado"),
        blocks.pairs(
            ("Certificado", done.numero),
            ("Laboratorio", done.proveedor.issuer.nombre),
            ("Calibrado el", long_day(done.fecha)),
            ("Acreditación", done.proveedor.issuer.acreditacion),
        ),
        *_decisions(done.series),
        blocks.heading("Conclusión"),
        blocks.text(FIT if done.conforme else UNFIT),
        blocks.stamp(verdict, long_day(done.fecha), is_good=done.conforme),
        blocks.signatures(subject.responsable, subject.company.personas[0]),
    ]
    name = f"confirmacion_{done.fecha:%Y-%m-%d}.pdf"
    return on_form(subject, name, done.fecha, "Confirmación metrológica", number=12, content=content)


def intervals(subject: Subject, calibraciones: Sequence[Calibracion]) -> Paper:
    """Intervalos de calibración: how long until the next one, from what the last ones showed."""
    last = calibraciones[-1]
    serie = last.series[0]
    content = [
        *identity(subject),
        blocks.heading("Método"),
        blocks.text(
            "Método 1 de ILAC-G24 / OIML D 10 (ajuste en escalera): si el mayor error queda por debajo del "
            "80 % del error máximo permisible, el intervalo se mantiene o se amplía; si lo supera, se reduce."
        ),
        *_history(calibraciones),
        blocks.chart(serie, caption=f"Última calibración: {serie.magnitud.nombre}."),
        blocks.heading("Intervalo vigente"),
        blocks.note(f"El intervalo de calibración queda en {subject.instrument.meses} meses."),
        blocks.signatures(subject.responsable, subject.company.personas[0]),
    ]
    name = f"intervalos_{last.fecha:%Y-%m-%d}.pdf"
    title = "Revisión de intervalos de calibración"
    return on_form(subject, name, last.fecha, title, number=14, content=content)


def _decisions(series: Sequence[Serie]) -> list[Block]:
    rows = [
        (
            serie.magnitud.nombre,
            f"{comma(punto.nominal)} {serie.magnitud.unidad}",
            comma(abs(punto.error), serie.magnitud.decimales),
            "—" if punto.incertidumbre is None else comma(punto.incertidumbre),
            comma(punto.emp),
            punto.conformidad,
        )
        for serie in series
        for punto in serie.puntos
    ]
    head = ("Magnitud", "Punto", "|Error|", "U (k=2)", "EMP", "Decisión")
    return [
        blocks.heading("Criterio: |error| ≤ EMP"),
        blocks.figures(head, rows, widths=(5, 4, 3, 3, 3, 4), right=(1, 2, 3, 4)),
    ]


def _history(calibraciones: Sequence[Calibracion]) -> list[Block]:
    rows = [
        (
            long_day(done.fecha),
            done.numero,
            comma(100 * _worst(done.series), 0) + " %",
            "Se mantiene" if done.conforme else "Se reduce",
        )
        for done in calibraciones
    ]
    head = ("Calibración", "Certificado", "Mayor |error| / EMP", "Decisión")
    return [blocks.heading("Historial"), blocks.figures(head, rows, widths=(2, 2, 2, 1), right=(2,))]


def _worst(series: Sequence[Serie]) -> float:
    """The largest error as a share of its EMP (a relative one at zero has none)."""
    return max(abs(punto.error) / punto.emp for serie in series for punto in serie.puntos if punto.emp)
