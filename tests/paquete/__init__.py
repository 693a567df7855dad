"""The proof of the audit package: the demo and a hostile empresa, built whole and read by others' programs."""
