"""Column headers among the rows: above a file that is read by position, or where files were put together."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from benchmark.core.errors import DataError
from benchmark.data.entry import SPLITS, DataFile, Split
from benchmark.data.rows import Row, shorten
from benchmark.data.tags import is_scheme_tag

_TEXT = """
    text texts sentence sentences token tokens word words form review tweet comment content document utterance query
    question message title body input premise teks kalimat kata ulasan komentar pesan pertanyaan isi
"""
_LABEL = """
    label labels class classes category categories tag tags ner ner_tag ner_tags pos pos_tag pos_tags upos xpos bio
    iob intent intents sentiment sentiments emotion emotions topic target output rating stars score polarity y kelas
    kategori sentimen emosi topik niat
"""
TEXT_COLUMNS, LABEL_COLUMNS = frozenset(_TEXT.split()), frozenset(_LABEL.split())
"""Usual names, in English and Indonesian."""
FREQUENT = 5
"""Times that a label occurs at least, for one that occurs once to be unlike the others."""


class Place(NamedTuple):
    """A text with its class, or a word with its tag, and where it is."""

    text: str
    label: str
    split: Split
    line: int
    first: bool
    """Whether it begins the split's file."""


def check_headers(
    splits: Mapping[Split, Sequence[Row]],
    where: Mapping[Split, str],
    files: Mapping[Split, DataFile],
    by_position: bool,
) -> None:
    """Raises DataError for a row that is a header, which would become a class of its own.

    That is a row whose label occurs with no other text, and both of whose cells are usual names of columns. In files
    that are read `by_position` one of them is enough at the beginning of a file, as is a name where all other labels
    are numbers, or a label that occurs once where all others are frequent; and any row that begins the file of every
    split, and its label nothing else. A tag of a scheme is none.
    """
    labels = defaultdict[str, list[Place]](list)
    for place in _places(splits, files):
        labels[place.label].append(place)
    names = [label for label in labels if not label.lstrip("+-").isdecimal()]
    rare = [label for label, places in labels.items() if len(places) < FREQUENT]
    for label, places in labels.items():
        if len({place.text for place in places}) > 1 or is_scheme_tag(label):
            continue
        n_usual = _n_usual(places[0])
        unlike_others = n_usual > 0 or (
            len(labels) > 2 and (names == [label] or (rare == [label] and len(places) == 1))
        )
        begins = any(place.first for place in places) and unlike_others
        if n_usual == 2 or (by_position and (begins or _begin_every_file(places, splits))):
            raise _header_error(places, splits, where, files)


def _places(splits: Mapping[Split, Sequence[Row]], files: Mapping[Split, DataFile]) -> Iterator[Place]:
    for split in SPLITS:
        for number, row in enumerate(splits.get(split, ())):
            pairs = [(row.text, row.label)] if isinstance(row.text, str) else zip(row.text, row.label, strict=True)
            for i, (text, label) in enumerate(pairs):
                line = row.line + i * (files[split].format == "conll")
                yield Place(text, str(label), split, line, number + i == 0)


def _n_usual(place: Place) -> int:
    """How many of the cells are usual names of columns: 0, 1 or 2; in either order."""
    names = TEXT_COLUMNS | LABEL_COLUMNS
    cells = [cell.strip().casefold() for cell in (place.text, place.label)]
    return 2 if all(cell in names for cell in cells) else int(cells[0] in TEXT_COLUMNS or cells[1] in LABEL_COLUMNS)


def _begin_every_file(places: Sequence[Place], splits: Mapping[Split, Sequence[Row]]) -> bool:
    """Whether the places are the first rows of all files; False if all are one file."""
    all_first = len(places) == len(splits) and all(place.first for place in places)
    return all_first and len(set(map(tuple, splits.values()))) > 1


def _header_error(
    places: Sequence[Place],
    splits: Mapping[Split, Sequence[Row]],
    where: Mapping[Split, str],
    files: Mapping[Split, DataFile],
) -> DataError:
    text, label, split, line, _ = places[0]
    remedy = "Remove that line."
    if _begin_every_file(places, splits):
        remedy = f"Name the columns: `text: {shorten(text)}`, `label: {shorten(label)}`."
        if files[split].format == "conll":
            remedy = "Remove that line from each file."
    if files[split].format == "conll" and files[split].path.endswith(".tsv"):
        remedy += f" If a row is a sentence, name its columns instead: `text: {text}`, `label: {label}`."
    return DataError(
        f"{where[split]}, line {line}: {shorten(text)} with label {shorten(label)} looks like a header, since that "
        f"label occurs with no other text. {remedy}"
    )
