"""Rows of a csv file that a quote joins into one: the cell that it opens holds the lines up to the next quote."""

from collections.abc import Collection, Sequence


def is_joined(cells: Sequence[str], text: int, label: int, labels: Collection[str]) -> bool:
    """Whether a row has several lines, each of which has a cell for every column and one of the `labels`.

    `text` and `label` are positions; a label behind the text is counted from the end, since the text may hold commas.
    The lines of a text that somebody wrote do not all end, or begin, with a class.
    """
    position = label if label < text else label - len(cells)
    lines = [line.removesuffix("\r").split(",") for line in ",".join(cells).split("\n")]
    return len(lines) > 1 and all(len(parts) >= len(cells) and parts[position] in labels for parts in lines)
