"""Reading what other systems hand over: the dump format `sam-dump/1`. No Django here."""
