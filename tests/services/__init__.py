"""The real servers that tests run against: PostgreSQL, Redis and S3, private to one run."""
