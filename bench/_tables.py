"""Tables as text, and as Markdown that can be put into a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def table(title: str, rows: Sequence[Mapping[str, object]]) -> str:
    """A Markdown table whose columns are the keys of the first row."""
    columns = list(rows[0])
    lines = [f"\n{title}\n", f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    lines += [f"| {' | '.join(str(row[column]) for column in columns)} |" for row in rows]
    return "\n".join(lines)
