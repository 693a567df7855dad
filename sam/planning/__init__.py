"""Pure decisions about a request: how equipos fall into parts, how records are frozen, how files are named."""
