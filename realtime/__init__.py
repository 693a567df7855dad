"""The live connection: what a socket says and hears, and the web process that holds thousands of them."""
