"""Django's administration of all the models, in Spanish."""

from sam.admin import empresas, equipos, solicitudes  # noqa: F401  # registers them
