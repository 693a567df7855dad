"""The same request built again, elsewhere and otherwise, is byte for byte the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.paquete.conftest import Delivered

pytestmark = pytest.mark.timeout(300)

# The first time: as the tests run. The second: another hash seed, zone, language, encoding, folder, file mode, and day.
OTHERWISE = {
    "PYTHONHASHSEED": "4711",
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "LANG": "tr_TR.UTF-8",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONMALLOC": "malloc",
    "SOURCE_DATE_EPOCH": "0",
    "COLUMNS": "20",
}


@pytest.mark.parametrize(("name", "number"), [pytest.param("demo", 1, marks=pytest.mark.slow), ("hostile", 6)])
def test_another_process_in_another_place_builds_the_same_bytes(
    request: pytest.FixtureRequest, tmp_path: Path, name: str, number: int
) -> None:
    delivered: Delivered = request.getfixturevalue(name)
    again = delivered.untouched.copy(tmp_path / "otra carpeta, más larga")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    env = {**OTHERWISE, "TMPDIR": str(temporary), "HOME": str(tmp_path)}
    again.put_first(number)  # so that it is this part, not the first, that builds the workbook
    (part,) = again.build(parts=1, cwd=temporary, env=env).parts
    before = delivered.delivery.parts[number - 1]
    assert part.row == before.row
    assert part.path != before.path
    assert part.path.read_bytes() == before.path.read_bytes()
