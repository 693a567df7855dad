"""Empresa, its usuarios and its lists of proveedores and procedimientos."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from sam.planning.semaforo import DUE_SOON_DAYS


class Empresa(models.Model):
    """The tenant. `revision` grows whenever anything changes that its Ficha shows."""

    nombre = models.CharField("nombre", max_length=300)
    nit = models.CharField("NIT", max_length=300, blank=True)
    direccion = models.CharField("dirección", max_length=300, blank=True)
    telefono = models.CharField("teléfono", max_length=300, blank=True)
    email = models.CharField("correo", max_length=300, blank=True)
    formato_codigo = models.CharField("código del formato", max_length=300, blank=True)
    formato_version = models.CharField("versión del formato", max_length=300, blank=True)
    formato_fecha = models.DateField("fecha del formato", null=True, blank=True)
    logo = models.ForeignKey(
        "sam.Documento", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="logo"
    )
    dias_por_vencer = models.PositiveSmallIntegerField(
        "días por vencer",
        default=DUE_SOON_DAYS,
        help_text="Una actividad está por vencer cuando faltan estos días o menos.",
    )
    sin_datos_personales = models.BooleanField(
        "sin datos personales",
        default=False,
        help_text="Deja por fuera del informe la cédula, el teléfono y el correo de los préstamos.",
    )
    peso = models.PositiveSmallIntegerField(
        "peso en la cola",
        default=1,
        db_default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Con 2 le toca el doble que a una empresa con 1, cuando ambas esperan.",
    )
    partes_a_la_vez = models.PositiveSmallIntegerField(
        "partes a la vez", null=True, blank=True, help_text="Cuántas se arman a la vez como mucho; vacío: sin límite."
    )
    solicitudes_por_hora = models.PositiveSmallIntegerField(
        "solicitudes por hora", null=True, blank=True, help_text="De todos sus usuarios juntos; vacío: sin límite."
    )
    pausada_desde = models.DateTimeField("en pausa desde", null=True, blank=True, editable=False)
    revision = models.BigIntegerField(default=1, editable=False)
    dump_sha256 = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = "empresa"
        verbose_name_plural = "empresas"
        ordering: ClassVar = ["nombre"]
        constraints = [
            models.CheckConstraint(condition=~Q(nombre=""), name="empresa_nombre"),
            models.CheckConstraint(condition=Q(peso__gte=1, peso__lte=100), name="empresa_peso"),
            models.UniqueConstraint(fields=["nit"], condition=~Q(nit=""), name="empresa_nit"),
            models.UniqueConstraint(fields=["nombre"], condition=Q(nit=""), name="empresa_sin_nit"),
        ]

    def __str__(self) -> str:
        return self.nombre


class Usuario(AbstractUser):
    """A person: belongs to one empresa, or is staff and may act for any."""

    empresa = models.ForeignKey(
        Empresa, models.PROTECT, null=True, blank=True, related_name="usuarios", verbose_name="empresa"
    )
    idioma = models.CharField("idioma", max_length=10, default="es-co", choices=[("es-co", "español")])

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined,misc]
        verbose_name = "usuario"
        verbose_name_plural = "usuarios"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_staff=True) | Q(empresa__isnull=False),
                name="usuario_empresa",
                violation_error_message="Quien no es del personal pertenece a una empresa.",
            ),
        ]


class Proveedor(models.Model):
    empresa = models.ForeignKey(Empresa, models.CASCADE, related_name="proveedores")
    nombre_empresa = models.CharField("nombre de la empresa", max_length=300, blank=True)
    tipo_servicio = models.CharField("tipo de servicio", max_length=300, blank=True)
    nombre_contacto = models.CharField("contacto", max_length=300, blank=True)
    numero_contacto = models.CharField("número de contacto", max_length=300, blank=True)
    correo_electronico = models.CharField("correo", max_length=300, blank=True)
    pagina_web = models.CharField("página web", max_length=300, blank=True)
    alcance = models.TextField("alcance", blank=True)
    servicio_prestado = models.TextField("servicio prestado", blank=True)
    entidad_acreditadora = models.CharField("entidad acreditadora", max_length=300, blank=True)
    numero_acreditacion = models.CharField("número de acreditación", max_length=300, blank=True)

    class Meta:
        verbose_name = "proveedor"
        verbose_name_plural = "proveedores"

    def __str__(self) -> str:
        return self.nombre_empresa


class Procedimiento(models.Model):
    empresa = models.ForeignKey(Empresa, models.CASCADE, related_name="procedimientos")
    codigo = models.CharField("código", max_length=300, blank=True)
    nombre = models.CharField("nombre", max_length=300, blank=True)
    version = models.CharField("versión", max_length=300, blank=True)
    fecha_emision = models.DateField("fecha de emisión", null=True, blank=True)
    observaciones = models.TextField("observaciones", blank=True)
    documento = models.ForeignKey("sam.Documento", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = "procedimiento"
        verbose_name_plural = "procedimientos"

    def __str__(self) -> str:
        return f"{self.codigo} {self.nombre}"
