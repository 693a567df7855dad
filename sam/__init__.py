"""SAM: the records of a metrology company's instruments, and the ZIP that shows them to an auditor."""

VERSION = "0.1.0"
