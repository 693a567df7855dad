"""The hoja de vida of an equipo: a PDF/A-2b by Typst, from one template file that a designer can edit."""

from __future__ import annotations

from zipworker.hoja_de_vida.compiler import HojaDeVida, HojaFailed, hoja_de_vida
from zipworker.hoja_de_vida.images import BrokenImage, Picture, normalise_logo, normalise_photo

__all__ = [
    "BrokenImage",
    "HojaDeVida",
    "HojaFailed",
    "Picture",
    "hoja_de_vida",
    "normalise_logo",
    "normalise_photo",
]
