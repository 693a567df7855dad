"""The demo's installation, as for the end-to-end tests; and one whose servers a test may stop."""

from tests.e2e.conftest import sam
from tests.failures.own_servers import own
from tests.failures.storage_installation import stored, stored_installation

__all__ = ["own", "sam", "stored", "stored_installation"]
