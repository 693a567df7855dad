"""The manual that comes with an equipo: a cover and two pages."""

from __future__ import annotations

from typing import Final

from sam.demo import blocks
from sam.demo.blocks import Block, Paper
from sam.demo.commercial import brand, points
from sam.demo.spanish import long_day
from sam.demo.subjects import Subject

FEMININE: Final = ("Balanza", "Báscula", "Incubadora", "Micropipeta")


def manual(subject: Subject) -> Paper:
    instrument = subject.instrument
    return Paper(
        path=subject.path("manual.pdf"),
        day=subject.comprado,
        issuer=brand(subject),
        title=f"Manual de operación {instrument.modelo}",
        number="",
        foot=f"{instrument.marca} {instrument.modelo} · Manual de operación · Ejemplar de {subject.codigo}",
        is_book=True,
        blocks=[
            blocks.cover("Manual de operación", f"{instrument.nombre} {instrument.modelo}", _edition(subject)),
            blocks.page_break(),
            *_introduction(subject),
            *_operation(),
            *_care(subject),
        ],
    )


def _edition(subject: Subject) -> str:
    return (
        f"Edición {subject.comprado:%m/%Y}. Ejemplar entregado a {subject.company.issuer.nombre} con el equipo "
        f"de número de serie {subject.numero_serie}, código interno {subject.codigo}."
    )


def _introduction(subject: Subject) -> list[Block]:
    instrument = subject.instrument
    article = "una" if instrument.nombre.split()[0] in FEMININE else "un"
    return [
        blocks.heading("1. Seguridad"),
        blocks.bullets(
            "Lea este manual antes de poner el equipo en servicio.",
            "No exceda el intervalo de medida: puede dañar el elemento sensor.",
            "Evite golpes, vibraciones, polvo y cambios bruscos de temperatura.",
            "Solo personal autorizado abre la carcasa o rompe los precintos.",
        ),
        blocks.heading("2. Descripción"),
        blocks.text(
            f"El modelo {instrument.modelo} es {article} {instrument.nombre.lower()} para uso en laboratorio y en "
            f"planta. Mide en el intervalo de {instrument.rango}; su error máximo permisible es {instrument.emp}.",
            "El equipo se entrega con estuche, ficha técnica y certificado de inspección de fábrica.",
        ),
        blocks.heading("3. Puesta en servicio"),
        blocks.steps(
            "Retire el embalaje e inspeccione que no haya daños visibles.",
            "Deje que el equipo alcance la temperatura del recinto, al menos dos horas.",
            "Ubíquelo sobre una superficie firme, nivelada y sin corrientes de aire.",
            "Haga el ajuste de cero y espere una indicación estable.",
            "Compruebe un punto con un patrón de referencia antes del primer uso.",
        ),
    ]


def _operation() -> list[Block]:
    return [
        blocks.heading("4. Medición"),
        blocks.steps(
            "Verifique la vigencia de la etiqueta de calibración.",
            "Seleccione la unidad de medida.",
            "Aplique el valor por medir sin sobrepasar el límite superior.",
            "Espere la estabilización y registre la lectura con todas sus cifras.",
            "Corrija la lectura con el error informado en el último certificado.",
        ),
        blocks.heading("5. Mensajes y fallas"),
        blocks.figures(
            ("Síntoma", "Causa probable", "Acción"),
            [
                (
                    "No enciende",
                    "Batería agotada o adaptador suelto",
                    "Cambie la batería; revise la conexión",
                ),
                ("Lectura inestable", "Vibración o corriente de aire", "Reubique el equipo"),
                (
                    "No vuelve a cero",
                    "Elemento sucio o sobrecargado",
                    "Limpie; si persiste, solicite servicio",
                ),
                ("Indicación fuera de EMP", "Deriva", "Retire del servicio y calibre"),
            ],
            widths=(2, 3, 3),
            right=(),
        ),
        blocks.note("Registre cada falla en la hoja de vida del equipo, aunque se haya resuelto en el momento."),
    ]


def _care(subject: Subject) -> list[Block]:
    return [
        blocks.heading("6. Cuidado y mantenimiento"),
        blocks.bullets(
            "Limpie con un paño suave sin pelusa; no use disolventes.",
            "Guarde el equipo en su estuche, con desecante.",
            "Haga mantenimiento preventivo por lo menos una vez al año.",
        ),
        blocks.heading("7. Calibración"),
        blocks.text(f"Se recomienda calibrar cada {subject.instrument.meses} meses, en los puntos siguientes:"),
        blocks.bullets(*points(subject.instrument)),
        blocks.heading("8. Registro del ejemplar"),
        blocks.pairs(
            ("Código interno", subject.codigo),
            ("Número de serie", subject.numero_serie),
            ("Asignado a", subject.responsable.nombre),
            ("Fecha de entrega", long_day(subject.comprado)),
        ),
    ]
