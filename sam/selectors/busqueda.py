"""The parts that an operator looks for: by empresa, usuario, state or id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, F, IntegerField, Q, Value, When

from sam.events import QueueRowJSON
from sam.models import ZipPart
from sam.selectors.panorama import Picture
from sam.selectors.tablero import rows_of
from sam.states import LIVE

MOST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`id` is a part's or a request's; what is empty does not matter."""

    empresa: int | None = None
    usuario: str = ""
    state: str = ""
    id: int | None = None

    @property
    def any(self) -> bool:
        return bool(self.empresa or self.usuario or self.state or self.id)

    def shown(self) -> dict[str, Any]:
        """As the page's form has it."""
        return {
            "empresa": self.empresa,
            "usuario": self.usuario,
            "estado": self.state,
            "id": self.id,
            "any": self.any,
        }


def find_rows(wanted: Wanted, picture: Picture) -> list[QueueRowJSON]:
    """The live ones first, in the order of work, then what ended last; at most MOST."""
    where = Q()
    if wanted.empresa is not None:
        where &= Q(request__empresa=wanted.empresa)
    if wanted.usuario:
        where &= Q(request__requester__username__icontains=wanted.usuario)
    if wanted.state:
        where &= Q(state=wanted.state)
    if wanted.id is not None:
        where &= Q(pk=wanted.id) | Q(request=wanted.id)
    live = Case(When(state__in=LIVE, then=Value(0)), default=Value(1), output_field=IntegerField())
    order = (live, F("finished_at").desc(nulls_first=True), "-priority", "turn", "pk")
    ids = list(ZipPart.objects.filter(where).order_by(*order).values_list("pk", flat=True)[:MOST])
    place = {pk: index for index, pk in enumerate(ids)}
    return sorted(
        rows_of(ZipPart.objects.filter(pk__in=ids), picture),
        key=lambda row: (row["state"] not in LIVE, row["position"] or 0, place[row["id"]]),
    )
