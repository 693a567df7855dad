"""A storm against the running system, and afterwards what was promised beside what is: see `bin/caos --help`."""
