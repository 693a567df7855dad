"""What happened to an equipo: calibraciones, mantenimientos and comprobaciones, each with its documentos."""

from __future__ import annotations

from django.db import models

from sam.models.equipos import Equipo, _documento


class Calibracion(models.Model):
    """`magnitudes` is a list of {nombre, unidad, puntos}, as `sam.planning.fichas` types it."""

    equipo = models.ForeignKey(Equipo, models.CASCADE, related_name="calibraciones")
    fecha = models.DateField("fecha", null=True, blank=True)
    proveedor = models.CharField("proveedor", max_length=300, blank=True)
    resultado = models.CharField("resultado", max_length=300, blank=True)
    numero_certificado = models.CharField("número de certificado", max_length=300, blank=True)
    observaciones = models.TextField("observaciones", blank=True)
    costo = models.DecimalField("costo", max_digits=16, decimal_places=2, null=True, blank=True)
    certificado = _documento("certificado")
    confirmacion = _documento("confirmación metrológica")
    intervalos = _documento("intervalos de calibración")
    magnitudes = models.JSONField("magnitudes", default=list, blank=True)

    class Meta:
        verbose_name = "calibración"
        verbose_name_plural = "calibraciones"

    def __str__(self) -> str:
        return f"calibración {self.numero_certificado} de {self.equipo}"


class Mantenimiento(models.Model):
    equipo = models.ForeignKey(Equipo, models.CASCADE, related_name="mantenimientos")
    fecha = models.DateField("fecha", null=True, blank=True)
    tipo = models.CharField("tipo", max_length=300, blank=True)
    proveedor = models.CharField("proveedor", max_length=300, blank=True)
    responsable = models.CharField("responsable", max_length=300, blank=True)
    costo = models.DecimalField("costo", max_digits=16, decimal_places=2, null=True, blank=True)
    descripcion = models.TextField("actividades", blank=True)
    observaciones = models.TextField("observaciones", blank=True)
    documento = _documento("documento")
    documento_externo = _documento("documento externo")
    documento_interno = _documento("documento interno")

    class Meta:
        verbose_name = "mantenimiento"
        verbose_name_plural = "mantenimientos"

    def __str__(self) -> str:
        return f"mantenimiento {self.fecha} de {self.equipo}"


class Comprobacion(models.Model):
    """`magnitudes` as in Calibracion."""

    equipo = models.ForeignKey(Equipo, models.CASCADE, related_name="comprobaciones")
    fecha = models.DateField("fecha", null=True, blank=True)
    proveedor = models.CharField("proveedor", max_length=300, blank=True)
    responsable = models.CharField("responsable", max_length=300, blank=True)
    resultado = models.CharField("resultado", max_length=300, blank=True)
    observaciones = models.TextField("observaciones", blank=True)
    consecutivo = models.CharField("consecutivo", max_length=300, blank=True)
    equipo_referencia = models.CharField("equipo de referencia", max_length=300, blank=True)
    certificado = _documento("certificado")
    documento = _documento("documento")
    documento_externo = _documento("documento externo")
    documento_interno = _documento("documento interno")
    magnitudes = models.JSONField("magnitudes", default=list, blank=True)

    class Meta:
        verbose_name = "comprobación"
        verbose_name_plural = "comprobaciones"

    def __str__(self) -> str:
        return f"comprobación {self.consecutivo} de {self.equipo}"
