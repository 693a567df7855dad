"""A dump of 200 equipos in which whatever can be strange is strange: codes, texts, names, histories, measurements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from tests.paquete.photos import BROKEN, GOOD, logo

EQUIPOS: Final = 200
FIRST_DAY: Final = date(2019, 1, 31)
CODIGOS: Final = (
    *(
        "..",
        ".",
        " . ",
        "...",
        "CON",
        "con",
        "Con.",
        "nul.pdf",
        "COM1",
        "com¹",
        "LPT9.txt",
        "AUX ",
        "CONIN$",
        "prn.a.b",
    ),
    *("a/b", "a\\b", "a:b", "a*b", "a?b", 'a"b', "a<b", "a>b", "a|b", "a_b", "A_B_2", "a_b_2"),
    *("Á", "A\u0301", "á", "ﬁ", "fi", "ß", "SS", "ẞ", "İ", "i\u0307", "ı", "\u212a", "k", "Ｃ", "ǆ", "ǅ", "Σ", "ς"),
    *(
        "x" * 200,
        "x" * 199 + "y",
        "é" * 200,
        "e\u0301" * 100,
        "😀" * 60,
        "👨‍👩‍👧‍👦" * 10,
        "漢字",
        "عربى",
        "\u0378",
        "\U0010ffff",
    ),
    *("\u202egpj.exe", "gpj.exe", "\u200b", "\ufeffA", "A", "a", "\U000e0041", "\uffff", "…", "a.b.c", "a. ", "a"),
    *(
        "tab\tb",
        "línea\nb",
        "cr\rb",
        "\x01\x02",
        "\x1b[31m",
        "\x7f",
        "a\x85",
        "a\u2028b",
        " EQ-001",
        "EQ-001 ",
        "EQ-001.",
    ),
    *(
        "%2e%2e%2f",
        "%s%n%(x)s",
        "~root",
        "-rf",
        "--",
        "=1+1",
        "@x",
        "+1",
        "'",
        "100% #1? ñ",
        "a&b;c=d",
        "{{ x }}",
        "$(ls)",
    ),
    *("<script>alert(1)</script>", "Equipos", "Hoja_de_vida.pdf", "Informe_Consolidado.xlsx", "__MACOSX", ".DS_Store"),
    *("desktop.ini", "Thumbs.db", "$RECYCLE.BIN", "C:", "C:\\x", "\\\\server\\share", "//s/x", "file:///etc/passwd"),
)
TEXTOS: Final = (
    "Balanza de precisión",
    "=SUMA(A1:A3)",
    "+57 300",
    "-10 °C es el límite",
    "@laboratorio",
    "\tcon tabulador",
    "#panic() *x* _y_ $z$ `raw` <label> @ref = t \\ // [ ] { }",
    "\x01\x07\x1b[31m\x7f\x85\ufffe\uffff\U0010ffff",
    "漢字 😀 👨‍👩‍👧‍👦 \u0600 \u202eabc\u202c \ufeff\u2028x\u2029y\rz",
    "<b>&amp;</b> \" ' </script><script>alert(1)</script> {{ x }} {% y %}",
    "ancho" * 50,
    "Ñandú, «á é í ó ú ü», ½ ≤ 3 µm ± 0,5 °C",
    "uno\ndos\r\ntres\n\n\ncuatro",
    "   ",
)
LARGOS: Final = ("palabra " * 1250, "sinespacios" * 910, "línea\n" * 1700, "😀漢\x02" * 3400)
NOMBRES_DE_ARCHIVO: Final = (
    *(
        "certificado.pdf",
        "CERTIFICADO.PDF",
        "informe final.docx",
        "sin extension",
        "copia.tar.gz",
        "raro.p df",
        "foto.JPeG",
    ),
    *(
        ".gitignore",
        "punto.",
        "a\u202efdp.exe",
        "ñandú.Pdf",
        "larga.extension",
        "hoja.xlsm",
        "ancho.ｐｄｆ",
        "%2e%2e.pdf",
    ),
)
EMP: Final = (0.5, "±0,5 °C", "0,5", "2 % FS", None, -0.25, "según fabricante", 0, "1e-3", "+/- 0.25°C")
BAJA_EVERY, LONG_EVERY, HISTORY_EVERY, PHOTO_EVERY = 20, 23, 50, 4


def write_hostile(folder: Path, *, equipos: int = EQUIPOS) -> None:
    """The dump and its files; the same bytes each time."""
    (folder / "files").mkdir(parents=True)
    data = _Hostile(folder).data(equipos)
    (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")


class _Hostile:
    """Counts on as it writes: the n-th file, the n-th text, each strange in its own way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = 0
        self._names = cycle(NOMBRES_DE_ARCHIVO)
        self._texts = cycle(TEXTOS)
        self._photos = cycle([*GOOD.items(), *BROKEN.items()])

    def data(self, equipos: int) -> dict[str, Any]:
        codigos = list(islice(_codigos(), equipos))
        return {
            "formato": "sam-dump/1",
            "empresa": self._empresa(),
            "proveedores": [{"nombre_empresa": self._text(), "alcance": largo} for largo in LARGOS],
            "procedimientos": self._procedimientos(),
            "equipos": [self._equipo(n, codigo) for n, codigo in enumerate(codigos)],
            "prestamos": [
                {"equipo": codigo, "prestatario": self._text(), "cedula": "=1+1", "fecha_prestamo": _day(n)}
                for n, codigo in enumerate(codigos[::9])
            ],
        }

    def _empresa(self) -> dict[str, Any]:
        return {
            "nombre": "..\\Ñandú: «Metrología» <b> & Cía./ 😀 S.A.S.. ",
            "nit": "900.1\x02-7",
            "direccion": self._text(),
            "formato_codigo": self._text(),
            "formato_version": 3,
            "formato_fecha": "2024-02-01",
            "logo": self._save("logo.tiff", logo()),
        }

    def _procedimientos(self) -> list[dict[str, Any]]:
        same = [("P-1", "igual"), ("P-1", "igual"), ("p-1", "IGUAL"), ("../..", "NUL\n" * 50), ("CON", ""), ("", "")]
        return [
            {
                "codigo": codigo,
                "nombre": nombre,
                "fecha_emision": _day(n),
                "documento": self._file(f"procedimiento {n}") if n != 4 else None,
            }
            for n, (codigo, nombre) in enumerate([*same, *((texto, texto) for texto in TEXTOS)])
        ]

    def _equipo(self, n: int, codigo: str) -> dict[str, Any]:
        withdrawn = n % BAJA_EVERY == 3
        return {
            "codigo_interno": codigo,
            **{name: self._text() for name in ("nombre", "tipo_equipo", "marca", "modelo", "numero_serie")},
            **{name: self._text() for name in ("proveedor", "ubicacion", "responsable", "puntos_calibracion")},
            "estado": "De Baja" if withdrawn else ("Activo", "En Préstamo", "Inactivo")[n % 3],
            "error_maximo_permisible": (0.5, "±0,5 °C", "2 % FS", None)[n % 4],
            "observaciones": LARGOS[n // LONG_EVERY % len(LARGOS)] if n % LONG_EVERY == 0 else self._text(),
            "frecuencia_calibracion_meses": (12, 1, None)[n % 3],
            "proxima_calibracion": _day(n * 14) if n % 3 else None,
            "proxima_comprobacion": _day(n * 15) if n % 5 else None,
            "documentos": self._documentos(n, codigo),
            "imagen": self._photo() if n % PHOTO_EVERY == 0 else None,
            "calibraciones": [self._calibracion(n, m) for m in range(0 if n % 13 == 0 else 1 + n % 5)],
            "mantenimientos": [self._mantenimiento(n, m) for m in range(150 if n % HISTORY_EVERY == 7 else n % 3)],
            "comprobaciones": [self._comprobacion(n, m) for m in range(n % 2)],
            # An equipo that came back has a baja as well; its documento is no part of the package.
            "baja": self._baja(n) if withdrawn or n % BAJA_EVERY == 4 else None,
        }

    def _documentos(self, n: int, codigo: str) -> dict[str, str | None]:
        manual = self._file(f"manual de {codigo}") if n % 2 else None
        # One file in two places of an equipo is one documento, and two files of the ZIP.
        return {"manual": manual, "otros_documentos": manual if n % 6 == 1 else None, "compra": self._file("compra")}

    def _calibracion(self, n: int, m: int) -> dict[str, Any]:
        return {
            # The newest is written first, and two are of one day: numbers are by date, then by id.
            "fecha": _day(2000 - (m // 2) * 365),
            "proveedor": self._text(),
            "resultado": "Conforme",
            "numero_certificado": f"C-{n}-{m}" if n % 7 else self._text(),
            "observaciones": self._text(),
            "costo": "1.234.567,50" if n % 3 else None,
            "certificado": self._file("certificado") if (n + m) % 4 else None,
            "confirmacion": self._file("confirmación") if (n + m) % 3 == 0 else None,
            "intervalos": self._file("intervalos") if (n + m) % 5 == 0 else None,
            "magnitudes": [_magnitud(n, m, one) for one in range(n % 4)],
        }

    def _mantenimiento(self, n: int, m: int) -> dict[str, Any]:
        return {
            "fecha": _day(m * 20),
            "tipo": "Preventivo",
            "proveedor": self._text(),
            "costo": 120000.5,
            "descripcion": LARGOS[m % len(LARGOS)] if m == 100 else f"Limpieza número {m}.",
            "documento": self._file("mantenimiento") if m % 10 == 0 else None,
            "documento_externo": self._file("externo") if m % 25 == 1 else None,
            "documento_interno": self._file("interno") if m % 25 == 2 else None,
        }

    def _comprobacion(self, n: int, m: int) -> dict[str, Any]:
        return {
            "fecha": _day(900 + m),
            "consecutivo": n,
            "resultado": self._text(),
            "certificado": self._file("comprobación"),
            "documento": self._file("general") if n % 4 == 1 else None,
            "documento_externo": self._file("externo") if n % 8 == 1 else None,
            "documento_interno": self._file("interno") if n % 8 == 3 else None,
            "magnitudes": [_magnitud(n, m, 0)],
        }

    def _baja(self, n: int) -> dict[str, Any]:
        document = self._file("acta de baja") if n % 3 else None
        return {"fecha": "2025-11-30", "razon": self._text(), "observaciones": self._text(), "documento": document}

    def _photo(self) -> str:
        name, data = next(self._photos)
        return self._save(name, data)

    def _file(self, about: str) -> str:
        """A file of its own bytes; every hundredth has none."""
        data = b"" if self._files % 100 == 50 else f"%PDF-1.4 {about} {self._files}\n".encode() * (1 + self._files % 40)
        return self._save(next(self._names), data)

    def _save(self, name: str, data: bytes) -> str:
        self._files += 1
        path = f"files/{self._files:05}-{name}"
        (self._folder / path).write_bytes(data)
        return path

    def _text(self) -> str:
        return next(self._texts)


def _codigos() -> Iterator[str]:
    yield from dict.fromkeys(CODIGOS)
    yield from (f"EQ-{n:03}" for n in range(1, EQUIPOS + 1))


def _day(offset: int) -> str:
    return (FIRST_DAY + timedelta(days=offset)).isoformat()


def _magnitud(n: int, m: int, one: int) -> dict[str, Any]:
    """One of some magnitudes; of their points some have no uncertainty, some no EMP, some nothing at all."""
    points = (4, 1, 300, 0)[(n + m) % 4 if (n + m) % 40 == 2 else (n + m) % 2]
    return {
        "nombre": ("Temperatura", "temperatura ", "Presión 😀", "")[(n + one) % 4],
        "unidad": ("°C", "kPa", "")[(n + one) % 3],
        "puntos": [
            {
                "nominal": None if (n + k) % 11 == 0 else 25.0 * k,
                "lectura": 25.0 * k + 0.05 * m,
                "error": f"{0.05 * m - k / 40:.3f}".replace(".", ",") if n % 3 else None,
                "emp_absoluto": EMP[(n + one) % len(EMP)],
                "incertidumbre": None if n % 4 == 0 else 0.1,
                "conformidad": "Conforme",
            }
            for k in range(points)
        ],
    }
