"""Writes. One verb, one transaction, one event; no files, no Redis, no HTTP inside one."""
