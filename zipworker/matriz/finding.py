"""What a rule of the matriz answers: one of three states, and the evidence in words. Pure."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class State(enum.StrEnum):
    """Its values are the words that people read.

    `no aplica` is said only where the Ficha itself shows that the clause asks nothing of this equipo. That a
    laboratorio need not have a record is its own judgement: where the Ficha is silent the word is `no cargado`.
    """

    PRESENTE = "presente"
    NO_CARGADO = "no cargado"
    NO_APLICA = "no aplica"


@dataclass(frozen=True, slots=True)
class Finding:
    """`evidence` says what was found or what lacks, in Spanish, on one line."""

    state: State
    evidence: str


@dataclass(frozen=True, slots=True)
class Required:
    """One thing that a clause asks for; `found` is "" where the Ficha has nothing of it."""

    nombre: str
    found: str


def all_of(*required: Required) -> Finding:
    """Presente when everything is there; else what lacks is named first, and then what there is."""
    found = "; ".join(one.found for one in required if one.found)
    lacking = [one.nombre for one in required if not one.found]
    if not lacking:
        return present(found)
    verb = "falta" if len(lacking) == 1 else "faltan"
    return not_loaded(f"{verb} {enumerated(lacking)}" + (f"; hay {found}" if found else ""))


def present(evidence: str) -> Finding:
    return Finding(State.PRESENTE, evidence)


def not_loaded(evidence: str) -> Finding:
    return Finding(State.NO_CARGADO, evidence)


def not_applicable(evidence: str) -> Finding:
    return Finding(State.NO_APLICA, evidence)


def enumerated(texts: Sequence[str], *, limit: int = 3) -> str:
    """ "a, b y c"; beyond `limit`, "a, b, c y 4 más"."""
    shown = list(texts[:limit])
    if len(texts) > limit:
        shown.append(f"{len(texts) - limit} más")
    return " y ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
