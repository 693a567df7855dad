"""What a calibration laboratory hands over: the certificate, with results, traceability and conditions."""

from __future__ import annotations

import random
from datetime import timedelta

from sam.demo import blocks
from sam.demo.blocks import Block, Paper
from sam.demo.chance import dice
from sam.demo.companies import Person
from sam.demo.spanish import comma, long_day
from sam.demo.subjects import Calibracion, Subject


def certificate(subject: Subject, calibracion: Calibracion) -> Paper:
    issuer = calibracion.proveedor.issuer
    rng = dice(calibracion.numero)
    issued = calibracion.fecha + timedelta(days=rng.randrange(2, 9))
    return Paper(
        path=subject.path(f"certificado_{calibracion.fecha:%Y-%m-%d}.pdf"),
        day=calibracion.fecha,
        issuer=issuer,
        title="Certificado de calibración",
        number=f"N.º {calibracion.numero}",
        foot=f"{issuer.nombre} · Certificado {calibracion.numero} · Sin firma no es válido.",
        blocks=[
            *_who_and_what(subject, calibracion, issued=long_day(issued)),
            *_how(calibracion, rng),
            blocks.page_break(),
            *_results(calibracion),
            *_declarations(calibracion),
            blocks.signatures(
                Person(_metrologist(rng), "Metrólogo, realizó la calibración"),
                Person(issuer.firma.nombre, f"{issuer.firma.cargo}, autorizó"),
            ),
        ],
    )


def _who_and_what(subject: Subject, calibracion: Calibracion, *, issued: str) -> list[Block]:
    client, instrument = subject.company.issuer, subject.instrument
    return [
        blocks.heading("1. Cliente"),
        blocks.pairs(
            ("Solicitante", client.nombre),
            ("NIT", subject.company.nit),
            ("Dirección", client.direccion),
            ("Contacto", subject.company.email),
        ),
        blocks.heading("2. Instrumento"),
        blocks.pairs(
            ("Descripción", instrument.nombre),
            ("Código interno", subject.codigo),
            ("Marca", instrument.marca),
            ("Modelo", instrument.modelo),
            ("Número de serie", subject.numero_serie),
            ("Intervalo de medida", instrument.rango),
            ("Resolución", instrument.resolucion or "No aplica"),
            ("Error máximo permisible", instrument.emp),
        ),
        blocks.heading("3. Fechas y lugar"),
        blocks.pairs(
            ("Fecha de calibración", long_day(calibracion.fecha)),
            ("Fecha de emisión", issued),
            ("Lugar", "Instalaciones del laboratorio"),
            ("Orden de servicio", f"OS-{calibracion.fecha:%y%m}-{subject.ordinal:03d}"),
        ),
    ]


def _how(calibracion: Calibracion, rng: random.Random) -> list[Block]:
    measured = " y ".join(serie.magnitud.nombre.lower() for serie in calibracion.series)
    siglas = calibracion.proveedor.issuer.siglas
    patterns = [
        (f"Patrón de {serie.magnitud.nombre.lower()}", f"{siglas}-P{rng.randrange(10, 99)}", _traced(rng))
        for serie in calibracion.series
    ]
    return [
        blocks.heading("4. Método"),
        blocks.text(
            f"Comparación directa de {measured} contra patrones de referencia, en orden creciente y decreciente, "
            "con tres repeticiones por punto. La incertidumbre se estimó según la guía JCGM 100:2008 y se expresa "
            "como incertidumbre expandida con factor de cobertura k = 2, que corresponde a un nivel de confianza "
            "cercano al 95 %."
        ),
        blocks.heading("5. Patrones y trazabilidad"),
        blocks.figures(
            ("Patrón", "Identificación", "Certificado de trazabilidad al SI"),
            [*patterns, ("Termohigrómetro ambiental", f"{siglas}-TH{rng.randrange(1, 9)}", _traced(rng))],
            widths=(2, 1, 2),
            right=(),
        ),
        blocks.heading("6. Condiciones ambientales"),
        blocks.figures(
            ("Magnitud", "Inicial", "Final"),
            [
                ("Temperatura (°C)", comma(rng.uniform(19.6, 20.4), 1), comma(rng.uniform(19.6, 20.4), 1)),
                ("Humedad relativa (%HR)", comma(rng.uniform(46, 54), 1), comma(rng.uniform(46, 54), 1)),
                ("Presión (hPa)", comma(rng.uniform(748, 752), 1), comma(rng.uniform(748, 752), 1)),
            ],
            widths=(2, 1, 1),
            right=(1, 2),
        ),
    ]


def _results(calibracion: Calibracion) -> list[Block]:
    found: list[Block] = [blocks.heading("7. Resultados")]
    for serie in calibracion.series:
        name = f"{serie.magnitud.nombre} ({serie.magnitud.unidad})"
        found += [
            blocks.text(f"Magnitud: {name}. El error es la lectura del instrumento menos el valor de referencia."),
            blocks.results(serie),
            blocks.chart(serie, caption=f"Error por punto, {name}; las barras son la incertidumbre expandida."),
        ]
    return found


def _declarations(calibracion: Calibracion) -> list[Block]:
    verdict = (
        "todos los puntos cumplen el error máximo permisible declarado"
        if calibracion.conforme
        else "al menos un punto no cumple el error máximo permisible declarado"
    )
    return [
        blocks.heading("8. Declaración de conformidad y observaciones"),
        blocks.note(f"Regla de decisión: aceptación simple (ILAC-G8:09/2019). Con ella, {verdict}."),
        blocks.bullets(
            "Los resultados se refieren solo al instrumento y al momento de la calibración.",
            "El usuario decide el intervalo de recalibración según el uso del instrumento.",
            "Este certificado se reproduce completo; en parte, solo con autorización del laboratorio.",
        ),
    ]


def _traced(rng: random.Random) -> str:
    return f"CERT-{rng.randrange(1000, 9999)} del {rng.randrange(1, 28):02d}/{rng.randrange(1, 12):02d}, INM"


def _metrologist(rng: random.Random) -> str:
    return rng.choice(("Camilo Ávila Pérez", "Nataly Ibagué Ríos", "Julián Cañón Díaz", "Érika Lozano Güette"))
