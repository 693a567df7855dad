"""Who is who in the demo: the two empresas, their suppliers and their people. All are invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Person:
    nombre: str
    cargo: str


@dataclass(frozen=True, slots=True)
class Form:
    """The number that a quality system gives to one of its own forms."""

    codigo: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Somebody who writes papers; `siglas` are two or three letters for the emblem."""

    nombre: str
    corto: str
    siglas: str
    lema: str
    direccion: str
    color: str
    firma: Person
    acreditacion: str = ""

    def letterhead(self) -> dict[str, str]:
        return {
            "nombre": self.nombre,
            "corto": self.corto,
            "siglas": self.siglas,
            "lema": self.lema,
            "direccion": self.direccion,
            "color": self.color,
            "acreditacion": self.acreditacion,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """A proveedor: who writes as `issuer`, and what the empresa buys there."""

    issuer: Issuer
    servicio: str
    contacto: str
    telefono: str
    email: str
    web: str
    alcance: str
    acreditador: str = ""

    def as_dump(self) -> dict[str, Any]:
        return {
            "nombre_empresa": self.issuer.nombre,
            "tipo_servicio": self.servicio,
            "nombre_contacto": self.contacto,
            "numero_contacto": self.telefono,
            "correo_electronico": self.email,
            "pagina_web": self.web,
            "alcance": self.alcance,
            "servicio_prestado": f"{self.servicio} de equipos de medición",
            "entidad_acreditadora": self.acreditador,
            "numero_acreditacion": self.issuer.acreditacion,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """An empresa with its people; the first of `personas` answers for metrology."""

    issuer: Issuer
    nit: str
    telefono: str
    email: str
    formato_codigo: str
    formato_version: str
    formato_fecha: str
    prefijo: str
    personas: Sequence[Person]

    def as_dump(self, *, logo: str) -> dict[str, Any]:
        return {
            "nombre": self.issuer.nombre,
            "nit": self.nit,
            "direccion": self.issuer.direccion,
            "telefono": self.telefono,
            "email": self.email,
            "formato_codigo": self.formato_codigo,
            "formato_version": self.formato_version,
            "formato_fecha": self.formato_fecha,
            "logo": logo,
        }

    def form(self, number: int, version: str = "03") -> Form:
        return Form(f"{self.prefijo}-MET-F-{number:03d}", version)


def _supplier(
    servicio: str, issuer: Issuer, *, telefono: str, dominio: str, alcance: str, acreditador: str = ""
) -> Supplier:
    return Supplier(
        issuer=issuer,
        servicio=servicio,
        contacto=issuer.firma.nombre,
        telefono=telefono,
        email=f"servicio@{dominio}",
        web=f"https://www.{dominio}",
        alcance=alcance,
        acreditador=acreditador,
    )


CERTIBOY: Final = Company(
    issuer=Issuer(
        nombre="CERTIBOY S.A.S.",
        corto="CERTIBOY",
        siglas="CB",
        lema="Aseguramiento metrológico para la industria",
        direccion="Carrera 10 # 21-35, Tunja, Boyacá, Colombia",
        color="#0b5c7a",
        firma=Person("Lucía Gómez Íñiguez", "Directora de metrología"),
    ),
    nit="900.123.456-7",
    telefono="+57 608 555 0134",
    email="calidad@certiboy.example",
    formato_codigo="CB-MET-F-001",
    formato_version="05",
    formato_fecha="2025-02-17",
    prefijo="CB",
    personas=(
        Person("Lucía Gómez Íñiguez", "Directora de metrología"),
        Person("José Ángel Peña Cárdenas", "Metrólogo de masa y volumen"),
        Person("Ana María Núñez Ordóñez", "Metróloga de temperatura y humedad"),
        Person("Óscar Güiza Acuña", "Metrólogo de presión y fuerza"),
        Person("Sebastián Muñoz Briceño", "Técnico de laboratorio"),
    ),
)

OTRA: Final = Company(
    issuer=Issuer(
        nombre="OTRA METROLOGÍA LTDA.",
        corto="OTRA METROLOGÍA",
        siglas="OM",
        lema="Medir bien es decidir bien",
        direccion="Calle 45 # 12-08, Bucaramanga, Santander, Colombia",
        color="#7a3b0b",
        firma=Person("Íngrid Castañeda Rueda", "Coordinadora de calidad"),
    ),
    nit="901.987.654-3",
    telefono="+57 607 555 0178",
    email="contacto@otrametrologia.example",
    formato_codigo="OM-FO-12",
    formato_version="2",
    formato_fecha="2024-08-01",
    prefijo="OM",
    personas=(
        Person("Íngrid Castañeda Rueda", "Coordinadora de calidad"),
        Person("Fabián Zúñiga Ortiz", "Analista"),
    ),
)

_ONAC: Final = "ONAC"

CALIBRATION: Final = (
    _supplier(
        "Calibración",
        Issuer(
            nombre="Laboratorio Andino de Metrología S.A.S.",
            corto="LAM",
            siglas="LAM",
            lema="Trazabilidad que se demuestra",
            direccion="Avenida 68 # 23-40, Bogotá D.C. · PBX +57 601 555 0121",
            color="#14467c",
            firma=Person("Germán Ibáñez Roa", "Director técnico"),
            acreditacion="18-LAC-017",
        ),
        telefono="+57 601 555 0121",
        dominio="lam-andino.example",
        alcance="Masa, balanzas, temperatura, humedad relativa, presión y variables eléctricas",
        acreditador=_ONAC,
    ),
    _supplier(
        "Calibración",
        Issuer(
            nombre="Calibraciones del Caribe Ltda.",
            corto="CALCARIBE",
            siglas="CC",
            lema="Laboratorio de calibración dimensional y de presión",
            direccion="Vía 40 # 71-124, Barranquilla · Tel. +57 605 555 0147",
            color="#0d6b52",
            firma=Person("Yesenia Pájaro Cantillo", "Jefe de laboratorio"),
            acreditacion="14-LAC-009",
        ),
        telefono="+57 605 555 0147",
        dominio="calcaribe.example",
        alcance="Longitud, presión, par torsional, tiempo y frecuencia",
        acreditador=_ONAC,
    ),
    _supplier(
        "Calibración",
        Issuer(
            nombre="Metrología y Ensayos Ñandú S.A.S.",
            corto="ÑANDÚ",
            siglas="ÑÚ",
            lema="Volumen, masa y fisicoquímica",
            direccion="Carrera 43A # 1 Sur-100, Medellín · Tel. +57 604 555 0162",
            color="#6b2a63",
            firma=Person("Íñigo Álzate Mejía", "Responsable autorizado"),
            acreditacion="21-LAC-032",
        ),
        telefono="+57 604 555 0162",
        dominio="metro-nandu.example",
        alcance="Volumen, masa, pH, conductividad y medios isotermos",
        acreditador=_ONAC,
    ),
)

MAINTENANCE: Final = _supplier(
    "Mantenimiento",
    Issuer(
        nombre="Servicios Técnicos Güiza e Hijos",
        corto="STG",
        siglas="ST",
        lema="Mantenimiento de instrumentos de medición desde 1988",
        direccion="Calle 19 # 9-50, Tunja · Tel. +57 608 555 0190",
        color="#8a4b00",
        firma=Person("Hernán Güiza Suárez", "Técnico especialista"),
    ),
    telefono="+57 608 555 0190",
    dominio="tecnicos-guiza.example",
    alcance="Balanzas, instrumentos dimensionales, de presión y eléctricos",
)

SALES: Final = (
    _supplier(
        "Compra",
        Issuer(
            nombre="Suministros Científicos Bolívar S.A.",
            corto="SCB",
            siglas="SB",
            lema="Equipos e insumos para laboratorio",
            direccion="NIT 830.555.012-4 · Calle 80 # 69-70, Bogotá D.C.",
            color="#8c1d2f",
            firma=Person("Nidia Cuéllar Páez", "Facturación"),
        ),
        telefono="+57 601 555 0109",
        dominio="scbolivar.example",
        alcance="Balanzas, termometría, volumetría y patrones",
    ),
    _supplier(
        "Compra",
        Issuer(
            nombre="Instrumentos del Pacífico S.A.S.",
            corto="IPACÍFICO",
            siglas="IP",
            lema="Instrumentación industrial",
            direccion="NIT 900.555.781-9 · Avenida 3N # 44-18, Cali, Valle del Cauca",
            color="#1f5f8b",
            firma=Person("Rubén Darío Ñáñez", "Asesor comercial"),
        ),
        telefono="+57 602 555 0155",
        dominio="ipacifico.example",
        alcance="Presión, variables eléctricas, longitud y par torsional",
    ),
)

SUPPLIERS: Final = (*CALIBRATION, MAINTENANCE, *SALES)
