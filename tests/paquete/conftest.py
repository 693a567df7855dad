"""The deliveries that the proofs read: of the demo and of the hostile empresa, each made once for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.paquete.delivery import Delivery, Installation
from tests.paquete.expected import Expected
from tests.paquete.hostile import write_hostile
from tests.services.scratch import Scratch, memory_if_roomy


@dataclass(frozen=True)
class Delivered:
    """A dump, what was built of it, and all its parts extracted into one folder."""

    expected: Expected
    delivery: Delivery
    extracted: Path
    untouched: Installation  # the same request, not built yet


@pytest.fixture(scope="session")
def ground() -> Iterator[Path]:
    """A folder for installations, in memory where there is room: thousands of files are synced one by one."""
    scratch = Scratch("paquete", within=memory_if_roomy())
    yield scratch.path
    scratch.remove()


@pytest.fixture(scope="session")
def demo(ground: Path, demo_dump: Path) -> Iterator[Delivered]:
    """CERTIBOY S.A.S.: 69 equipos in 2 parts."""
    yield from _delivered(demo_dump, ground / "demo")


@pytest.fixture(scope="session")
def hostile(ground: Path) -> Iterator[Delivered]:
    """200 strange equipos in 6 parts."""
    dump = ground / "hostil" / "dump"
    write_hostile(dump)
    yield from _delivered(dump, ground / "hostil")


# The hostile empresa has all that the demo has, and worse.
@pytest.fixture(scope="session", params=[pytest.param("demo", marks=pytest.mark.slow), "hostile"])
def delivered(request: pytest.FixtureRequest) -> Delivered:
    found: Delivered = request.getfixturevalue(request.param)
    return found


def _delivered(dump: Path, folder: Path) -> Iterator[Delivered]:
    installation = Installation.of(dump, folder / "instalación")
    untouched = installation.copy(folder / "sin construir")
    delivery = installation.build()
    yield Delivered(Expected(dump), delivery, delivery.extract(folder / "extraído"), untouched)
    delivery.close()
