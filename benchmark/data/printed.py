"""Detection of Python-printed lists in table cells.

Split at its spaces such a cell makes tokens and tags that look right and are not: `['Budi',`, `'di']`. A sentence may
begin with a bracket too, so of tokens only what no sentence holds counts as printed; of tags, which are names, more.
"""

import re

_MAKER = r"(?:[\w.]+\()?"
"""As in array(['a', 'b'], dtype=object) and np.str_('a')."""
_QUOTED = re.compile(rf"{_MAKER}\[+{_MAKER}['\"]")
_TUPLE = re.compile(rf"\(+{_MAKER}['\"].*?['\"]\)?,(?: ?{_MAKER}['\"].*)?\)", re.DOTALL)
_NUMBERS = re.compile(rf"{_MAKER}\[+\s*\d.*\]\)?|\(\s*\d+\s*,.*\)", re.DOTALL)
_NAMES = re.compile(rf"{_MAKER}\[\S.*\]\)?", re.DOTALL)


def is_printed(cell: str) -> bool:
    """Of words: ['a', 'b'], ['a' 'b'], ["a", ('a', 'b'), array(['a'], dtype=object), [np.str_('a')]."""
    return bool(_QUOTED.match(cell)) or (cell.endswith(")") and bool(_TUPLE.fullmatch(cell)))


def is_printed_label(cell: str) -> bool:
    """Of labels: numbers of classes too, as [0, 1], [0 1] and (0, 1)."""
    return is_printed(cell) or bool(_NUMBERS.fullmatch(cell))


def are_printed_tags(cell: str) -> bool:
    """Of tags: anything in brackets, as [B-PER, O] and [np.int64(1)]."""
    return is_printed_label(cell) or bool(_NAMES.fullmatch(cell))
