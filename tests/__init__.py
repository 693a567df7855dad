"""Tests of SAM: unit, integration (PostgreSQL, Redis, S3), failures and end to end."""
