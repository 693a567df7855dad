"""Equipo, one instrument; its Baja; and the préstamos of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class EstadoEquipo(models.TextChoices):
    ACTIVO = "Activo"
    EN_MANTENIMIENTO = "En Mantenimiento"
    EN_CALIBRACION = "En Calibración"
    EN_COMPROBACION = "En Comprobación"
    EN_PRESTAMO = "En Préstamo"
    INACTIVO = "Inactivo"
    DE_BAJA = "De Baja"


def _documento(name: str) -> models.ForeignKey[object, object]:
    return models.ForeignKey(
        "sam.Documento", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=name
    )


class Equipo(models.Model):
    """One instrument. `revision` grows whenever anything changes that its Ficha shows."""

    empresa = models.ForeignKey("sam.Empresa", models.PROTECT, related_name="equipos", verbose_name="empresa")
    codigo_interno = models.CharField("código interno", max_length=200)
    nombre = models.CharField("nombre", max_length=300, blank=True)
    tipo_equipo = models.CharField("tipo de equipo", max_length=300, blank=True)
    marca = models.CharField("marca", max_length=300, blank=True)
    modelo = models.CharField("modelo", max_length=300, blank=True)
    numero_serie = models.CharField("número de serie", max_length=300, blank=True)
    proveedor = models.CharField("proveedor", max_length=300, blank=True)
    ubicacion = models.CharField("ubicación", max_length=300, blank=True)
    responsable = models.CharField("responsable", max_length=300, blank=True)
    estado = models.CharField("estado", max_length=20, choices=EstadoEquipo, default=EstadoEquipo.ACTIVO)
    fecha_adquisicion = models.DateField("fecha de adquisición", null=True, blank=True)
    fecha_registro = models.DateField("fecha de registro", null=True, blank=True)
    rango_medida = models.TextField("rango de medida", blank=True)
    resolucion = models.TextField("resolución", blank=True)
    error_maximo_permisible = models.TextField("error máximo permisible", blank=True)
    unidad = models.CharField("unidad", max_length=300, blank=True)
    puntos_calibracion = models.TextField("puntos de calibración", blank=True)
    observaciones = models.TextField("observaciones", blank=True)
    frecuencia_calibracion_meses = models.IntegerField("calibración cada (meses)", null=True, blank=True)
    frecuencia_mantenimiento_meses = models.IntegerField("mantenimiento cada (meses)", null=True, blank=True)
    frecuencia_comprobacion_meses = models.IntegerField("comprobación cada (meses)", null=True, blank=True)
    fecha_ultima_calibracion = models.DateField("última calibración", null=True, blank=True)
    fecha_ultimo_mantenimiento = models.DateField("último mantenimiento", null=True, blank=True)
    fecha_ultima_comprobacion = models.DateField("última comprobación", null=True, blank=True)
    proxima_calibracion = models.DateField("próxima calibración", null=True, blank=True)
    proximo_mantenimiento = models.DateField("próximo mantenimiento", null=True, blank=True)
    proxima_comprobacion = models.DateField("próxima comprobación", null=True, blank=True)
    compra = _documento("compra")
    ficha_tecnica = _documento("ficha técnica")
    manual = _documento("manual")
    otros_documentos = _documento("otros documentos")
    imagen = _documento("imagen")
    revision = models.BigIntegerField(default=1, editable=False)
    dump_sha256 = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = "equipo"
        verbose_name_plural = "equipos"
        constraints = [
            models.UniqueConstraint(fields=["empresa", "codigo_interno"], name="equipo_codigo"),
            models.CheckConstraint(condition=~Q(codigo_interno=""), name="equipo_con_codigo"),
            models.CheckConstraint(condition=Q(estado__in=EstadoEquipo.values), name="equipo_estado"),
        ]

    def __str__(self) -> str:
        return f"{self.codigo_interno} {self.nombre}"


class Baja(models.Model):
    equipo = models.OneToOneField(Equipo, models.CASCADE, related_name="baja")
    fecha = models.DateField("fecha", null=True, blank=True)
    razon = models.TextField("razón", blank=True)
    observaciones = models.TextField("observaciones", blank=True)
    documento = _documento("documento")

    class Meta:
        verbose_name = "baja"
        verbose_name_plural = "bajas"

    def __str__(self) -> str:
        return f"baja de {self.equipo}"


class Prestamo(models.Model):
    equipo = models.ForeignKey(Equipo, models.CASCADE, related_name="prestamos")
    prestatario = models.CharField("prestatario", max_length=300, blank=True)
    cedula = models.CharField("cédula", max_length=300, blank=True)
    cargo = models.CharField("cargo", max_length=300, blank=True)
    telefono = models.CharField("teléfono", max_length=300, blank=True)
    email = models.CharField("correo", max_length=300, blank=True)
    fecha_prestamo = models.DateField("fecha del préstamo", null=True, blank=True)
    devolucion_programada = models.DateField("devolución programada", null=True, blank=True)
    devolucion_real = models.DateField("devolución real", null=True, blank=True)
    estado = models.CharField("estado", max_length=300, blank=True)
    observaciones = models.TextField("observaciones", blank=True)

    class Meta:
        verbose_name = "préstamo"
        verbose_name_plural = "préstamos"

    def __str__(self) -> str:
        return f"préstamo de {self.equipo}"
