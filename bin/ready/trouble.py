"""The one error of these scripts: a sentence for the person at the terminal."""

from __future__ import annotations


class Trouble(Exception):
    """Something the person has to know or do; its text is one plain sentence in Spanish."""
