"""Labels that people spell in several ways: each spelling would be a class of its own."""

import re
from collections.abc import Collection, Iterable, Mapping
from unicodedata import category, normalize

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data.entry import SPLITS, Split
from benchmark.data.rows import shorten
from benchmark.data.splits import Splits, names_of
from benchmark.data.tags import metric_of, types_of

_SELECTORS = "\ufe0e\ufe0f"
"""Choose between black and coloured signs, as of a heart."""
_QUOTES = "\"'`‘’“”"
_LOOKALIKES = str.maketrans("авекмнорстухіјαβεζηικμνορτυχ", "abekmhopctyxijabezhikmnoptyx")
"""Cyrillic and Greek letters, which a keyboard's layout or a reader of scans puts into a Latin word."""
_TYPED = str.maketrans("ı‘’“”", "i''\"\"", "\N{COMBINING DOT ABOVE}")
"""Turkish letters i, with and without a dot, and curly quotes, which an editor writes for straight ones."""
_LATIN = re.compile("[a-z]", re.IGNORECASE)
_JOINED = re.compile(r"(?<=\w)[-_\s\u2010-\u2015]+(?=\w)")
_NUMBER = re.compile(r"(-?)0*(\d+)(?:\.0*)?")
_TRUTH = {"false": "0", "true": "1"}
"""JSON's values beside those of other programs."""


def check_spelling(splits: Splits, where: Mapping[Split, str], by_line: Collection[Split], task: Task) -> None:
    """Raises DataError for classes or entity types that are the same by `folded`, and parts of speech by `visible`.

    The files of the splits `by_line` have one word per line.
    """
    names = {name for rows in splits.values() for row in rows for name in names_of(row)}
    metric = metric_of(task, names)
    spelled = types_of(names) if metric == "entity_f1" else {name: name for name in names}
    fold = visible if metric == "word_f1" else folded
    first, seen = dict[str, str](), set[str]()
    for split in SPLITS:
        for row in splits.get(split, ()):
            for i, name in enumerate(names_of(row)):
                if name in seen:
                    continue
                seen.add(name)
                if spelled[first.setdefault(fold(spelled[name]), name)] != spelled[name]:
                    raise DataError(
                        f"{where[split]}, line {row.line + i * (split in by_line)}: the labels "
                        f"{' and '.join(map(_shown, (first[fold(spelled[name])], name)))} differ in spelling alone: in "
                        "case, spaces, hyphens, quotes, a last dot, zeros of a number, true for 1, Unicode form, "
                        "Cyrillic, Greek or Turkish letters, or invisible characters. Write them alike."
                    )


def folded(name: str) -> str:
    """The name without what does not tell classes apart; 01, 1.0 and true are 1, and 1.10 is not 1.1."""
    text = visible(normalize("NFKC", name)).casefold().translate(_LOOKALIKES).translate(_TYPED).strip(_QUOTES + " ")
    text = text.rstrip(".") or text
    number = _NUMBER.fullmatch(text)
    return number[1] + number[2] if number else _TRUTH.get(text) or _JOINED.sub(" ", text)


def visible(name: str) -> str:
    """The name in one Unicode form, without characters that cannot be seen."""
    return "".join(_seen(normalize("NFC", name))).strip()


def _seen(characters: Iterable[str]) -> Iterable[str]:
    return (c for c in characters if category(c) != "Cf" and c not in _SELECTORS)


def _shown(name: str) -> str:
    """The name; with escapes where it has characters that cannot be seen, or are not what they look like."""
    is_mixed = bool(_LATIN.search(name)) and name.casefold() != name.casefold().translate(_LOOKALIKES)
    is_plain = name == visible(name) == normalize("NFKC", name) and not is_mixed
    return shorten(name) if is_plain else ascii(name)[:200]
