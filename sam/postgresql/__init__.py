"""The engine `sam.postgresql`: Django's PostgreSQL, with a pool that notices at once that the server was restarted."""
