"""Django's settings, all of them from the environment; what is not said here is Django's default."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF

from sam.environment import read_environment
from sam.errors import BadEnvironment

# Makes generic classes of Django subscriptable at run time, as the types are written.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    SAM = read_environment(os.environ, base_dir=BASE_DIR)
except BadEnvironment as error:
    sys.exit(error.message)

SECRET_KEY = SAM.secret_key
SECRET_KEY_FALLBACKS = list(SAM.secret_key_fallbacks)
DEBUG = SAM.debug
ALLOWED_HOSTS = list(SAM.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(SAM.trusted_origins)

INSTALLED_APPS = [
    "sam.apps.SamConfig",
    "realtime",
    "zipworker",
    "sam.apps.SamAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "channels",
]

MIDDLEWARE = [
    "sam.views.middleware.TraceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "sam.views.machines.MachineMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "sam.views.middleware.OutageMiddleware",
    "sam.views.middleware.SessionCookieMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sam.views.middleware.IdiomaMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sam.views.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "sam.urls"
ASGI_APPLICATION = "realtime.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sam.views.context.page",
            ],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {"default": dict(SAM.database)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that will write takes its lock at the start, instead of failing half-way.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["ENGINE"] = "sam.postgresql"  # a pooled connection that a restart cut is not handed out
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"] = {
        # A slot builds with one connection and beats with another; the rest is for what looks after them.
        # An attempt to connect is given up after 2 s, for the next request to make a new one: psycopg's own would
        # pause twice as long each time, and find a server that was away for a minute a minute after it came back.
        "pool": {
            "min_size": 1,
            "max_size": max(12, 2 * SAM.worker_slots + 6),
            "timeout": 3,
            "max_idle": 60,
            "reconnect_timeout": 2,
        },
        "connect_timeout": 5,
        # A server whose machine is gone answers nothing and resets nothing: its connections end all the same.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        "options": "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s",
        **SAM.database.get("OPTIONS", {}),
    }

# A Redis that hangs is noticed: a connection has a time limit, and one that fell silent is asked.
REDIS_HOST: dict[str, Any] = {"address": SAM.redis_url, "health_check_interval": 1}
if not SAM.redis_url.startswith("unix:"):
    REDIS_HOST |= {"socket_connect_timeout": 1, "socket_keepalive": True}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_HOST], "prefix": "sam"},
    }
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "sam.Usuario"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "entrar"
LOGIN_REDIRECT_URL = "informes"
LOGOUT_REDIRECT_URL = "entrar"

LANGUAGE_CODE = "es-co"
TIME_ZONE = "America/Bogota"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = SAM.data_dir / "static"
STATICFILES_DIRS = [BASE_DIR / "frontend" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "sam.static.ModuleManifestStorage"
    },
}

# Nothing inline, nothing from elsewhere: pages, modules, styles and the socket are all our own.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "img-src": [SELF, "data:"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "sam.views.errors.csrf_failure"

# Plain HTTP on a company's own network is a real installation; behind TLS set CSRF_TRUSTED_ORIGINS=https://…
SECURE = any(origin.startswith("https://") for origin in SAM.trusted_origins)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
# Redirecting to TLS is the proxy's work; behind it, health checks come as plain HTTP.
SILENCED_SYSTEM_CHECKS = ["security.W008"]
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"text": {"()": "sam.logs.TextLine"}, "json": {"()": "sam.logs.JsonLine"}},
    "filters": {"not_health": {"()": "sam.logs.NotHealth"}, "heals": {"()": "sam.logs.HealsByItself"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": SAM.log_format, "filters": ["not_health"]},
        "notes": {"class": "sam.logs.Notes", "formatter": "text"},
    },
    "root": {"handlers": ["console", "notes"], "level": "INFO"},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "arq": {"level": "WARNING"},
        "twisted": {"level": "WARNING"},
        "channels_redis.pubsub": {"filters": ["heals"]},
    },
}
