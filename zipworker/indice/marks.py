"""The matriz 6.4.13 on the page: the letters of each equipo, their evidence, and the legend with its counts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.utils.safestring import SafeString

from zipworker.indice.markup import filled, joined
from zipworker.matriz import CLAUSES, Cell, State

LOOKS: Final = {State.PRESENTE: "ok", State.NO_CARGADO: "warn", State.NO_APLICA: "off"}
NOMBRES: Final = {clause.letter: clause.nombre for clause in CLAUSES}

MARK: Final = (
    '<li class="look" data-look="%s"><span>%s</span><svg class="icon" aria-hidden="true"><use href="#i-%s"/></svg>'
    '<span class="unseen"> %s</span></li>'
)
EVIDENCE: Final = (
    '<div><dt><b>%s</b> %s</dt><dd><span class="look" data-look="%s"><svg class="icon" aria-hidden="true">'
    '<use href="#i-%s"/></svg>%s:</span> <span class="quiet">%s</span></dd></div>\n'
)


def letters(cells: Iterable[Cell]) -> SafeString:
    """The letters of one equipo as items of a list, each with its icon and, for who does not see it, its word."""
    return joined(filled(MARK, LOOKS[cell.state], cell.clause, LOOKS[cell.state], cell.state.value) for cell in cells)


def evidence(cells: Iterable[Cell]) -> SafeString:
    """What was found for each letter of one equipo, as groups of a `<dl>`."""
    return joined(
        filled(
            EVIDENCE,
            cell.clause,
            NOMBRES[cell.clause],
            LOOKS[cell.state],
            LOOKS[cell.state],
            cell.state.value,
            cell.evidence,
        )
        for cell in cells
    )


def state_words() -> list[dict[str, str]]:
    """The states as the page names them."""
    return [{"word": state.value, "look": LOOKS[state]} for state in State]


def legend(matriz: Iterable[Sequence[Cell]]) -> list[dict[str, Any]]:
    """What each letter asks and how it is decided, with how many equipos stand in each state."""
    counts = Counter((cell.clause, cell.state) for cells in matriz for cell in cells)
    return [
        {
            "letter": clause.letter,
            "nombre": clause.nombre,
            "asks": clause.asks,
            "decided": clause.decided,
            "counts": [str(counts[clause.letter, state]) for state in State],
        }
        for clause in CLAUSES
    ]
