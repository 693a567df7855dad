"""What makes a fresh machine ready for SAM: Python, packages, Node.js, Debian's programs."""
