"""What comes with an equipo when it is bought: the invoice, the data sheet, and the act of reception."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sam.demo import blocks
from sam.demo.blocks import Block, Paper
from sam.demo.catalogue import Instrument
from sam.demo.chance import dice
from sam.demo.companies import Issuer, Person
from sam.demo.own_forms import identity, on_form
from sam.demo.spanish import comma, long_day, pesos
from sam.demo.subjects import Subject

IVA_PERCENT: Final = 19
SHIPPING_PESOS: Final = 45_000
BRAND_COLORS: Final = ("#23395d", "#3b5d23", "#5d2323", "#4a235d", "#235d58", "#5d4a23")


def invoice(subject: Subject) -> Paper:
    seller = subject.vendedor.issuer
    number = f"FE-{subject.comprado:%y}{subject.ordinal:04d}"
    return Paper(
        path=subject.path("factura_compra.pdf"),
        day=subject.comprado,
        issuer=seller,
        title="Factura de venta",
        number=number,
        foot=f"{seller.nombre} · Factura {number}",
        blocks=[
            *_buyer(subject),
            *_lines(subject),
            blocks.heading("Condiciones"),
            blocks.bullets(
                "Garantía de doce meses por defectos de fabricación.",
                "El equipo se entrega con manual en español y ficha técnica del fabricante.",
                f"Destino: {subject.instrument.ubicacion}; código interno asignado {subject.codigo}.",
            ),
            blocks.signatures(seller.firma, Person(subject.responsable.nombre, "Recibió a satisfacción")),
        ],
    )


def _buyer(subject: Subject) -> list[Block]:
    client = subject.company
    return [
        blocks.pairs(
            ("Cliente", client.issuer.nombre),
            ("NIT", client.nit),
            ("Dirección", client.issuer.direccion),
            ("Teléfono", client.telefono),
            ("Fecha de emisión", long_day(subject.comprado)),
            ("Vencimiento", long_day(subject.comprado + timedelta(days=30))),
            ("Forma de pago", "Crédito a 30 días"),
            ("Orden de compra", f"OC-{subject.comprado.year}-{subject.ordinal:03d}"),
        )
    ]


def _lines(subject: Subject) -> list[Block]:
    instrument = subject.instrument
    what = f"{instrument.nombre} {instrument.marca} {instrument.modelo}, serie {subject.numero_serie}"
    bought = [(what, instrument.precio), ("Transporte asegurado y embalaje", SHIPPING_PESOS)]
    base = sum(price for _, price in bought)
    iva = base * IVA_PERCENT // 100
    return [
        blocks.heading("Detalle"),
        blocks.figures(
            ("Ítem", "Descripción", "Cant.", "Valor unitario", "Valor total"),
            [
                (str(item), words, "1", pesos(price), pesos(price))
                for item, (words, price) in enumerate(bought, start=1)
            ],
            widths=(0, 5, 0, 2, 2),
            right=(0, 2, 3, 4),
        ),
        blocks.totals(("Subtotal", pesos(base)), (f"IVA {IVA_PERCENT} %", pesos(iva)), ("Total", pesos(base + iva))),
    ]


def data_sheet(subject: Subject) -> Paper:
    """Ficha técnica, with the picture of the equipo."""
    instrument = subject.instrument
    return Paper(
        path=subject.path("ficha_tecnica.pdf"),
        day=subject.comprado,
        issuer=brand(subject),
        title="Ficha técnica",
        number=f"{instrument.nombre} {instrument.modelo}",
        foot=f"{instrument.marca} · Ficha técnica {instrument.modelo} · Ejemplar de {subject.codigo}",
        blocks=[
            blocks.photo(subject.imagen, caption=f"{instrument.nombre}, modelo {instrument.modelo}"),
            *_specifications(instrument, subject.numero_serie),
            blocks.heading("Puntos de calibración recomendados"),
            blocks.bullets(*points(instrument)),
        ],
    )


def _specifications(instrument: Instrument, numero_serie: str) -> list[Block]:
    return [
        blocks.heading("Especificaciones"),
        blocks.pairs(
            ("Intervalo de medida", instrument.rango),
            ("Resolución", instrument.resolucion or "No aplica"),
            ("Error máximo permisible", instrument.emp),
            ("Unidad", instrument.unidad),
            ("Magnitudes", ", ".join(magnitud.nombre for magnitud in instrument.magnitudes)),
            ("Número de serie", numero_serie),
            columns=1,
        ),
        blocks.heading("Condiciones de operación"),
        blocks.pairs(
            ("Temperatura", "10 °C a 35 °C"),
            ("Humedad relativa", "20 %HR a 80 %HR"),
            ("Almacenamiento", "0 °C a 50 °C"),
            ("Altitud", "hasta 3 000 m"),
        ),
    ]


def reception(subject: Subject, day: date) -> Paper:
    """Otros documentos: the act by which the equipo was received and put in service."""
    checks = [
        ("Coincide con la orden de compra", "Sí", "Factura y remisión"),
        ("Sin daños visibles", "Sí", "Inspección"),
        ("Accesorios completos", "Sí", "Lista de empaque"),
        ("Manual y ficha técnica", "Sí", "Archivo de la hoja de vida"),
        ("Verificación inicial", "Sí", "Punto de control"),
    ]
    content = [
        *identity(subject),
        blocks.pairs(("Proveedor", subject.vendedor.issuer.nombre), ("Fecha", long_day(day))),
        blocks.heading("Lista de chequeo"),
        blocks.figures(("Requisito", "Cumple", "Evidencia"), checks, widths=(3, 1, 2), right=()),
        blocks.note("El equipo queda a disposición del laboratorio desde la fecha de esta acta."),
        blocks.signatures(subject.responsable, subject.company.personas[0]),
    ]
    title = "Acta de recepción y puesta en servicio"
    return on_form(subject, "acta_de_recepcion.pdf", day, title, number=8, content=content)


def brand(subject: Subject) -> Issuer:
    """The maker of an equipo, with a color of its own."""
    marca = subject.instrument.marca
    initials = "".join(word[0] for word in marca.split())
    return Issuer(
        nombre=marca,
        corto=marca,
        siglas=(initials if len(initials) > 1 else marca)[:2].upper(),
        lema="Instrumentos de medición",
        direccion=f"Representante en Colombia: {subject.vendedor.issuer.nombre}",
        color=dice(marca).choice(BRAND_COLORS),
        firma=subject.vendedor.issuer.firma,
    )


def points(instrument: Instrument) -> list[str]:
    """Where an instrument is calibrated, a line for each magnitud."""
    return [
        f"{magnitud.nombre}: {' / '.join(map(comma, magnitud.nominales))} {magnitud.unidad}"
        for magnitud in instrument.magnitudes
    ]
