"""The empresa's own forms: intermediate checks, maintenance, withdrawal; each names its equipo the same way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sam.demo import blocks
from sam.demo.blocks import Block, Paper
from sam.demo.companies import Supplier
from sam.demo.spanish import long_day, pesos
from sam.demo.subjects import Comprobacion, Mantenimiento, Subject


def check(subject: Subject, done: Comprobacion, *, name: str, title: str) -> Paper:
    """Comprobación intermedia: a control between two calibraciones, with a reference of the house."""
    found: list[Block] = []
    for serie in done.series:
        label = f"{serie.magnitud.nombre} ({serie.magnitud.unidad})"
        found += [blocks.heading(label), blocks.results(serie), blocks.chart(serie, caption=f"Error, {label}.")]
    content = [
        *identity(subject),
        blocks.pairs(
            ("Consecutivo", done.consecutivo),
            ("Referencia", done.referencia),
            ("Fecha", long_day(done.fecha)),
            ("Temperatura", "20,3 °C"),
        ),
        *found,
        blocks.note("Resultado: dentro de los límites de control. Próxima comprobación según programa."),
        blocks.signatures(subject.responsable),
    ]
    return on_form(subject, name, done.fecha, title, number=16, content=content)


def maintenance(subject: Subject, done: Mantenimiento, *, name: str, title: str, supplier: Supplier | None) -> Paper:
    """The report of a mantenimiento: by the supplier on its letterhead, or by the empresa on its form."""
    title = f"{title} {done.tipo.lower()}"
    content = _intervention(subject, done, supplier)
    if supplier is None:
        return on_form(subject, name, done.fecha, title, number=18, content=content)
    return Paper(
        path=subject.path(name),
        day=done.fecha,
        issuer=supplier.issuer,
        title=title,
        number=f"Orden de servicio {done.fecha:%y%m%d}-{subject.ordinal:02d}",
        foot=f"{supplier.issuer.nombre} · {subject.codigo}",
        blocks=content,
    )


def _intervention(subject: Subject, done: Mantenimiento, supplier: Supplier | None) -> list[Block]:
    signs = [subject.responsable] if supplier is None else [supplier.issuer.firma, subject.responsable]
    executor = done.proveedor.issuer if done.proveedor else subject.company.issuer
    return [
        *identity(subject),
        blocks.heading("Intervención"),
        blocks.pairs(
            ("Tipo", done.tipo),
            ("Fecha", long_day(done.fecha)),
            ("Ejecutó", executor.nombre),
            ("Costo", "Interno" if done.costo is None else pesos(done.costo)),
        ),
        blocks.figures(
            ("Actividad", "Realizada", "Estado"),
            [(activity, "Sí", "Correcto") for activity in done.actividades],
            widths=(4, 1, 1),
            right=(),
        ),
        blocks.heading("Hallazgos y recomendaciones"),
        blocks.text(done.hallazgo),
        blocks.note("Después de la intervención el equipo se verificó en un punto y quedó operativo."),
        blocks.signatures(*signs),
    ]


def withdrawal(subject: Subject, day: date, reason: str) -> Paper:
    """The act by which an equipo is taken out of service for good."""
    content = [
        *identity(subject),
        blocks.heading("Motivo de la baja"),
        blocks.text(reason),
        blocks.heading("Disposición final"),
        blocks.bullets(
            "Se retiran las etiquetas de calibración y de identificación.",
            "El equipo se entrega a un gestor autorizado de residuos de aparatos eléctricos y electrónicos.",
            "La hoja de vida y los certificados se conservan cinco años.",
        ),
        blocks.stamp("DE BAJA", long_day(day), is_good=False),
        blocks.signatures(subject.responsable, subject.company.personas[0]),
    ]
    name = f"acta_de_baja_{day:%Y-%m-%d}.pdf"
    return on_form(subject, name, day, "Acta de baja de equipo", number=20, content=content)


def on_form(subject: Subject, name: str, day: date, title: str, *, number: int, content: Sequence[Block]) -> Paper:
    """A paper of the empresa itself, in the frame of its quality system."""
    issuer = subject.company.issuer
    return Paper(
        path=subject.path(name),
        day=day,
        issuer=issuer,
        title=title,
        number="",
        foot=f"{issuer.nombre} · {subject.codigo} · {long_day(day)}",
        blocks=content,
        form=subject.company.form(number),
    )


def identity(subject: Subject) -> list[Block]:
    instrument = subject.instrument
    return [
        blocks.heading("Equipo"),
        blocks.pairs(
            ("Código interno", subject.codigo),
            ("Nombre", instrument.nombre),
            ("Marca y modelo", f"{instrument.marca} {instrument.modelo}"),
            ("Número de serie", subject.numero_serie),
            ("Ubicación", instrument.ubicacion),
            ("Responsable", subject.responsable.nombre),
        ),
    ]
