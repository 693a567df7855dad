"""The demo's installation, as for the end-to-end tests; and one whose servers a test may stop."""

from tests.e2e.conftest import demo_database, sam
from tests.failures.own_servers import own, own_installation
from tests.failures.storage_installation import stored, stored_installation

__all__ = ["demo_database", "own", "own_installation", "sam", "stored", "stored_installation"]
