"""Tags of words: entities of one scheme or parts of speech; and tags that nearly fit a scheme."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise, product

from benchmark.core.errors import DataError
from benchmark.core.spec import Task
from benchmark.data.entry import SPLITS, Metric, Split
from benchmark.data.rows import Row, shorten

SCHEMES = tuple(product(("BIES", "BILU", "BMES"), (True, False)))
"""Letters of entity tags besides O (IOB and IOBES, BILOU, BMES), and whether types follow: B-PER, or B alone."""

SCHEME_NAMES = {"BIES": "IOBES", "BILU": "BILOU", "BMES": "BMES"}
IOBES = {"L": "E", "U": "S", "M": "I"}
"""IOBES letters of last and unit (BILOU) and middle (BMES); other letters are the same in every scheme."""

OUTSIDE = "O"
TYPED_O = frozenset({"B-O", "I-O"})
"""Tags that say of a word outside entities that it is of a type O."""
UNTYPED = "_"
"""Type of the tags B, I and O without types, as in the scores of a run."""

N_JUDGED = 100
"""Rows that tell words from tags."""

_TAG = re.compile(r"([BIESLUM])(?:-(.+))?", re.DOTALL)
_PREFIXED = re.compile(r"([BIESLUM])(?:[\W_]+(.*))?", re.DOTALL | re.IGNORECASE)
_SUFFIXED = re.compile(r"(.+)[\W_]([BIESLUM])", re.DOTALL | re.IGNORECASE)
_BRACKETED = re.compile(r"(?:\([^()*]+)*\*?\)*")
_OUTSIDE = re.compile(r"[Oo0]\W*")
_SEVERAL = re.compile(r"(?:O|[BIESLUM]-[^|,;/+&]+)(?:[|,;/+&](?:O|[BIESLUM]-[^|,;/+&]+))+")
"""Tags joined in one cell, as of nested entities."""
_POSITION = re.compile(r"\d+(?:[-.:]\d+)*")
"""Number of a word in its sentence or text: 7, 1-7, 1.7."""
N_POSITIONS = 10
"""Fewest words by which they are judged to be positions."""
MOST_STRAYS = 2
"""Names beside those of a scheme that are taken for other spellings of O; parts of speech have more."""


def metric_of(task: Task, labels: Iterable[str]) -> Metric:
    """Macro-F1 for classes; for tags, entity F1 if they are of one scheme, with types or without; word F1 otherwise.

    Tags that all begin with B- are parts of speech, which are published with and without it.
    """
    if task == "classification":
        return "macro_f1"
    names = set(labels)
    parts_of_speech = all(name.startswith("B-") for name in names)
    return "entity_f1" if not parts_of_speech and any(not _misfits(names, *scheme) for scheme in SCHEMES) else "word_f1"


def types_of(names: Collection[str]) -> dict[str, str]:
    """Entity type by tag: `PER` of `B-PER`, UNTYPED where no tag has a type; a tag without a letter is its own type."""
    if any(not _misfits(names, letters, typed=False) for letters, _ in SCHEMES):
        return {name: name if name == OUTSIDE else UNTYPED for name in names}
    matches = {name: _TAG.fullmatch(name) for name in names}
    return {name: (match and match[2]) or name for name, match in matches.items()}


def scheme_of(sentences: Iterable[Sequence[str]]) -> str:
    """Name of the scheme of entity tags, with `untyped` if none has a type; empty if they are of none.

    B and I alone are IOB2 if B begins every entity, IOB1 if it stands between two of one type only, and else IOB.
    """
    pairs = {*chain.from_iterable(pairwise((OUTSIDE, *tags)) for tags in sentences)}
    names = {tag for _, tag in pairs}
    fitting = [scheme for scheme in SCHEMES if not _misfits(names, *scheme)]
    if not fitting or names <= {OUTSIDE}:
        return ""
    letters, typed = fitting[0]
    is_iob = all(name[0] in "OBI" for name in names)
    return (_iob(pairs, types_of(names)) if is_iob else SCHEME_NAMES[letters]) + ("" if typed else ", untyped")


def _iob(pairs: Iterable[tuple[str, str]], types: Mapping[str, str]) -> str:
    """Each pair is of a tag and the next."""
    first = {tag[0] for before, tag in pairs if tag != OUTSIDE and types[tag] != types.get(before)}
    return "IOB2" if "I" not in first else "IOB" if "B" in first else "IOB1"


def is_scheme_tag(name: str) -> bool:
    """Whether it is a tag of a scheme, such as O, B-PER and B."""
    return name == OUTSIDE or bool(_TAG.fullmatch(name))


def check_tags(splits: Mapping[Split, Sequence[Row]], where: Mapping[Split, str], by_line: Collection[Split]) -> None:
    """Raises DataError if most tags are those of entities, but not all of one scheme; names the first misfit.

    One such tag among thousands would have all of them scored as parts of speech. The files of the splits `by_line`
    have one word per line.
    """
    _check_columns(splits, where)
    counts = Counter(tag for rows in splits.values() for row in rows for tag in row.label)
    _check_names(counts, where)
    misfits = _outside_as_type(counts) or {name for name in counts if _SEVERAL.fullmatch(name)}
    if not misfits and (metric_of("sequence_labeling", counts) == "entity_f1" or not _look_like_entities(counts)):
        return
    misfits = misfits or min(
        (_misfits(counts, *scheme) for scheme in SCHEMES), key=lambda names: sum(counts[n] for n in names)
    )
    split, row, i = next(_places(splits, misfits))
    others = ", ".join(name for name, _ in counts.most_common() if name not in misfits and len(name) < 40)
    raise DataError(
        f"{where[split]}, line {row.line + i * (split in by_line)}: the tag {shorten(row.label[i])} of the word "
        f"{shorten(row.text[i])} is not of one scheme with {f'the tags {others[:80]}' if others else 'O and B-TYPE'}. "
        f"{_remedy(row.label[i], counts)}"
    )


def _check_columns(splits: Mapping[Split, Sequence[Row]], where: Mapping[Split, str]) -> None:
    """Raises DataError if tags or positions stand in the place of words, judged by the first rows."""
    for split, rows in splits.items():
        words = {word for row in rows[:N_JUDGED] for word in row.text}
        if len(words) > 1 and metric_of("sequence_labeling", words) == "entity_f1":
            raise DataError(
                f"{where[split]}: the words are tags, such as {shorten(min(words - {OUTSIDE}))}. Name the columns of "
                "words and tags, as in `text: 1` and `label: 0`."
            )
        if len(words) >= N_POSITIONS and all(map(_POSITION.fullmatch, words)):
            raise DataError(
                f"{where[split]}: the words are numbers, such as {shorten(max(words))}. Name the column of words, as "
                "in `text: 1`."
            )


def _check_names(names: Collection[str], where: Mapping[Split, str]) -> None:
    """Raises DataError for ids of tags, which do not tell entities from parts of speech, and for brackets."""
    if names and all(name.isdecimal() for name in names):
        raise DataError(
            f"{next(iter(where.values()))}: the tags are numbers, such as {min(names, key=int)!r}, whose names alone "
            "tell whether they are entities. Write the names, as in 'B-PER'."
        )
    if len(names) > 1 and "*" in names and all(_BRACKETED.fullmatch(name) for name in names):
        raise DataError(
            f"{next(iter(where.values()))}: the tags, such as {max(names, key=len)!r}, are brackets around entities, "
            "as in CoNLL-2012. Write 'B-PER' at the first word of each, 'I-PER' at the others, and 'O' outside."
        )


def _misfits(names: Iterable[str], letters: str, typed: bool) -> set[str]:
    matches = {name: _TAG.fullmatch(name) for name in names if name != "O"}
    return {name for name, match in matches.items() if not match or match[1] not in letters or typed != bool(match[2])}


def _outside_as_type(names: Collection[str]) -> Collection[str]:
    """B-O and I-O where no word has the tag O: such entities are the words outside all others."""
    is_scheme = metric_of("sequence_labeling", names) == "entity_f1"
    return TYPED_O.intersection(names) if is_scheme and OUTSIDE not in names else frozenset()


def _places(splits: Mapping[Split, Sequence[Row]], tags: Collection[str]) -> Iterator[tuple[Split, Row, int]]:
    """Row and index of each word that has one of the `tags`."""
    for split in SPLITS:
        for row in splits.get(split, ()):
            yield from ((split, row, i) for i, tag in enumerate(row.label) if tag in tags)


def _look_like_entities(counts: Counter[str]) -> bool:
    """Whether most tags besides those outside have a letter of a scheme, in any spelling; B or I, and not B alone.

    Most words have such a tag; or all names but a few, of which one may stand for O and be that of most words.
    """
    inside = {name: n for name, n in counts.items() if not _OUTSIDE.fullmatch(name)}
    near = {name: parts for name in inside if (parts := _parts(name, counts))}
    letters = {letter for letter, _ in near.values()}
    if not letters & {*"BI"}:
        return False
    n_strays, n_typed = len(inside) - len(near), sum(bool(kind) for _, kind in near.values())
    if 0 < n_strays <= min(MOST_STRAYS, n_typed):
        return True
    several = len(letters) > 1 or len(inside) < len(counts)
    return several and 2 * sum(inside[name] for name in near) > sum(inside.values())


def _parts(name: str, names: Collection[str]) -> tuple[str, str] | None:
    """Letter, in upper case, and type of a tag such as B-PER, b_PER, PER-B, B, or PER beside B-PER."""
    if match := _PREFIXED.fullmatch(name):
        return match[1].upper(), match[2] or ""
    if match := _SUFFIXED.fullmatch(name):
        return match[2].upper(), match[1]
    return next(((letter, name) for letter in "BI" if f"{letter}-{name}" in names), None)


def _remedy(name: str, names: Collection[str]) -> str:
    if _OUTSIDE.fullmatch(name):
        return "Write 'O'."
    if name in TYPED_O:
        return "Write 'O' for words outside entities."
    if _SEVERAL.fullmatch(name):
        return "A word has one tag: write that of the outermost entity."
    parts = _parts(name, names)
    if parts and not parts[1]:
        return "Write a type behind every B and I, as in 'B-PER', or behind none."
    proposal = "-".join(parts or ())
    if parts and proposal != name:
        return f"Write {shorten(proposal)}."
    return "Correct it, or write 'O' for words outside entities."
