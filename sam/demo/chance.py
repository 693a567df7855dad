"""Dice that fall the same way each time: the demo is random to look at, and never to build."""

from __future__ import annotations

import random


def dice(*names: object) -> random.Random:
    """A generator of its own for each sequence of names; nothing here is secret."""
    return random.Random("/".join(map(str, names)))  # noqa: S311
