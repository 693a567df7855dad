"""The environment that a process runs in: every name it reads, typed and checked before anything starts."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from environ import Env, ImproperlyConfigured

from sam.errors import BadEnvironment

# What orchestrators inject for a service called "sam" (SAM_WEB_PORT_8000_TCP, SAM_WEB_SERVICE_HOST) is not ours.
INJECTED = re.compile(r"SAM_(\w+_)?(PORT|SERVICE)(_\w+)?")

STORAGE_KINDS = ("file", "s3")
LOG_FORMATS = ("text", "json")
DATABASE_SCHEMES = ("postgres://", "postgresql://", "sqlite:///")
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
FLAGS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}

KNOWN_SAM_NAMES = frozenset(
    {
        "SAM_DATA_DIR",
        "SAM_DEMO_PASSWORD",
        "SAM_GRACE_SECONDS",
        "SAM_LOG_FORMAT",
        "SAM_METRICS_LOOPBACK",
        "SAM_METRICS_TOKEN",
        "SAM_PART_LIFE_SECONDS",
        "SAM_REQUESTS_PER_HOUR",
        "SAM_S3_BUCKET",
        "SAM_S3_ENDPOINT_URL",
        "SAM_S3_REGION",
        "SAM_STORAGE",
        "SAM_STRICT_ENV",
        "SAM_WORKER_SLOTS",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The product's own settings; times are seconds."""

    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    debug: bool
    allowed_hosts: tuple[str, ...]
    trusted_origins: tuple[str, ...]
    database: Mapping[str, Any]
    redis_url: str
    storage: Literal["file", "s3"]
    s3_bucket: str
    s3_endpoint_url: str | None
    s3_region: str | None
    data_dir: Path
    port: int
    part_life_seconds: int
    worker_slots: int
    requests_per_hour: int
    grace_seconds: int
    metrics_token: str
    metrics_loopback: bool
    demo_password: str
    log_format: Literal["text", "json"]


def read_environment(values: Mapping[str, str], *, base_dir: Path) -> Environment:
    """The settings in `values`; raises BadEnvironment with one sentence that names the first wrong one."""
    env = Env()
    env.ENVIRON = dict(values)  # type: ignore[assignment]  # any mapping serves
    try:
        _refuse_unknown_names(env)
        return _read(env, base_dir)
    except (ImproperlyConfigured, ValueError) as error:
        raise BadEnvironment(f"Configuración no válida: {error}") from error


def _read(env: Env, base_dir: Path) -> Environment:
    debug = _flag(env, "DEBUG", default=False)
    data_dir = Path(env.str("SAM_DATA_DIR", default=str(base_dir / ".sam"))).absolute()
    storage = env.str("SAM_STORAGE", default="file")
    if storage not in STORAGE_KINDS:
        raise ValueError(f"SAM_STORAGE es «{storage}»; se espera file o s3")
    bucket = env.str("SAM_S3_BUCKET", default="")
    if storage == "s3" and not bucket:
        raise ValueError("SAM_STORAGE=s3 necesita SAM_S3_BUCKET")
    log_format = env.str("SAM_LOG_FORMAT", default="text")
    if log_format not in LOG_FORMATS:
        raise ValueError(f"SAM_LOG_FORMAT es «{log_format}»; se espera text o json")
    return Environment(
        secret_key=_secret_key(env, debug=debug),
        secret_key_fallbacks=tuple(env.list("SECRET_KEY_FALLBACKS", default=[])),
        debug=debug,
        allowed_hosts=tuple(env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])),
        trusted_origins=tuple(env.list("CSRF_TRUSTED_ORIGINS", default=[])),
        database=_database(env, data_dir),
        redis_url=_redis_url(env),
        storage=storage,  # type: ignore[arg-type]  # checked above
        s3_bucket=bucket,
        s3_endpoint_url=env.str("SAM_S3_ENDPOINT_URL", default="") or None,
        s3_region=env.str("SAM_S3_REGION", default="") or None,
        data_dir=data_dir,
        port=_whole(env, "PORT", default=8000, least=1, most=65535),
        part_life_seconds=_whole(env, "SAM_PART_LIFE_SECONDS", default=21600, least=1),
        worker_slots=_whole(env, "SAM_WORKER_SLOTS", default=2, least=1, most=64),
        requests_per_hour=_whole(env, "SAM_REQUESTS_PER_HOUR", default=20, least=1),
        grace_seconds=_whole(env, "SAM_GRACE_SECONDS", default=10, least=3),
        metrics_token=env.ENVIRON.get("SAM_METRICS_TOKEN", ""),
        metrics_loopback=_flag(env, "SAM_METRICS_LOOPBACK", default=False),
        demo_password=env.ENVIRON.get("SAM_DEMO_PASSWORD", ""),
        log_format=log_format,  # type: ignore[arg-type]  # checked above
    )


def _secret_key(env: Env, *, debug: bool) -> str:
    # Read as it is: django-environ takes a value that begins with "$" for the name of another.
    key = env.ENVIRON.get("SECRET_KEY", "")
    if key:
        return str(key)
    if debug:
        return "insegura-solo-para-desarrollo-" + "x" * 30
    raise ValueError("falta SECRET_KEY")


def _whole(env: Env, name: str, *, default: int, least: int, most: int | None = None) -> int:
    text = env.str(name, default=str(default))
    span = f"de {least} a {most}" if most is not None else f"de {least} en adelante"
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < least or (most is not None and int(text) > most):
        raise ValueError(f"{name} es «{text}»; se espera un número entero {span}")
    return int(text)


def _refuse_unknown_names(env: Env) -> None:
    ours = (name for name in env.ENVIRON if name.startswith("SAM_") and not INJECTED.fullmatch(name))
    unknown = sorted(name for name in ours if name not in KNOWN_SAM_NAMES)
    if not unknown:
        return
    sentence = f"variable desconocida {unknown[0]}; las conocidas están en docs/operacion.md"
    if _flag(env, "SAM_STRICT_ENV", default=True):
        raise ValueError(sentence)
    warnings.warn(sentence, stacklevel=2)


def _flag(env: Env, name: str, *, default: bool) -> bool:
    text = env.ENVIRON.get(name, "").strip().lower()
    if text not in FLAGS:
        raise ValueError(f"{name} es «{text}»; se espera 1 o 0")
    return default if not text else FLAGS[text]


def _database(env: Env, data_dir: Path) -> Mapping[str, Any]:
    url = env.ENVIRON.get("DATABASE_URL", "")
    if url and not url.startswith(DATABASE_SCHEMES):
        raise ValueError("DATABASE_URL no se entiende; se espera postgres://… o sqlite:///…")
    found: Mapping[str, Any] = env.db_url_config(url or f"sqlite:///{data_dir / 'sam.sqlite3'}")
    return found


def _redis_url(env: Env) -> str:
    url = str(env.str("REDIS_URL", default="redis://127.0.0.1:6379/0"))
    if not url.startswith(REDIS_SCHEMES):
        raise ValueError("REDIS_URL no se entiende; se espera redis://…, rediss://… o unix:///…")
    return url
