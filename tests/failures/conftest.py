"""The demo's installation, as for the end-to-end tests."""

from tests.e2e.conftest import demo_database, sam

__all__ = ["demo_database", "sam"]
