"""The Django application `realtime`: it brings the command `web`, and no models."""

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "realtime"
    verbose_name = "Conexión en vivo"
